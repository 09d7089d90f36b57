"""Context in time: always an answer, and the truth about what is missing."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import structlog
from switchyard_common.clock import FakeClock
from switchyard_crm.domain.context import (
    ContextPart,
    CustomerContext,
    Section,
    SourceStatus,
)
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.context import (
    ContextAnswer,
    ContextQuery,
    ContextSource,
    GetContext,
    SourceQuery,
)
from switchyard_crm.service.resolve import Resolve

from tests.fakes.crm.people import DEMO, NOW, WANG_PHONE, case, customer, phone, wang
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit

EVERYTHING = tuple(Section)
IN_NO_TIME = 0.01
WANG = phone(WANG_PHONE)


class SecondSource:
    """A CRM that knows a case of everybody, or hangs."""

    name = "crm"

    def __init__(self, *, hang: bool = False) -> None:
        self._hang = hang

    async def read(self, query: SourceQuery) -> AsyncGenerator[ContextPart]:
        if self._hang:
            await asyncio.Event().wait()
        found = replace(case("CRM-1"), source=self.name)
        yield ContextPart(Section.OPEN_CASES, CustomerContext(open_cases=(found,)))


@pytest.fixture
async def store() -> FakeStore:
    store = FakeStore()
    await store.replace([wang()])
    return store


async def ask(
    store: FakeStore,
    subject: Identifier | None = WANG,
    sections: tuple[Section, ...] = EVERYTHING,
    seconds: float | None = None,
    *others: ContextSource,
) -> ContextAnswer:
    bounded = Bounded()
    use_case = GetContext(Resolve(store), (store, *others), bounded, FakeClock(NOW), 60.0)
    try:
        return await use_case.run(ContextQuery(DEMO, subject, sections, 10), seconds)
    finally:
        await bounded.close()


def statuses(answer: ContextAnswer) -> dict[str, SourceStatus]:
    return {report.source: report.status for report in answer.reports}


async def test_answers_with_all_sections(store: FakeStore) -> None:
    answer = await ask(store)
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert answer.missing == ()
    assert statuses(answer) == {"local": SourceStatus.FRESH}
    assert answer.context.customer == wang().customer
    assert answer.context.orders
    assert answer.context.routing is not None
    assert answer.context.routing.contacts_7d == 3


async def test_finds_the_customer_by_id(store: FakeStore) -> None:
    answer = await ask(store, Identifier(IdentifierKind.CUSTOMER_ID, "c-1"))
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert answer.context.customer == wang().customer


@pytest.mark.parametrize("subject", [None, phone("+8619900009999")])
async def test_nobody_known_is_an_answer_with_nothing_missing(
    store: FakeStore, subject: Identifier | None
) -> None:
    answer = await ask(store, subject)
    assert answer.outcome is ResolveOutcome.NONE
    assert answer.context == CustomerContext()
    assert answer.missing == ()
    assert statuses(answer) == {"local": SourceStatus.FRESH}


async def test_somebody_ambiguous_gets_no_context(store: FakeStore) -> None:
    await store.replace([customer("c-2", phone(WANG_PHONE))])
    answer = await ask(store)
    assert answer.outcome is ResolveOutcome.AMBIGUOUS
    assert answer.context == CustomerContext()


async def test_what_came_before_the_time_was_up_is_answered(store: FakeStore) -> None:
    store.faults.hang_at = Section.ORDERS
    answer = await ask(store, seconds=IN_NO_TIME)
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert answer.context.customer == wang().customer
    assert answer.context.routing is not None
    assert statuses(answer) == {"local": SourceStatus.TIMEOUT}
    assert answer.missing == ("local", "ORDERS", "BILLS", "OPEN_CASES", "TIMELINE")


@pytest.mark.parametrize("seconds", [IN_NO_TIME, 0.0, -1.0])
async def test_a_store_that_hangs_is_a_timeout(store: FakeStore, seconds: float) -> None:
    store.faults.hang = True
    answer = await ask(store, sections=(Section.PROFILE,), seconds=seconds)
    assert answer.outcome is ResolveOutcome.NONE
    assert answer.missing == ("local", "PROFILE")
    assert statuses(answer) == {"local": SourceStatus.TIMEOUT}


async def test_a_store_that_is_down_is_an_error_and_still_an_answer(store: FakeStore) -> None:
    store.faults.down = True
    answer = await ask(store, sections=(Section.PROFILE, Section.ROUTING))
    assert answer.outcome is ResolveOutcome.NONE
    assert answer.missing == ("local", "PROFILE", "ROUTING")
    assert statuses(answer) == {"local": SourceStatus.ERROR}


async def test_a_source_that_crashes_is_logged_and_keeps_what_it_gave(store: FakeStore) -> None:
    store.faults.crash_at = Section.BILLS
    with structlog.testing.capture_logs() as logs:
        answer = await ask(store, sections=(Section.PROFILE, Section.BILLS))
    assert answer.context.customer == wang().customer
    assert statuses(answer) == {"local": SourceStatus.ERROR}
    assert answer.missing == ("local", "BILLS")
    assert [line["event"] for line in logs] == ["source_crashed"]


async def test_sources_add_to_each_other(store: FakeStore) -> None:
    answer = await ask(store, WANG, EVERYTHING, None, SecondSource())
    assert [each.number for each in answer.context.open_cases] == ["T-3", "T-2", "CRM-1"]
    assert statuses(answer) == {"local": SourceStatus.FRESH, "crm": SourceStatus.FRESH}


async def test_a_hanging_source_does_not_take_the_others_with_it(store: FakeStore) -> None:
    answer = await ask(store, WANG, EVERYTHING, 0.05, SecondSource(hang=True))
    assert answer.context.customer == wang().customer
    assert statuses(answer) == {"local": SourceStatus.FRESH, "crm": SourceStatus.TIMEOUT}
    assert answer.missing == ("crm",)
