"""The auditor sees what must not be."""

from typing import Any

import pytest
from switchyard_router.service.auditor import Auditor

from tests.fakes.router.core import (
    Meter,
    board,
    contact_event,
    event,
    profile,
    ready,
    store_clock,
    waiting,
)

pytestmark = pytest.mark.unit


def accepted(offer: str, seq: int = 1, kind: str = "offer.accepted") -> Any:
    return event(kind, "c1", seq, {"offer": offer})


def audit(*events: Any) -> Meter:
    meter = Meter()
    auditor = Auditor(board(), store_clock()[0], meter)
    for each in events:
        auditor.on_event(each)
    return meter


def test_a_second_accepted_offer_is_counted() -> None:
    assert audit(accepted("o1"), accepted("o2")).told == [("double_assignment",)]


@pytest.mark.parametrize("kind", ["offer.declined", "offer.failed", "offer.rescinded"])
def test_an_offer_that_ended_makes_room_for_another(kind: str) -> None:
    assert audit(accepted("o1"), accepted("o1", kind=kind), accepted("o2")).told == []


def test_the_same_event_twice_is_no_second_offer() -> None:
    assert audit(accepted("o1"), accepted("o1")).told == []


def test_a_contact_that_returned_to_its_queue_may_be_accepted_again() -> None:
    back = contact_event(waiting("c1"), "CONNECTED")
    assert audit(accepted("o1"), back, accepted("o2")).told == []


def test_a_transition_outside_the_table_is_counted() -> None:
    assert audit(contact_event(waiting("c1"), "WRAP_UP")).told == [("forbidden_transition",)]
    assert audit(contact_event(waiting("c1"), "OFFERING")).told == []


def test_after_missed_events_nothing_is_concluded_from_old_ones() -> None:
    meter = Meter()
    auditor = Auditor(board(), store_clock()[0], meter)
    auditor.on_event(accepted("o1"))
    auditor.forget()
    auditor.on_event(accepted("o2"))
    assert meter.told == []


def test_what_disagrees_for_long_is_reported_and_what_heals_is_not() -> None:
    made, meter = board(profile("ann"), profile("bob")), Meter()
    clock, own = store_clock()
    auditor = Auditor(made, clock, meter)
    made.apply(contact_event(waiting("orphan", state="ASSIGNED", agent="ann")))
    made.apply(contact_event(waiting("healthy", state="CONNECTED", agent="ann")))
    made.agents.set_live("ann", ready(seq=2, held={"healthy": "VOICE:active"}))
    made.agents.set_live("bob", ready(seq=2, held={"ghost": "VOICE:active"}))
    auditor.sweep()
    own.advance(19)
    auditor.sweep()
    assert meter.told[-1] == ("inconsistent", 0, 0)
    own.advance(2)
    auditor.sweep()
    assert meter.told[-1] == ("inconsistent", 1, 1)
    made.agents.set_live("bob", ready(seq=3))
    auditor.sweep()
    assert meter.told[-1] == ("inconsistent", 1, 0)
