"""Customers whom the store does not know, or knows late: CRMs are searched, streams tell of it."""

import asyncio
from contextlib import aclosing

import pytest
from switchyard_crm.domain.context import Section, SourceStatus
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.connectors import Unavailable

from tests.fakes.crm.asking import asking, in_crm, statuses
from tests.fakes.crm.connector import FakeConnector, Held
from tests.fakes.crm.people import (
    WANG_PHONE,
    case,
    phone,
    wang,
)
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit


WANG = phone(WANG_PHONE)


STRANGER = phone("+8619900009999")


@pytest.fixture
async def store() -> FakeStore:
    store = FakeStore()
    await store.replace([wang()])
    return store


def crm(name: str = "crm", **held: list[object]) -> FakeConnector:
    """A CRM that holds Wang with something."""
    connector = FakeConnector(name)
    profile = in_crm(name, f"{name}-1", WANG)
    connector.holds(Held(profile, **held))  # type: ignore[arg-type]  # lists of what it holds
    return connector


def wang_in(connector: FakeConnector) -> Held:
    return connector.held[f"{connector.name}-1"]


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_somebody_only_a_crm_knows_is_found_stored_and_answered(store: FakeStore) -> None:
    connector = FakeConnector()
    held = in_crm("crm", "x-1", STRANGER, name="李雷")
    connector.holds(Held(held, cases=[case("D-1")]))
    async with asking(store, connector) as bench:
        answer = await bench.ask(STRANGER, (Section.PROFILE, Section.OPEN_CASES))
        assert answer.outcome is ResolveOutcome.UNIQUE
        assert answer.context.customer is not None
        assert [each.number for each in answer.context.open_cases] == ["D-1"]
        assert bench.records.taken_in == [held]
        again = await bench.ask(STRANGER, (Section.PROFILE,))
        assert again.outcome is ResolveOutcome.UNIQUE
        assert connector.calls["find"] == 1


async def test_what_a_crm_found_is_believed_only_if_it_holds_the_identifier(
    store: FakeStore,
) -> None:
    class Careless(FakeConnector):
        async def find(self, identifier: Identifier) -> list[object]:  # type: ignore[override]
            return [in_crm("crm", "x-1", phone("+8619900007777"))]

    async with asking(store, Careless()) as bench:
        answer = await bench.ask(STRANGER)
        assert answer.outcome is ResolveOutcome.NONE
        assert answer.missing == ()
        assert bench.records.taken_in == []


async def test_nobody_is_searched_for_whom_the_store_knows(store: FakeStore) -> None:
    connector = crm()
    async with asking(store, connector) as bench:
        await bench.ask(WANG)
    assert connector.calls["find"] == 0


@pytest.mark.parametrize(
    "subject", [None, Identifier(IdentifierKind.CUSTOMER_ID, "c-9")], ids=["service number", "id"]
)
async def test_crms_are_not_searched_for_what_they_cannot_know(
    store: FakeStore, subject: Identifier | None
) -> None:
    connector = crm()
    async with asking(store, connector) as bench:
        answer = await bench.ask(subject)
    assert answer.outcome is ResolveOutcome.NONE
    assert connector.total_calls == 0


async def test_a_search_that_fails_leaves_it_open_who_it_is(store: FakeStore) -> None:
    connector = FakeConnector()
    connector.fails = lambda: Unavailable("down")
    async with asking(store, connector) as bench:
        answer = await bench.ask(STRANGER, (Section.PROFILE,))
    assert answer.outcome is ResolveOutcome.NONE
    assert statuses(answer) == {"local": SourceStatus.FRESH, "crm": SourceStatus.ERROR}
    assert answer.missing == ("crm", "PROFILE")


async def test_without_the_store_nobody_is_known_whatever_crms_find(store: FakeStore) -> None:
    connector = FakeConnector()
    connector.holds(Held(in_crm("crm", "x-1", STRANGER)))
    store.faults.down = True
    async with asking(store, connector) as bench:
        answer = await bench.ask(STRANGER, (Section.PROFILE,))
        assert answer.outcome is ResolveOutcome.NONE
        assert answer.missing == ("local", "PROFILE")
        assert bench.records.taken_in == []


async def test_a_slow_store_is_waited_for_while_crms_are_searched(store: FakeStore) -> None:
    connector = FakeConnector()
    connector.holds(Held(in_crm("crm", "x-1", STRANGER)))
    answered = asyncio.Event()
    holders = store.holders

    async def slow(*args: object) -> object:
        await answered.wait()
        return await holders(*args)  # type: ignore[arg-type]

    store.holders = slow  # type: ignore[method-assign, assignment]
    async with asking(store, connector) as bench:
        asked = asyncio.create_task(bench.ask(STRANGER, (Section.PROFILE,)))
        async with asyncio.timeout(60):
            while not connector.calls["find"]:
                await asyncio.sleep(0.005)
        answered.set()
        assert (await asked).outcome is ResolveOutcome.UNIQUE


@pytest.fixture
async def hanging() -> FakeConnector:
    connector = crm("slow", cases=[case("S-1")])
    connector.hangs = True
    return connector


async def test_a_stream_gives_the_store_first_then_each_crm_as_it_arrives(
    store: FakeStore, hanging: FakeConnector
) -> None:
    quick = crm("quick", cases=[case("Q-1")])
    async with asking(store, quick, hanging) as bench:
        bench.records.link("c-1", wang_in(quick).profile, wang_in(hanging).profile)
        async with aclosing(bench.stream(WANG)) as updates:
            local = await anext(updates)
            assert statuses(local) == {"local": SourceStatus.FRESH}
            assert local.context.customer is not None
            first = await anext(updates)
            assert statuses(first) == {"quick": SourceStatus.FRESH}
            assert [each.number for each in first.context.open_cases] == ["Q-1"]
            hanging.release.set()
            last = await anext(updates)
            assert statuses(last) == {"slow": SourceStatus.FRESH}
            assert [local.complete, first.complete, last.complete] == [False, False, True]
            assert last.context.routing is not None
            assert last.context.routing.open_cases == 4
            with pytest.raises(StopAsyncIteration):
                await anext(updates)


async def test_a_stream_without_crms_is_complete_at_once(store: FakeStore) -> None:
    async with asking(store) as bench:
        updates = [update async for update in bench.stream(WANG)]
        assert [update.complete for update in updates] == [True]
        updates = [update async for update in bench.stream(STRANGER)]
        assert [update.complete for update in updates] == [True]


async def test_whoever_stops_listening_leaves_nothing_behind(
    store: FakeStore, hanging: FakeConnector
) -> None:
    async with asking(store, hanging, source_seconds=0.2) as bench:
        bench.records.link("c-1", wang_in(hanging).profile)
        await bench.remember(wang_in(hanging).profile)  # starts what lives as long as the service
        before = asyncio.all_tasks()
        async with aclosing(bench.stream(WANG)) as updates:
            await anext(updates)
            await settle()
            assert hanging.in_flight > 0
        async with asyncio.timeout(60):
            while asyncio.all_tasks() - before:
                await asyncio.sleep(0.01)
        assert hanging.in_flight == 0


async def test_a_caller_who_goes_away_leaves_nothing_behind(
    store: FakeStore, hanging: FakeConnector
) -> None:
    async with asking(store, hanging, source_seconds=0.2) as bench:
        bench.records.link("c-1", wang_in(hanging).profile)
        await bench.remember(wang_in(hanging).profile)  # starts what lives as long as the service
        before = asyncio.all_tasks()
        asked = asyncio.create_task(bench.ask(WANG))
        await settle()
        assert hanging.in_flight > 0
        asked.cancel()
        async with asyncio.timeout(60):
            while asyncio.all_tasks() - before:
                await asyncio.sleep(0.01)
        assert hanging.in_flight == 0
