"""A real log into real tables: nothing is lost and nothing counts twice, whatever dies."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from switchyard_history.positions import position_at
from switchyard_insights.adapters.sql.history import SqlHistory
from switchyard_insights.domain.events import LoggedEvent

from tests.fakes.insights.contact_centre import START_MS, contact_centre
from tests.fakes.insights.histories import Tables, contents, facts_of, opened
from tests.fakes.insights.logs import (
    ROUTER_STREAM,
    Counted,
    Outage,
    all_done,
    follow,
    pending,
    reader_of,
    running,
    until,
    write,
)

pytestmark = pytest.mark.integration

EVENTS = contact_centre(contacts=25, seed=5)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def expected(url: str) -> Tables:
    """The tables if every event is stored once, in order."""
    async with opened(url) as database:
        await SqlHistory(database).store(facts_of("demo", EVENTS))
        return await contents(database, "demo")


def without_readings(tables: Tables) -> Tables:
    return {name: rows for name, rows in tables.items() if name != "readings"}


@pytest.fixture
async def wanted(tmp_path: Path) -> Tables:
    return without_readings(await expected(f"sqlite+aiosqlite:///{tmp_path / 'wanted.sqlite'}"))


async def test_what_is_logged_reaches_the_tables(
    redis: Redis, database_url: str, wanted: Tables
) -> None:
    meter = Counted()
    await write(redis, EVENTS)
    async with opened(database_url) as database:
        async with running(follow(reader_of(redis), SqlHistory(database), meter)):
            await until(lambda: all_done(redis))
        found = await contents(database, "demo")
    assert without_readings(found) == wanted
    assert meter.kept == len(EVENTS)
    newest = max(event.position for event in EVENTS)
    assert [row["position"] for row in found["readings"]] == [newest]


async def test_a_reader_killed_between_storing_and_saying_so_loses_nothing(
    redis: Redis, sqlite_database: str, wanted: Tables
) -> None:
    meter = Counted()
    await write(redis, EVENTS)
    async with opened(sqlite_database) as database:
        history = SqlHistory(database)
        dead = reader_of(redis, "dead", batch=len(EVENTS))
        page = await dead.read()
        await history.store(facts_of("demo", EVENTS))
        assert await pending(redis) == len(page.entries) == len(EVENTS)
        async with running(follow(reader_of(redis, "other", claim_ms=100), history, meter)):
            await until(lambda: all_done(redis))
        assert without_readings(await contents(database, "demo")) == wanted
    assert meter.seen_again == len(EVENTS)
    assert meter.trimmed == 0


async def test_while_the_history_is_away_nothing_is_done_and_nothing_lost(
    redis: Redis, sqlite_database: str, wanted: Tables
) -> None:
    meter = Counted()
    await write(redis, EVENTS)
    async with opened(sqlite_database) as database:
        outage = Outage(SqlHistory(database))

        async def tried_three_times() -> bool:
            return outage.asked >= 3

        async with running(follow(reader_of(redis, batch=40), outage, meter)):
            await until(tried_three_times)
            assert await pending(redis) == 40  # one batch in hand, none done
            outage.down = False
            await until(lambda: all_done(redis))
        assert without_readings(await contents(database, "demo")) == wanted
    assert "history" in meter.failures


async def test_a_file_that_somebody_else_has_locked_is_waited_for(
    redis: Redis, tmp_path: Path, wanted: Tables
) -> None:
    path, meter = tmp_path / "history.sqlite", Counted()
    await write(redis, EVENTS)
    async with opened(f"sqlite+aiosqlite:///{path}", busy_seconds=0.05) as database:

        async def failed() -> bool:
            return "history" in meter.failures

        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with running(follow(reader_of(redis), SqlHistory(database), meter)):
                await until(failed)
                other.execute("COMMIT")
                await until(lambda: all_done(redis))
        assert without_readings(await contents(database, "demo")) == wanted


async def test_two_replicas_share_the_log(redis: Redis, database_url: str, wanted: Tables) -> None:
    meters = Counted(), Counted()
    async with opened(database_url) as database:
        history = SqlHistory(database)
        first, second = reader_of(redis, "one", batch=20), reader_of(redis, "two", batch=20)
        async with running(follow(first, history, meters[0]), follow(second, history, meters[1])):
            for start in range(0, len(EVENTS), 30):
                await write(redis, EVENTS_IN_ORDER[start : start + 30])
                await asyncio.sleep(0)
            await until(lambda: all_done(redis))
        assert without_readings(await contents(database, "demo")) == wanted
    assert meters[0].kept + meters[1].kept == len(EVENTS)


async def test_events_trimmed_before_they_were_read_are_counted(
    redis: Redis, sqlite_database: str
) -> None:
    meter = Counted()
    log = reader_of(redis, batch=4)
    some: Any = redis
    await write(redis, EVENTS_IN_ORDER[:10])
    async with opened(sqlite_database) as database:
        follower = follow(log, SqlHistory(database), meter)
        await follower.take(await log.read())
        await some.xtrim(ROUTER_STREAM, maxlen=3, approximate=False)
        await follower.take(await log.read())
        assert meter.trimmed == 3
        assert meter.kept == 7
        await follower.take(await log.read())
    assert meter.trimmed == 3


async def test_a_log_that_was_trimmed_before_anybody_looked_lost_nothing(
    redis: Redis, sqlite_database: str
) -> None:
    some: Any = redis
    await write(redis, EVENTS_IN_ORDER[:10])
    await some.xtrim(ROUTER_STREAM, maxlen=6, approximate=False)
    page = await reader_of(redis).read()
    assert page.lost == 0
    assert len(page.entries) == 6


async def test_what_cannot_be_understood_is_put_aside_and_stops_nobody(
    redis: Redis, database_url: str, wanted: Tables
) -> None:
    meter = Counted()
    poison = [
        LoggedEvent(position_at(START_MS - 5), "contact.queued", "x", 1, {"priority": "high"}),
        LoggedEvent(position_at(START_MS - 4), "contact.queued", "", 1, {}),
        LoggedEvent(position_at(START_MS - 3), "contact.queued", "y" * 5000, 1, {"step": 1 << 40}),
        LoggedEvent(position_at(START_MS - 2), "crm.something_new", "x", 1, {}),
    ]
    client: Any = redis
    await client.xadd(ROUTER_STREAM, {"type": "contact.queued"}, id=f"{START_MS - 9}-0")
    await write(redis, [*poison, *EVENTS])
    async with opened(database_url) as database:
        async with running(follow(reader_of(redis), SqlHistory(database), meter)):
            await until(lambda: all_done(redis))
        found = await contents(database, "demo")
    problems = [row["problem"] for row in found["refused_events"]]
    assert problems == ["data is missing", "priority is not a number", "contact is missing"]
    legs = {row["contact"] for row in found["contact_legs"]}
    assert {row["contact"] for row in wanted["contact_legs"]} <= legs
    assert meter.ignored == 1


async def test_a_log_that_was_emptied_is_read_from_its_new_beginning(
    redis: Redis, sqlite_database: str
) -> None:
    meter = Counted()
    await write(redis, EVENTS_IN_ORDER[:20])
    async with opened(sqlite_database) as database:
        async with running(follow(reader_of(redis), SqlHistory(database), meter)):
            await until(lambda: all_done(redis))
            await redis.flushall()
            await write(redis, EVENTS_IN_ORDER[20:])

            async def read_all() -> bool:
                return meter.kept >= len(EVENTS)

            await until(read_all)
        legs = (await contents(database, "demo"))["contact_legs"]
    assert len(legs) == 25


EVENTS_IN_ORDER = sorted(EVENTS, key=lambda event: event.position)
