"""The service is killed again and again while it writes: the tables are as if it never was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from switchyard_insights.adapters.sql.history import SqlHistory

from tests.fakes.insights.contact_centre import contact_centre
from tests.fakes.insights.histories import Tables, contents, facts_of, opened
from tests.fakes.insights.logs import all_done, given, until, write

pytestmark = pytest.mark.integration

EVENTS = sorted(contact_centre(contacts=60, seed=5), key=lambda event: event.position)
_KILLS = 2


@contextmanager
def service(redis_url: str, database_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes few events at a time, so that a kill comes in between."""
    settings = {
        "PORT": "0",
        "METRICS_PORT": "0",
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "BATCH": "5",
        "CLAIM_SECONDS": "0.2",
    }
    environment = {f"INSIGHTS_{name}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "switchyard_insights.main"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


async def tables(url: str) -> Tables:
    async with opened(url) as database:
        found = await contents(database, "demo")
    return {name: rows for name, rows in found.items() if name != "readings"}


async def test_kills_lose_nothing_and_count_nothing_twice(redis_url: str, tmp_path: Path) -> None:
    redis = Redis.from_url(redis_url)
    url = f"sqlite+aiosqlite:///{tmp_path / 'history.sqlite'}"
    share = len(EVENTS) // (_KILLS + 1)
    for kill in range(_KILLS):
        await write(redis, EVENTS[kill * share : (kill + 1) * share])
        before = await given(redis)
        with service(redis_url, url):

            async def at_work(before: int = before) -> bool:
                return await given(redis) > before

            await until(at_work)
    await write(redis, EVENTS[_KILLS * share :])
    with service(redis_url, url):

        async def finished() -> bool:
            return await all_done(redis)

        await until(finished)
    await redis.aclose()
    wanted = f"sqlite+aiosqlite:///{tmp_path / 'wanted.sqlite'}"
    async with opened(wanted) as database:
        await SqlHistory(database).store(facts_of("demo", EVENTS))
    assert await tables(url) == await tables(wanted)
