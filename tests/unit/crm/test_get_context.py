"""Context in time: always an answer, and the truth about what is missing."""

import pytest
import structlog
from switchyard_crm.domain.context import CustomerContext, Section, SourceStatus
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.context import ContextAnswer, ContextQuery, Times

from tests.fakes.crm.asking import EVERYTHING, asking, statuses
from tests.fakes.crm.people import DEMO, WANG_PHONE, customer, phone, shown, wang
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit

IN_NO_TIME = 0.01
WANG = phone(WANG_PHONE)


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
) -> ContextAnswer:
    async with asking(store) as bench:
        return await bench.ask(subject, sections, seconds)


async def test_answers_with_all_sections(store: FakeStore) -> None:
    answer = await ask(store)
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert answer.missing == ()
    assert statuses(answer) == {"local": SourceStatus.FRESH}
    assert answer.context.customer == shown(wang())
    assert answer.context.orders
    assert answer.context.routing is not None
    assert answer.context.routing.contacts_7d == 3


async def test_finds_the_customer_by_id(store: FakeStore) -> None:
    answer = await ask(store, Identifier(IdentifierKind.CUSTOMER_ID, "c-1"))
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert answer.context.customer == shown(wang())


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
    assert answer.context.customer == shown(wang())
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
    assert answer.context.customer == shown(wang())
    assert statuses(answer) == {"local": SourceStatus.ERROR}
    assert answer.missing == ("local", "BILLS")
    assert [line["event"] for line in logs] == ["source_crashed"]


@pytest.mark.parametrize(
    ("sections", "remaining", "seconds"),
    [
        ((Section.PROFILE, Section.ROUTING), None, 0.3),
        ((Section.PROFILE,), 10.0, 0.3),
        ((Section.PROFILE,), 0.2, 0.16),  # a fifth is left for sending the answer
        ((Section.ROUTING,), None, 0.15),
        ((Section.ROUTING,), 10.0, 0.15),
        ((Section.ROUTING,), 0.1, 0.08),
    ],
)
async def test_takes_its_own_time_or_the_callers_whichever_is_less(
    store: FakeStore, sections: tuple[Section, ...], remaining: float | None, seconds: float
) -> None:
    async with asking(store, times=Times()) as bench:
        query = ContextQuery(DEMO, WANG, sections, 10)
        assert bench.get_context.budget(query, remaining) == pytest.approx(seconds)
