"""Whatever way events arrive, the tables are the same."""

import asyncio
from contextlib import AsyncExitStack
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from switchyard_history.merging import merge_all
from switchyard_history.tables import holds, metadata
from switchyard_insights.adapters.sql.history import SqlHistory

from tests.fakes.insights.contact_centre import contact_centre
from tests.fakes.insights.histories import Tables, contents, facts_of, opened

pytestmark = pytest.mark.integration

EVENTS = contact_centre(contacts=12, seed=5)


async def _stored(history: SqlHistory, tenant: str, order: list[int], cuts: set[int]) -> None:
    facts = facts_of(tenant, EVENTS)
    pieces = sorted({0, len(order), *cuts})
    for start, end in pairwise(pieces):
        await history.store([facts[index] for index in order[start:end]])


def test_shuffled_doubled_and_split_events_give_identical_tables(tmp_path: Path) -> None:
    total, tenants = len(EVENTS), count()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        url = f"sqlite+aiosqlite:///{tmp_path / 'history.sqlite'}"
        database = runner.run(stack.enter_async_context(opened(url)))
        history = SqlHistory(database)

        async def stored(order: list[int], cuts: set[int]) -> Tables:
            tenant = f"t{next(tenants)}"
            await _stored(history, tenant, order, cuts)
            return await contents(database, tenant)

        expected = runner.run(stored(list(range(total)), set()))
        assert len(expected["contact_legs"]) == 12

        @settings(
            max_examples=12, deadline=None, suppress_health_check=[HealthCheck.large_base_example]
        )
        @given(
            order=st.permutations([*range(total), *range(0, total, 2)]),
            cuts=st.sets(st.integers(1, total), max_size=4),
        )
        def check(order: list[int], cuts: set[int]) -> None:
            assert runner.run(stored(order, cuts)) == expected

        check()
        runner.run(stack.aclose())


async def test_the_store_merges_as_the_definition_says(database_url: str) -> None:
    """One event at a time, backwards, through SQL; all at once through `merge_all`."""
    facts = facts_of("demo", EVENTS)
    async with opened(database_url) as database:
        history = SqlHistory(database)
        for start in range(0, len(facts), 40):
            await history.store(facts[::-1][start : start + 40])
        stored = await contents(database, "demo")
    parts = [part for fact in facts for part in fact.parts]
    for table in metadata.sorted_tables:
        known = merge_all(table, (row for of, row in parts if of is table))
        for expected, row in zip(known, stored[table.name], strict=True):
            wanted = {name: value for name, value in expected.items() if name != "tenant"}
            assert {name: row[name] for name in wanted} == wanted
    held = {row["contact"]: row["hold_ms"] for row in stored["contact_legs"]}
    for contact in {row["contact"] for of, row in parts if of is holds}:
        spans = {
            row["position"]: row["held_ms"] for row in stored["holds"] if row["contact"] == contact
        }
        assert held[contact] == sum(spans.values())


async def test_what_a_leg_tells_adds_up(database_url: str) -> None:
    async with opened(database_url) as database:
        await SqlHistory(database).store(facts_of("demo", EVENTS))
        legs = (await contents(database, "demo"))["contact_legs"]
    answered = [leg for leg in legs if leg["outcome"] == "ANSWERED"]
    assert answered
    assert len(answered) < len(legs)
    for leg in answered:
        ended = leg["answered_ms"] + leg["conversation_ms"] + leg["wrap_up_ms"]
        assert ended == leg["ended_ms"]
        assert leg["wait_ms"] == leg["answered_ms"] - leg["queued_ms"]
        assert (leg["hold_ms"] or 0) < leg["conversation_ms"]
        assert leg["agent"]
    for leg in legs:
        if leg["outcome"] == "ABANDONED":
            assert leg["wait_ms"] == leg["ended_ms"] - leg["queued_ms"]
