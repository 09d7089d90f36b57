"""Opening the store: migrations, several processes at once, URLs, what statements cost."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Select, event
from switchyard_common.errors import StartError
from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.tables import metadata
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.service.orders import LookupOrder

from tests.fakes.crm.people import DEMO, NOW, wang
from tests.fakes.crm.running import url_of

pytestmark = pytest.mark.integration


def opened(path: Path) -> AbstractAsyncContextManager[Database]:
    return open_database(url_of(path), setting="CRM_DATABASE_URL", readers=2, busy_seconds=20)


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_migrations_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    async with opened(tmp_path / "crm.sqlite") as database, database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_opening_again_keeps_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "crm.sqlite"
    async with opened(path) as database:
        await StoreWriter(database).replace([wang()])
    async with opened(path) as database:
        assert await StoreReader(database).find_order(DEMO, "SY10240001") is not None


async def test_several_processes_may_start_on_a_new_file_at_once(tmp_path: Path) -> None:
    async def start() -> None:
        async with opened(tmp_path / "crm.sqlite") as database:
            await database.ping()

    await asyncio.gather(*(start() for _ in range(5)))


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
    async with opened(tmp_path / "crm.sqlite") as database:
        await StoreWriter(database).replace([wang()])
        async with database.reading() as connection:
            mode = await connection.exec_driver_sql("PRAGMA journal_mode")
            assert mode.scalar_one() == "wal"
            synchronous = await connection.exec_driver_sql("PRAGMA synchronous")
            assert synchronous.scalar_one() == 2


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not a database URL"),
        ("postgresql+asyncpg://crm@localhost/crm", "not supported yet"),
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


type Sent = list[tuple[str, tuple[object, ...]]]


@contextmanager
def sent_to(database: Database) -> Iterator[Sent]:
    """The statements and values that reach the driver."""
    sent: Sent = []

    def note(
        _: object, __: object, statement: str, values: tuple[object, ...], *___: object
    ) -> None:
        sent.append((statement, values))

    engine = database._reading.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def cost_of(database: Database, order_key: str, digits: str) -> list[str]:
    with sent_to(database) as sent:
        await LookupOrder(StoreReader(database)).run(DEMO, order_key, digits)
    return [statement for statement, _ in sent]


async def test_an_unknown_order_costs_the_statements_of_a_known_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "crm.sqlite") as database:
        await StoreWriter(database).replace([wang()])
        found = await cost_of(database, "SY10240001", "1234")
        assert len(found) == 2
        assert await cost_of(database, "SY10240001", "9999") == found
        assert await cost_of(database, "SY99999999", "1234") == found


async def test_every_statement_uses_an_index(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    values = {"tenant": "demo", "customer": "c", "value": "v", "limit": 1, "since": NOW}
    values |= {"kind": "phone", "namespace": "", "values": ["v"], "request": "r"}
    selects = [each for each in vars(statements).values() if isinstance(each, Select)]
    assert len(selects) > 10
    async with opened(path) as database, database.reading() as connection:
        with sent_to(database) as sent:
            for select in selects:
                await connection.execute(select, values)
    with closing(sqlite3.connect(path)) as other:
        for statement, sent_values in sent:
            rows = other.execute(f"EXPLAIN QUERY PLAN {statement}", sent_values)
            steps = [str(step) for *_, step in rows]
            assert [step for step in steps if step.startswith("SEARCH")], statement
            scanned = {step.split()[1] for step in steps if step.startswith("SCAN")}
            assert not scanned & set(metadata.tables), (statement, steps)
