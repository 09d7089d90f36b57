"""The history in SQLite or PostgreSQL: facts merged in bulk, one transaction for each call."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.sql.database import Database
from switchyard_history.forgetting import LINKS
from switchyard_history.merging import Part, Row, merge_all
from switchyard_history.tables import contact_legs, floors, holds, metadata, readings, tombstones

from switchyard_insights.adapters.sql.turns import beside_other_writers
from switchyard_insights.adapters.sql.upserts import filled, upsert
from switchyard_insights.domain.events import Fact
from switchyard_insights.service.ports import Stored, Unstorable

_PER_STATEMENT = 500

_FLOORS = select(floors.c.tenant, floors.c.before_ms)
_ERASED = select(tombstones.c.customer_key).where(
    tombstones.c.tenant == bindparam("tenant"),
    tombstones.c.customer_key.in_(bindparam("keys", expanding=True)),
)
_READ_UNTIL = select(readings.c.time_ms).where(
    readings.c.tenant == bindparam("tenant"), readings.c.source == bindparam("source")
)
_HELD = (
    select(func.sum(holds.c.held_ms))
    .where(holds.c.tenant == contact_legs.c.tenant, holds.c.contact == contact_legs.c.contact)
    .scalar_subquery()
)
_ADD_UP_HOLDS = (
    update(contact_legs)
    .where(
        contact_legs.c.tenant == bindparam("of_tenant"),
        contact_legs.c.contact == bindparam("of_contact"),
    )
    .values(hold_ms=_HELD)
)


class SqlHistory:
    """The ports History and Progress. A call costs one transaction and, for n parts, O(n log n)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, facts: Sequence[Fact]) -> Stored:
        """Merge facts into the tables; all of them or none.

        Customers who were forgotten stay so, and what is older than what was pruned stays away.
        Raises HistoryUnavailable or Unstorable.
        """
        try:
            return await self._store(facts)
        except DBAPIError as error:
            raise Unstorable(type(error.orig).__name__) from error

    async def _store(self, facts: Sequence[Fact]) -> Stored:
        async with self._database.writing() as connection:
            await beside_other_writers(connection)
            kept = await _above_the_floor(connection, facts)
            rows = _merged(part for fact in kept for part in fact.parts)
            await _forget(connection, rows.get(contact_legs, ()))
            for table in metadata.sorted_tables:
                if table in rows:
                    await _upsert(connection, table, rows[table])
            await _add_up_holds(connection, rows.get(holds, ()))
        return Stored(len(kept), len(facts) - len(kept))

    async def read_until_ms(self, tenant: str, source: str) -> int:
        """The port Progress."""
        wanted = {"tenant": tenant, "source": source}
        async with self._database.reading() as connection:
            found: int | None = (await connection.execute(_READ_UNTIL, wanted)).scalar()
        return found or 0

    async def ping(self) -> None:
        """Returns if the store answers; raises HistoryUnavailable otherwise."""
        await self._database.ping()


def _merged(parts: Iterable[Part]) -> dict[Table, list[Row]]:
    by_table: dict[Table, list[Row]] = defaultdict(list)
    for table, row in parts:
        by_table[table].append(row)
    return {table: merge_all(table, rows) for table, rows in by_table.items()}


async def _above_the_floor(connection: AsyncConnection, facts: Sequence[Fact]) -> Sequence[Fact]:
    found = {row.tenant: row.before_ms for row in await connection.execute(_FLOORS)}
    if not found:
        return facts
    return [fact for fact in facts if fact.time_ms >= found.get(_tenant(fact), fact.time_ms)]


def _tenant(fact: Fact) -> str:
    return str(fact.parts[0][1]["tenant"])


async def _forget(connection: AsyncConnection, legs: Iterable[Row]) -> None:
    """Take the key and the links from legs of customers who were forgotten."""
    by_tenant: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for leg in legs:
        if leg.get("customer_key"):
            by_tenant[leg["tenant"]][leg["customer_key"]].append(leg)
    for tenant, by_key in by_tenant.items():
        for keys in _pages(list(by_key)):
            erased = await connection.execute(_ERASED, {"tenant": tenant, "keys": keys})
            for leg in (leg for key in erased.scalars() for leg in by_key[key]):
                leg.update(dict.fromkeys(LINKS, ""), erased=True)


async def _upsert(connection: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    statement = upsert(table, connection.dialect.name)
    for page in _pages(filled(table, rows)):
        await connection.execute(statement, page)


async def _add_up_holds(connection: AsyncConnection, rows: Iterable[Row]) -> None:
    """The legs are written, and so locked, by now: no other writer adds theirs up meanwhile."""
    legs = sorted({(row["tenant"], row["contact"]) for row in rows})
    wanted: list[Mapping[str, Any]] = [
        {"of_tenant": tenant, "of_contact": contact} for tenant, contact in legs
    ]
    if wanted:
        await connection.execute(_ADD_UP_HOLDS, wanted)


def _pages[T](items: list[T]) -> Iterable[list[T]]:
    return (items[at : at + _PER_STATEMENT] for at in range(0, len(items), _PER_STATEMENT))
