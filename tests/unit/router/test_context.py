"""Customer context: beside the queue, never in its way."""

import asyncio

import pytest
from switchyard_common.clock import FakeClock
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_router.domain.refusals import store_down
from switchyard_router.service.context import (
    CONTEXT_SECONDS,
    ContextLookup,
    ContextQuery,
    FoundContext,
)

from tests.fakes.router.core import Meter

pytestmark = pytest.mark.unit

CALLER = ContextQuery("", "+8613800000001", "")


class Crm:
    """Finds, fails or waits, as told."""

    def __init__(self) -> None:
        self.fails = False
        self.asked = 0

    async def fetch(self, query: ContextQuery, budget_seconds: float) -> FoundContext:
        """As the CRM does."""
        self.asked += 1
        if self.fails:
            raise DomainError(kind=ErrorKind.UNAVAILABLE, reason="CRM_UNAVAILABLE", message="")
        return FoundContext(b"found", "customer", "key", "zh")

    def missing(self) -> FoundContext:
        """As the CRM does."""
        return FoundContext(b"missing")


class Attached:
    """Keeps what is attached."""

    def __init__(self) -> None:
        self.contexts: dict[str, bytes] = {}
        self.down = False

    async def attach_context(
        self, contact_id: str, context: bytes, customer: str, customer_key: str, language: str
    ) -> bool:
        """As the store does."""
        if self.down:
            raise store_down()
        self.contexts[contact_id] = context
        return True


class Desk:
    """A look-up on fakes."""

    def __init__(self) -> None:
        self.crm, self.store, self.clock, self.meter = Crm(), Attached(), FakeClock(), Meter()
        self.lookup = ContextLookup(self.crm, self.store, self.clock, self.meter)

    async def contact(self, name: str, query: ContextQuery = CALLER) -> float:
        """Take in a contact: the budget it is held for."""
        budget = self.lookup.budget_seconds(query)
        if budget:
            self.lookup.start(name, query)
            await self.lookup.drain()
        return budget


async def test_what_is_found_is_attached() -> None:
    desk = Desk()
    assert await desk.contact("c1") == CONTEXT_SECONDS
    assert desk.store.contexts == {"c1": b"found"}
    assert [outcome for outcome, _ in desk.meter.of("looked_up")] == ["found"]


async def test_who_has_no_address_is_not_waited_for() -> None:
    desk = Desk()
    assert await desk.contact("c1", ContextQuery("", "", "en")) == 0
    assert desk.crm.asked == 0


async def test_a_failed_look_up_says_what_is_missing() -> None:
    desk = Desk()
    desk.crm.fails = True
    await desk.contact("c1")
    assert desk.store.contexts == {"c1": b"missing"}


async def test_a_dead_crm_is_left_alone_then_tried_by_one_contact_at_a_time() -> None:
    desk = Desk()
    desk.crm.fails = True
    for number in range(5):
        assert await desk.contact(f"c{number}") > 0
    assert await desk.contact("skipped") == 0
    desk.clock.advance(5.1)
    assert desk.lookup.budget_seconds(CALLER) > 0, "one finds out"
    assert desk.lookup.budget_seconds(CALLER) == 0, "and only one"
    desk.clock.advance(5.1)
    desk.crm.fails = False
    assert await desk.contact("back") > 0
    assert await desk.contact("again") > 0
    assert desk.store.contexts["again"] == b"found"


async def test_a_store_that_is_down_leaves_the_hold_to_end_by_itself() -> None:
    desk = Desk()
    desk.store.down = True
    await desk.contact("c1")
    assert desk.store.contexts == {}


async def test_no_more_than_so_many_at_once() -> None:
    desk = Desk()
    for number in range(200):
        desk.lookup.start(f"c{number}", CALLER)
    assert desk.lookup.budget_seconds(CALLER) == 0
    await asyncio.wait_for(desk.lookup.drain(), 60)
    assert len(desk.store.contexts) == 200
