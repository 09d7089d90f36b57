"""Forgetting in SQL: customers by key, rows by age."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.sql.database import Database
from switchyard_history.forgetting import CUSTOMER_KEY, ERASED, LINKS
from switchyard_history.hours import DAY_MS, time_of, within
from switchyard_history.merging import Row
from switchyard_history.tables import contact_legs, floors, metadata, tombstones

from switchyard_insights.adapters.sql.hourly_rows import SqlHourlyRows
from switchyard_insights.adapters.sql.turns import alone
from switchyard_insights.adapters.sql.upserts import filled, upsert

_PER_STATEMENT = 500
_TO_CONTACTS = tuple(name for name in LINKS if name != CUSTOMER_KEY)


class SqlForgetfulStore:
    """The port Forgetful."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> list[str]:
        """Whose contacts are known."""
        return await SqlHourlyRows(self._database).tenants()

    async def erase(self, tenant: str, customer_key: str, now_ms: int) -> int:
        """Takes a customer's key and links from all legs, and keeps it from coming back.

        How many legs were this customer's; all or none.
        """
        stone = {"tenant": tenant, CUSTOMER_KEY: customer_key, "erased_ms": now_ms}
        legs = contact_legs.c
        whose = (legs.tenant == tenant) & (legs.customer_key == customer_key)
        async with self._database.writing() as connection:
            await alone(connection)
            await _merge(connection, tombstones, stone)
            found = await connection.execute(select(legs.contact).where(whose))
            contacts = list(found.scalars())
            blank: dict[str, str | bool] = dict.fromkeys(LINKS, "")
            await connection.execute(
                update(contact_legs).where(whose).values({**blank, ERASED: True})
            )
            await _unlink(connection, tenant, contacts)
        return len(contacts)

    async def prune(self, tenant: str, table: str, before_ms: int, *, imported: bool) -> int:
        """Deletes rows that happened before; how many. Legs of imported logs only if asked.

        A day at a time, so that the writer gets its turn in between.
        """
        target = metadata.tables[table]
        whose: ColumnElement[bool] = target.c.tenant == tenant
        if "origin" in target.c and not imported:
            whose &= target.c.origin == ""
        deleted = 0
        while (first_ms := await self._oldest(target, whose)) is not None and first_ms < before_ms:
            next_ms = min((first_ms // DAY_MS + 1) * DAY_MS, before_ms)
            query = delete(target).where(whose, within(target, first_ms, next_ms))
            async with self._database.writing() as connection:
                deleted += (await connection.execute(query)).rowcount
        return deleted

    async def _oldest(self, table: Table, whose: ColumnElement[bool]) -> int | None:
        query = select(func.min(time_of(table))).where(whose)
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(query)).scalar()
            return found

    async def raise_floor(self, tenant: str, before_ms: int) -> None:
        """Keeps events from before from coming back."""
        async with self._database.writing() as connection:
            await _merge(connection, floors, {"tenant": tenant, "before_ms": before_ms})


async def _merge(connection: AsyncConnection, table: Table, row: Row) -> None:
    await connection.execute(upsert(table, connection.dialect.name), filled(table, [row]))


async def _unlink(connection: AsyncConnection, tenant: str, contacts: Sequence[str]) -> None:
    """Other legs no longer say that they belong to these contacts."""
    for at in range(0, len(contacts), _PER_STATEMENT):
        some = contacts[at : at + _PER_STATEMENT]
        for name in _TO_CONTACTS:
            column = contact_legs.c[name]
            await connection.execute(
                update(contact_legs)
                .where(contact_legs.c.tenant == tenant, column.in_(some))
                .values({name: ""})
            )
