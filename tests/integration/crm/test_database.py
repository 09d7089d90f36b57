"""Opening the store: migrations, several processes at once, URLs, what statements cost."""

import asyncio
import sqlite3
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from switchyard_common.errors import StartError
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.schema import metadata

from tests.fakes.crm.people import wang
from tests.fakes.crm.running import fill, url_of

pytestmark = pytest.mark.integration


def opened(where: Path | str, *, busy_seconds: float = 20) -> AbstractAsyncContextManager[Database]:
    return open_database(
        url_of(where), setting="CRM_DATABASE_URL", readers=2, busy_seconds=busy_seconds
    )


async def started(where: Path | str) -> None:
    async with opened(where) as database:
        await database.ping()


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_migrations_make_the_tables_that_the_code_expects(database_url: str) -> None:
    async with opened(database_url) as database, database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_again_keeps_what_is_stored(database_url: str) -> None:
    await fill(database_url, [wang()])
    async with opened(database_url) as database, database.reading() as connection:
        assert (await connection.execute(text("SELECT id FROM records"))).scalars().all() == ["c-1"]


async def test_several_processes_may_start_on_a_new_store_at_once(database_url: str) -> None:
    await asyncio.gather(*(started(database_url) for _ in range(5)))


async def test_a_new_file_that_another_process_is_writing_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StartError, match="cannot be opened"):
            async with opened(path, busy_seconds=0.1):
                pass
        async with asyncio.TaskGroup() as tasks:
            starting = tasks.create_task(started(path))
            done, _ = await asyncio.wait([starting], timeout=0.5)
            assert not done
            other.execute("COMMIT")


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cases (x)")
    with pytest.raises(StartError, match="CRM_DATABASE_URL"):
        async with opened(path):
            pass
    with closing(sqlite3.connect(path)) as other:
        tables = [name for (name,) in other.execute("SELECT name FROM sqlite_master")]
    assert tables == ["cases"]


async def test_readers_do_not_block_writers(tmp_path: Path) -> None:
    async with opened(tmp_path / "crm.sqlite") as database, database.reading() as connection:
        mode = await connection.exec_driver_sql("PRAGMA journal_mode")
        assert mode.scalar_one() == "wal"
        synchronous = await connection.exec_driver_sql("PRAGMA synchronous")
        assert synchronous.scalar_one() == 2


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://crm@localhost/crm", "mysql is not supported"),
        ("postgresql://crm@127.0.0.1:1/crm", "cannot be opened: ConnectionRefusedError"),
        ("postgresql://crm@127.0.0.1:1/crm?colour=red", "colour is no option"),
        ("sqlite+aiosqlite://", "names no file"),
        ("sqlite+aiosqlite:///:memory:", "names no file"),
        ("sqlite+aiosqlite:////proc/nowhere/crm.sqlite", "cannot write"),
    ],
)
async def test_other_urls_are_refused_with_the_fix(url: str, says: str) -> None:
    with pytest.raises(StartError, match=f"CRM_DATABASE_URL: .*{says}.*[;(]"):
        async with open_database(url, setting="CRM_DATABASE_URL", readers=1, busy_seconds=1):
            pass


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StartError, match="move it away"):
        async with opened(path):
            pass
