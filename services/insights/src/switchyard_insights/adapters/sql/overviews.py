"""What the history in SQL holds."""

from sqlalchemy import Table, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.sql.database import POSTGRESQL, Database
from switchyard_history.hours import TIMES, time_of
from switchyard_history.tables import floors, imports, readings, refused_events, tombstones

from switchyard_insights.service.overview import ImportSeen, Overview, TableCount

_SIZES = {
    POSTGRESQL: "SELECT pg_database_size(current_database())",
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}


class SqlOverviews:
    """The port Overviews; O(rows): every table is counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, tenant: str) -> Overview:
        """Of one tenant. Raises HistoryUnavailable."""
        async with self._database.reading() as connection:
            tables = [await _counted(connection, table, tenant) for table in TIMES]
            last = select(func.max(readings.c.time_ms)).where(readings.c.tenant == tenant)
            floor = select(func.max(floors.c.before_ms)).where(floors.c.tenant == tenant)
            return Overview(
                tables=tuple(tables),
                imports=await _imports(connection, tenant),
                last_event_ms=(await connection.execute(last)).scalar(),
                erased_customers=await _number(connection, tombstones, tenant),
                refused_events=await _number(connection, refused_events, tenant),
                pruned_before_ms=(await connection.execute(floor)).scalar(),
                size_bytes=int(
                    (await connection.execute(text(_SIZES[self._database.dialect]))).scalar_one()
                ),
            )


async def _counted(connection: AsyncConnection, table: Table, tenant: str) -> TableCount:
    time = time_of(table)
    query = select(func.count(), func.min(time), func.max(time)).where(table.c.tenant == tenant)
    rows, first_ms, last_ms = (await connection.execute(query)).one()
    return TableCount(str(table.name), rows, first_ms, last_ms)


async def _number(connection: AsyncConnection, table: Table, tenant: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.tenant == tenant)
    return int((await connection.execute(query)).scalar_one())


async def _imports(connection: AsyncConnection, tenant: str) -> tuple[ImportSeen, ...]:
    columns = imports.c
    query = (
        select(
            columns.origin, columns.imported_ms, columns.rows_read, columns.rows_kept,
            columns.dropped,
        )
        .where(columns.tenant == tenant)
        .order_by(columns.origin)
    )  # fmt: skip
    rows = (await connection.execute(query)).all()
    return tuple(
        ImportSeen(origin, imported_ms or 0, read, kept, dropped or {})
        for origin, imported_ms, read, kept, dropped in rows
    )
