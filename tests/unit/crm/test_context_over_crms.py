"""A context over several CRMs: all at once, in time, remembered, and honest about what failed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from switchyard_crm.domain.context import Section, SourceStatus
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.connectors import Capability, NotFound, Unauthorized, Unavailable

from tests.fakes.crm.asking import asking, in_crm, renamed, statuses
from tests.fakes.crm.connector import FakeConnector, Held
from tests.fakes.crm.people import (
    NOW,
    WANG_PHONE,
    case,
    interaction,
    order,
    phone,
    wang,
)
from tests.fakes.crm.store import FakeStore

pytestmark = pytest.mark.unit


WANG = phone(WANG_PHONE)


CASES = (Section.OPEN_CASES,)


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


async def test_adds_what_each_crm_knows_newest_first(store: FakeStore) -> None:
    erp = crm("erp", orders=[order("ERP-1", NOW), order("ERP-2", NOW - timedelta(days=9))])
    desk = crm("desk", cases=[case("D-1")], timeline=[interaction("d-1", NOW, "a-9")])
    async with asking(store, erp, desk) as bench:
        bench.records.link("c-1", wang_in(erp).profile, wang_in(desk).profile)
        answer = await bench.ask(WANG)
    assert [each.number for each in answer.context.open_cases] == ["D-1", "T-3", "T-2"]
    numbers = ["ERP-1", "SY-1024-0002", "SY-1024-0001", "ERP-2"]
    assert [each.number for each in answer.context.orders] == numbers
    assert answer.context.timeline[0].id == "d-1"
    fresh = SourceStatus.FRESH
    assert statuses(answer) == {"local": fresh, "erp": fresh, "desk": fresh}
    assert answer.missing == ()
    assert answer.context.routing is not None
    assert answer.context.routing.open_cases == 3


async def test_asks_only_crms_that_have_a_record_of_the_customer(store: FakeStore) -> None:
    erp, desk = crm("erp"), crm("desk")
    async with asking(store, erp, desk) as bench:
        bench.records.link("c-1", wang_in(erp).profile)
        answer = await bench.ask(WANG)
    assert erp.total_calls > 0
    assert desk.total_calls == 0
    assert set(statuses(answer)) == {"local", "erp"}


async def test_asks_only_what_was_asked_for_and_is_declared(store: FakeStore) -> None:
    connector = FakeConnector(without=frozenset((Capability.ORDERS,)))
    connector.holds(Held(in_crm("crm", "crm-1", WANG)))
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        await bench.ask(WANG, (Section.OPEN_CASES, Section.ORDERS, Section.BILLS))
    assert dict(connector.calls) == {"open_cases": 1}


async def test_all_crms_and_parts_are_asked_at_the_same_time(store: FakeStore) -> None:
    erp, desk = crm("erp"), crm("desk")
    erp.hangs = desk.hangs = True
    async with asking(store, erp, desk) as bench:
        bench.records.link("c-1", wang_in(erp).profile, wang_in(desk).profile)
        asked = asyncio.create_task(bench.ask(WANG))
        await settle()
        assert (erp.in_flight, desk.in_flight) == (4, 4)
        erp.release.set()
        desk.release.set()
        await asked


async def test_the_second_time_comes_from_memory_and_says_how_old_it_is(store: FakeStore) -> None:
    connector = crm(cases=[case("D-1")])
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        await bench.ask(WANG, CASES)
        bench.clock.advance(20)
        answer = await bench.ask(WANG, CASES)
    assert connector.calls["open_cases"] == 1
    assert statuses(answer)["crm"] is SourceStatus.CACHED
    (report,) = [report for report in answer.reports if report.source == "crm"]
    assert report.age_seconds == 20
    assert "D-1" in [each.number for each in answer.context.open_cases]


async def test_shorter_lists_come_from_the_same_memory(store: FakeStore) -> None:
    connector = crm(cases=[case(f"D-{number}") for number in range(9)])
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        await bench.ask(WANG, CASES, limit=9)
        answer = await bench.ask(WANG, CASES, limit=2)
    assert connector.calls["open_cases"] == 1
    assert len(answer.context.open_cases) == 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("down"), SourceStatus.ERROR),
        (Unauthorized("no"), SourceStatus.ERROR),
        (RuntimeError("a bug"), SourceStatus.ERROR),
        (TimeoutError(), SourceStatus.TIMEOUT),
    ],
)
async def test_a_crm_that_fails_is_missing_and_takes_nobody_with_it(
    store: FakeStore, error: Exception, status: SourceStatus
) -> None:
    broken, good = crm("broken"), crm("good", cases=[case("G-1")])
    broken.fails = lambda: error
    async with asking(store, broken, good) as bench:
        bench.records.link("c-1", wang_in(broken).profile, wang_in(good).profile)
        answer = await bench.ask(WANG)
    assert statuses(answer)["broken"] is status
    assert statuses(answer)["good"] is SourceStatus.FRESH
    assert answer.missing == ("broken",)
    assert answer.outcome is ResolveOutcome.UNIQUE
    assert "G-1" in [each.number for each in answer.context.open_cases]


async def test_a_crm_that_fails_after_it_answered_is_stale(store: FakeStore) -> None:
    connector = crm(cases=[case("D-1")])
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        await bench.ask(WANG, CASES)
        connector.fails = lambda: Unavailable("down")
        bench.clock.advance(61)
        answer = await bench.ask(WANG, CASES)
    assert statuses(answer)["crm"] is SourceStatus.STALE
    assert "D-1" in [each.number for each in answer.context.open_cases]
    assert answer.missing == ()


async def test_a_crm_that_keeps_failing_is_left_alone(store: FakeStore) -> None:
    connector = crm()
    connector.fails = lambda: Unavailable("down")
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        for _ in range(20):
            await bench.ask(WANG, CASES)
        assert connector.total_calls == 5
        answer = await bench.ask(WANG, CASES)
        assert statuses(answer)["crm"] is SourceStatus.OPEN
        assert answer.missing == ("crm",)
        connector.fails = None
        bench.clock.advance(30)
        answer = await bench.ask(WANG, CASES)
        assert statuses(answer)["crm"] is SourceStatus.FRESH


async def test_a_source_nobody_configured_is_told_and_not_missing(store: FakeStore) -> None:
    async with asking(store) as bench:
        bench.records.link("c-1", in_crm("gone", "1"))
        answer = await bench.ask(WANG)
    assert statuses(answer)["gone"] is SourceStatus.NOT_CONFIGURED
    assert answer.missing == ()


async def test_a_hanging_crm_costs_at_most_its_time(store: FakeStore) -> None:
    hanging, good = crm("hanging"), crm("good", cases=[case("G-1")])
    hanging.hangs = True
    async with asking(store, hanging, good, source_seconds=0.05) as bench:
        bench.records.link("c-1", wang_in(hanging).profile, wang_in(good).profile)
        answer = await bench.ask(WANG)
        assert statuses(answer)["hanging"] is SourceStatus.TIMEOUT
        assert answer.missing == ("hanging",)
        assert "G-1" in [each.number for each in answer.context.open_cases]
        await bench.bounded.close()
        assert hanging.in_flight == 0


async def test_fifty_contexts_over_a_hanging_crm_ask_it_a_few_times(store: FakeStore) -> None:
    hanging, good = FakeConnector("hanging"), FakeConnector("good")
    hanging.hangs = True
    people = [
        replace(wang(), name=replace(wang().name, customer=CustomerId(f"p-{number}")), orders=())
        for number in range(50)
    ]
    async with asking(store, hanging, good, source_seconds=0.3, concurrency=6) as bench:
        for number, person in enumerate(people):
            known = phone(f"+86199001{number:05}")
            origin = replace(person.profile.provenance, source_id=f"p-{number}")
            profile = replace(person.profile, provenance=origin, identifiers=(known,))
            await store.replace([replace(person, profile=profile)])
            for connector in (hanging, good):
                held = in_crm(connector.name, f"x-{number}", known)
                connector.holds(Held(held, cases=[case(f"{connector.name}-{number}")]))
                bench.records.link(f"p-{number}", held)
        answers = await asyncio.gather(
            *(bench.ask(phone(f"+86199001{number:05}"), CASES) for number in range(50))
        )
        # As many as at once, and those that take their places before five of them have failed.
        assert hanging.total_calls <= 6 + 4
        assert hanging.most_in_flight <= 6
        assert good.total_calls == 50
        for number, answer in enumerate(answers):
            assert statuses(answer)["good"] is SourceStatus.FRESH
            assert statuses(answer)["hanging"] in (SourceStatus.TIMEOUT, SourceStatus.OPEN)
            assert f"good-{number}" in [each.number for each in answer.context.open_cases]


async def test_what_the_crm_says_now_is_shown_now_and_stored(store: FakeStore) -> None:
    connector = crm()
    before = wang_in(connector).profile
    async with asking(store, connector) as bench:
        bench.records.link("c-1", replace(before, provenance=wang().profile.provenance), before)
        later = replace(before.provenance, observed_time=NOW + timedelta(days=1))
        changed = renamed(replace(before, provenance=later), "王小芳")
        wang_in(connector).profile = changed
        answer = await bench.ask(WANG, (Section.PROFILE,))
        await settle()
        assert answer.context.customer is not None
        assert answer.context.customer.display_name is not None
        assert answer.context.customer.display_name.value == "王小芳"
        assert bench.records.taken_in == [changed]


async def test_what_has_not_changed_is_not_written(store: FakeStore) -> None:
    connector = crm()
    stored = wang_in(connector).profile
    later = replace(stored.provenance, observed_time=NOW + timedelta(days=1))
    wang_in(connector).profile = replace(stored, provenance=later)
    async with asking(store, connector) as bench:
        bench.records.link("c-1", stored)
        await bench.ask(WANG, (Section.PROFILE,))
        await settle()
        assert bench.records.taken_in == []


async def test_what_was_written_through_here_is_not_shown_twice(store: FakeStore) -> None:
    connector = crm(cases=[case("R-1"), case("R-2")], timeline=[interaction("ri-1", NOW)])
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        bench.records.copies = frozenset({("crm", "case", "R-1"), ("crm", "interaction", "ri-1")})
        answer = await bench.ask(WANG)
    numbers = [each.number for each in answer.context.open_cases]
    assert "R-2" in numbers
    assert "R-1" not in numbers
    assert "ri-1" not in [each.id for each in answer.context.timeline]


async def test_records_that_a_crm_removed_are_not_asked_for(store: FakeStore) -> None:
    connector = crm()
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        bench.records.removed = frozenset({("crm", "crm-1")})
        answer = await bench.ask(WANG)
    assert connector.total_calls == 0
    assert "crm" not in statuses(answer)


async def test_a_record_that_is_gone_there_is_no_failure(store: FakeStore) -> None:
    connector = crm()
    connector.fails = lambda: NotFound("gone")
    async with asking(store, connector) as bench:
        bench.records.link("c-1", wang_in(connector).profile)
        answer = await bench.ask(WANG)
    assert statuses(answer)["crm"] is SourceStatus.FRESH
    assert answer.missing == ()


@pytest.fixture
async def hanging() -> FakeConnector:
    connector = crm("slow", cases=[case("S-1")])
    connector.hangs = True
    return connector
