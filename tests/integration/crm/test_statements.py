"""What reading costs: how many statements, and that none of them reads a whole table."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Executable, Select, event, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Delete, Update
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import POSTGRESQL, Database, open_database
from switchyard_crm.adapters.sql.schema import metadata
from switchyard_crm.domain.context import Section
from switchyard_crm.service.orders import LookupOrder

from tests.contracts.crm.store_contract import WANG, read
from tests.fakes.crm.people import DEMO, NOW, wang
from tests.fakes.crm.running import vault
from tests.fakes.crm.sql_store import SqlStore

pytestmark = pytest.mark.integration

VALUES: dict[str, Any] = {
    "tenant": "demo",
    "customer": "c",
    "value": "v",
    "values": ["v", "w"],
    "records": ["c", "d"],
    "record_id": "c",
    "limit": 1,
    "since": NOW,
    "kind": "phone",
    "namespace": "",
    "source": "local",
    "of_tenant": "demo",
    "of_id": "c",
    "observed_time": NOW,
    "since_time": NOW,
    "language": "",
    "tier": "",
    "name": b"",
    "birth_date": b"",
    "address": b"",
    "identifiers": b"",
    "digest": "",
    "identity_digest": "",
    "moved": False,
}
ALL: dict[str, Executable] = {
    name: each
    for name, each in vars(statements).items()
    if isinstance(each, Select | Update) and not name.startswith("_")
} | {f"REMOVE_TOLD {table.name}": each for table, each in statements.REMOVE_TOLD.items()}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=2, busy_seconds=20
    ) as opened:
        yield opened


type Sent = list[tuple[str, Any]]


@contextmanager
def sent_to(database: Database) -> Iterator[Sent]:
    """The statements and values that reach the driver for reading."""
    sent: Sent = []

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        sent.append((statement, values))

    engine = database._reading.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def cost_of(database: Database, order_key: str, digits: str) -> list[str]:
    store = SqlStore(database, vault(), FakeClock(NOW))
    with sent_to(database) as sent:
        await LookupOrder(store).run(DEMO, order_key, digits)
    return [statement for statement, _ in sent]


async def test_an_unknown_order_costs_the_statements_of_a_known_one(database: Database) -> None:
    await SqlStore(database, vault(), FakeClock(NOW)).replace([wang()])
    found = await cost_of(database, "SY10240001", "1234")
    assert len(found) == 2
    assert await cost_of(database, "SY10240001", "9999") == found
    assert await cost_of(database, "SY99999999", "1234") == found


@pytest.mark.parametrize(
    ("sections", "cost"),
    [
        ((Section.PROFILE,), 1),
        ((Section.ROUTING,), 2),
        ((Section.PROFILE, Section.OPEN_CASES, Section.ROUTING), 3),
        (tuple(Section), 6),
    ],
)
async def test_a_read_costs_one_statement_and_one_for_each_further_section(
    database: Database, sections: tuple[Section, ...], cost: int
) -> None:
    store = SqlStore(database, vault(), FakeClock(NOW))
    await store.replace([wang()])
    with sent_to(database) as sent:
        await read(store, WANG, sections)
    assert len(sent) == cost


def test_all_statements_are_looked_at() -> None:
    assert len(ALL) > 20
    assert any(isinstance(each, Delete) for each in ALL.values())


@pytest.mark.parametrize("name", ALL)
async def test_no_statement_reads_a_whole_table(database: Database, name: str) -> None:
    async with database.reading() as connection:
        if database.dialect == POSTGRESQL:
            # Of tables this small the planner reads all, unless it must not if there is an index.
            await connection.execute(text("SET enable_seqscan = off"))
        with sent_to(database) as sent:
            await connection.execute(ALL[name], VALUES)
        for statement, values in sent:
            plan = await _plan(database, connection, statement, values)
            assert not plan & set(metadata.tables), statement


async def _plan(
    database: Database, connection: AsyncConnection, statement: str, values: Any
) -> set[str]:
    """The tables that are read as a whole."""
    if database.dialect == POSTGRESQL:
        raw = await connection.get_raw_connection()
        driver: Any = raw.driver_connection
        (row,) = await driver.fetch(f"EXPLAIN (FORMAT JSON) {statement}", *values)
        return set(_scanned(row[0][0]["Plan"]))
    rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    steps = [str(step) for *_, step in rows]
    assert [step for step in steps if step.startswith("SEARCH")], statement
    # What is searched by the tenant alone is read as a whole: a store has one tenant.
    whole = [step for step in steps if step.startswith("SCAN") or step.endswith("(tenant=?)")]
    return {step.split()[1] for step in whole}


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    # An index that is read from end to end is no better.
    if "Index" in plan["Node Type"] and "Index Cond" not in plan and "Plans" not in plan:
        yield plan.get("Relation Name", plan["Node Type"])
    for part in plan.get("Plans", ()):
        yield from _scanned(part)
