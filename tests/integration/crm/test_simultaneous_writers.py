"""Many write the same records at the same time: each is stored once, as one of them said."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import text
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.held import held
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.names import CustomerId
from switchyard_crm.domain.records import CustomerRecord

from tests.fakes.crm.people import NOW, customer, order, phone
from tests.fakes.crm.running import vault

pytestmark = pytest.mark.integration

WRITERS, RECORDS = 8, 40


def people(said: str, writer: int) -> list[CustomerRecord]:
    """The same records, in another order and under other ids of its own for each writer."""
    told = [
        replace(
            customer(f"{said}-{number}", phone(f"+861990000{number:04}"), name=said),
            orders=(order(f"A-{number}"),),
        )
        for number in range(RECORDS)
    ]
    records = [
        replace(
            each,
            profile=replace(
                each.profile, provenance=replace(each.profile.provenance, source_id=f"s-{number}")
            ),
        )
        for number, each in enumerate(told)
    ]
    return records[writer:] + records[:writer] if writer % 2 else records[::-1]


@pytest.fixture
async def databases(database_url: str) -> AsyncIterator[list[Database]]:
    """The store as two services have it open."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                open_database(
                    database_url, setting="CRM_DATABASE_URL", readers=1, writers=4, busy_seconds=60
                )
            )
            for _ in range(2)
        ]


async def write(databases: Sequence[Database], round_: int) -> list[tuple[CustomerId, ...]]:
    writers = [
        StoreWriter(databases[number % len(databases)], vault(), FakeClock(NOW))
        for number in range(WRITERS)
    ]
    return await asyncio.gather(
        *(
            writer.replace(people(f"r{round_}-w{number}", number))
            for number, writer in enumerate(writers)
        )
    )


async def test_each_record_is_stored_once_whoever_writes_it(databases: list[Database]) -> None:
    first = await write(databases, 1)
    again = await write(databases, 2)
    assert {frozenset(ids) for ids in [*first, *again]} == {frozenset(first[0])}
    async with databases[0].reading() as connection:
        for table, count in (("records", 1), ("record_keys", 1), ("identifiers", 1), ("orders", 1)):
            rows = await connection.execute(text(f"SELECT count(*) FROM {table}"))
            assert rows.scalar_one() == count * RECORDS, table


async def test_what_is_added_to_a_record_does_not_wait_for_its_import(
    postgres_database: str,
) -> None:
    before, after = (customer("c-1", name=name) for name in ("Jo", "Joan"))
    opening = open_database(
        postgres_database, setting="CRM_DATABASE_URL", readers=1, writers=2, busy_seconds=1
    )
    async with opening as database:
        writer = StoreWriter(database, vault(), FakeClock(NOW))
        await writer.replace([before])
        async with database.writing() as importing:
            await writer.replace_in(importing, [after])
            async with database.writing() as adding:
                assert (await held(adding, before.name)).named == "c-1"
