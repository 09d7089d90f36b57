"""Rows of whole hours in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, select
from switchyard_common.sql.database import Database
from switchyard_history.files import columns_of
from switchyard_history.hours import first_times, time_of, within
from switchyard_history.tables import contact_legs, metadata


class SqlHourlyRows:
    """The history's rows by when they happened. Methods raise HistoryUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> list[str]:
        """Whose contacts are known."""
        query = select(contact_legs.c.tenant).distinct().order_by(contact_legs.c.tenant)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def first_ms(self, tenant: str, table: str, from_ms: int) -> int | None:
        """When the first row from `from_ms` on happened."""
        queries = first_times(metadata.tables[table], tenant, from_ms)
        async with self._database.reading() as connection:
            found = [(await connection.execute(query)).scalar() for query in queries]
        return min((each for each in found if each is not None), default=None)

    async def of_day(
        self, tenant: str, table: str, from_ms: int, until_ms: int
    ) -> Sequence[tuple[int, tuple[Any, ...]]]:
        """Rows that happened in [from, until), when, and values as files hold them; by key."""
        target = metadata.tables[table]
        query = _query(target).where(target.c.tenant == tenant, within(target, from_ms, until_ms))
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [(row[0], tuple(row[1:])) for row in rows]


def _query(table: Table) -> Any:
    return select(time_of(table), *columns_of(table)).order_by(*table.primary_key.columns)
