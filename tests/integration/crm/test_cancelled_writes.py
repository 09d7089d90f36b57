"""A caller that goes away in the middle of a write must not lock the others out."""

import asyncio
import gc
import random
import sqlite3
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from switchyard_crm.adapters.sql.database import Database, open_database

pytestmark = [
    pytest.mark.integration,
    # A connection that was cancelled while it was being made is closed by the collector, which
    # says so.
    pytest.mark.filterwarnings("ignore:.*was deleted before being closed:ResourceWarning"),
]

_WRITE = text(
    "INSERT INTO requests (tenant, id, rpc, digest, answer, time)"
    " VALUES ('demo', :id, 'r', 'd', 'a', '2026-01-01') RETURNING id"
)
_TIMES = 150
_LONGEST_SECONDS = 0.006  # a write takes about half of it
# Far longer than a rollback takes, far shorter than garbage lies about.
_LOCK_SECONDS = 2.0


async def test_a_cancelled_write_leaves_no_lock(tmp_path: Path) -> None:
    chance, file = random.Random(2026), tmp_path / "crm.sqlite"
    async with _opened(file) as database:
        for number in range(_TIMES):
            writing = asyncio.create_task(_write(database, f"cancelled-{number}"))
            await asyncio.sleep(chance.random() * _LONGEST_SECONDS)
            writing.cancel()
            await asyncio.wait([writing])
            await asyncio.to_thread(_lock, file)
    gc.collect()  # so that the warnings come here


async def test_what_was_cancelled_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    chance, file = random.Random(4711), tmp_path / "crm.sqlite"
    async with _opened(file) as database:
        for number in range(_TIMES):
            writing = asyncio.create_task(_write(database, f"{number}.a", f"{number}.b"))
            await asyncio.sleep(chance.random() * _LONGEST_SECONDS)
            writing.cancel()
            await asyncio.wait([writing])
        await _write(database, "last.a", "last.b")
    gc.collect()
    with sqlite3.connect(file) as connection:
        ids = {row[0] for row in connection.execute("SELECT id FROM requests")}
    halves = [{one.removesuffix(end) for one in ids if one.endswith(end)} for end in (".a", ".b")]
    assert halves[0] == halves[1]
    assert "last" in halves[0]


def _opened(file: Path) -> AbstractAsyncContextManager[Database]:
    return open_database(
        f"sqlite+aiosqlite:///{file}", setting="CRM_DATABASE_URL", readers=1, busy_seconds=60.0
    )


async def _write(database: Database, *ids: str) -> None:
    async with database.writing() as connection:
        for one in ids:
            await connection.execute(_WRITE, {"id": one})
            await asyncio.sleep(0)


def _lock(file: Path) -> None:
    connection = sqlite3.connect(file, timeout=_LOCK_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()
