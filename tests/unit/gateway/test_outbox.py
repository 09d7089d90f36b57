"""Line events on their way to the router."""

import pytest
from switchyard_gateway.adapters.router.outbox import Outbox
from switchyard_gateway.domain.contacts import hung_up

pytestmark = pytest.mark.unit


def test_events_wait_in_their_order_until_the_router_has_them() -> None:
    outbox = Outbox("gateway-1")
    numbers = [outbox.add(hung_up(contact)).source_seq for contact in ("c1", "c2", "c3")]
    outbox.acknowledged(numbers[1])
    assert [event.contact for event in outbox.waiting()] == ["c1", "c3"]


def test_what_was_acknowledged_gives_its_number_to_nobody_else() -> None:
    outbox = Outbox("gateway-1")
    first = outbox.add(hung_up("c1")).source_seq
    outbox.acknowledged(first)
    assert outbox.add(hung_up("c2")).source_seq > first
