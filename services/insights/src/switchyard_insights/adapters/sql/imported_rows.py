"""Rows of imported logs in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from switchyard_common.sql.database import POSTGRESQL, Database
from switchyard_history.tables import imports, metadata, tombstones

from switchyard_insights.adapters.sql.turns import beside_other_writers
from switchyard_insights.domain.importing.forgotten import Rows, forget
from switchyard_insights.domain.importing.report import ImportReport
from switchyard_insights.service.importing import CallLog

_FILE_CHARS = 256


class SqlImportedRows:
    """Where an import writes. Its methods raise the store's errors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def replace(self, tenant: str, table: str, names: Sequence[str], rows: Rows) -> list[int]:
        """Writes rows, in the place of those with the same key; all or none.

        The places of rows whose customer was erased: they are written without saying who it was.
        By the driver's own statement: SQLAlchemy's handling of parameters would take longer than
        the database.
        """
        async with self._database.writing() as connection:
            await beside_other_writers(connection)
            erased = select(tombstones.c.customer_key).where(tombstones.c.tenant == tenant)
            keys = frozenset((await connection.execute(erased)).scalars())
            names, rows, forgotten = forget(names, rows, keys)
            compiled = self._upsert(table, names).compile(dialect=connection.dialect)
            places = [names.index(name) for name in compiled.positiontup or ()]
            parameters = [tuple([row[place] for place in places]) for row in rows]
            await connection.exec_driver_sql(compiled.string, parameters)
        return forgotten

    def _upsert(self, table: str, names: Sequence[str]) -> sqlite.Insert | postgresql.Insert:
        target = metadata.tables[table]
        insert = postgresql.insert if self._database.dialect == POSTGRESQL else sqlite.insert
        statement: Any = insert(target).values({name: bindparam(name) for name in names})
        keys = [column.name for column in target.primary_key]
        taken = {name: statement.excluded[name] for name in names if name not in keys}
        upsert: sqlite.Insert | postgresql.Insert
        upsert = statement.on_conflict_do_update(index_elements=keys, set_=taken)
        return upsert

    async def finished(
        self, tenant: str, log: CallLog, imported_ms: int, report: ImportReport
    ) -> None:
        """Keeps what an import did."""
        values = {
            "tenant": tenant,
            "origin": report.origin,
            "imported_ms": imported_ms,
            "file": log.name[:_FILE_CHARS],
            "digest": log.digest(),
            "rows_read": report.rows_read,
            "rows_kept": report.rows_kept,
            "dropped": {reason.en: count.rows for reason, count in report.dropped.items()},
            "from_ms": report.from_ms,
            "until_ms": report.until_ms,
        }
        earlier = delete(imports).where(
            imports.c.tenant == tenant, imports.c.origin == report.origin
        )
        async with self._database.writing() as connection:
            await connection.execute(earlier)
            await connection.execute(imports.insert().values(values))

    async def forget(self, tenant: str, table: str, origin: str) -> int:
        """Deletes what an earlier import brought; the number of rows."""
        target = metadata.tables[table]
        if "origin" not in target.c:
            return 0
        query = delete(target).where(target.c.tenant == tenant, target.c.origin == origin)
        async with self._database.writing() as connection:
            return (await connection.execute(query)).rowcount
