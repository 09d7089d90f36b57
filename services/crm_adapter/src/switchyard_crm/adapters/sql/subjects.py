"""Everything the store holds of somebody, for export and erasure.

Works over all tables there are: whatever has a `record_id` is of a record. A table that is added
later is exported and erased without a word here.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.audit import SqlAccessLog
from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.erasures import source_index
from switchyard_crm.adapters.sql.links import alone
from switchyard_crm.adapters.sql.outbox import PAYLOAD, drop
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.schema import metadata, record_keys, records
from switchyard_crm.adapters.sql.seals import Field
from switchyard_crm.adapters.sql.tables.audit import audit, erasures
from switchyard_crm.adapters.sql.tables.cursors import removed_records
from switchyard_crm.domain.errors import StoreUnavailable
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.subjects import (
    HISTORY_SOURCE,
    Erasure,
    ErasureState,
    ExportedRecord,
    Place,
    RecordRef,
    Removal,
    plain,
    plain_parts,
)
from switchyard_crm.service.vault import DataKey, Unreadable, Vault

# Columns that serve the store: they tell nothing about the person, or only blindly.
_INTERNAL = ("tenant", "wrapped", "relink", "index", "position", "holder")
_INTERNAL_ENDS = ("_index", "digest")
# Ids only, and what is remembered of an erasure itself.
_KEPT = (erasures.name, audit.name)
# Sealed as JSON. What people wrote is never taken for it, whatever it looks like.
_STRUCTURED = (Field.IDENTIFIERS, Field.ORDER_ITEMS, PAYLOAD)
_MOST_ACCESSES = 10_000
_SCRUBS, _SCRUB_SECONDS = 20, 0.05


class SqlSubjects:
    """All that the store holds of somebody. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._accesses = SqlAccessLog(database)

    async def records_of(self, customer: CustomerName) -> Sequence[RecordRef]:
        """The customer's records; none for one who is not known."""
        async with self._database.reading() as connection:
            rows = await _records(connection, customer)
        return [RecordRef(row.id, row.source, row.source_id) for row in rows]

    async def export(self, customer: CustomerName) -> AsyncIterator[ExportedRecord]:
        """Everything that is stored of the customer, readable; who read it comes last.

        Read record by record: whoever takes his time with it keeps no connection meanwhile.
        """
        async with self._database.reading() as connection:
            found = await _records(connection, customer)
        for record in found:
            for exported in await self._export_record(customer, record):
                yield exported
        known_as = {record.id for record in found} | {record.customer_id for record in found}
        names = [CustomerId(each) for each in known_as]
        for access in await self._accesses.of(customer.tenant, names, _MOST_ACCESSES):
            yield ExportedRecord("switchyard", "access", plain_parts(access))

    async def _export_record(
        self, customer: CustomerName, record: AnyRow
    ) -> Sequence[ExportedRecord]:
        async with self._database.reading() as connection:
            key = await self._key(connection, customer.tenant, record.id)
            return [
                ExportedRecord(record.source, table.name, _readable(table, row, key))
                for table in _tables()
                for row in await connection.execute(_of_record(table, customer, record.id))
            ]

    async def erase(
        self, customer: CustomerName, states: Mapping[str, ErasureState], actor: str, now: datetime
    ) -> Removal:
        """Delete keys and rows of all records of the customer in one transaction."""
        writes = 0
        async with self._database.writing() as connection:
            await alone(connection, customer.tenant)
            # Who is writing for the customer just now ends first; who comes later finds nobody.
            locked = _records_of(customer).with_for_update()
            found = (await connection.execute(locked)).all()
            of_sources = [_erasure(row, row.source, row.source_id, states) for row in found]
            told = [*of_sources, *_in_history(found, states)]
            if found:
                await connection.execute(
                    _forget_earlier(customer.tenant),
                    [{"of_source": each.source, "of_index": self._index(each)} for each in told],
                )
                remembered = {"customer_id": found[0].customer_id, "actor": actor, "time": now}
                await connection.execute(
                    insert(erasures), [self._row(each) | remembered for each in told]
                )
                await connection.execute(
                    _forget_removed(customer.tenant),
                    [{"of_source": each.source, "of_id": each.source_id} for each in of_sources],
                )
                ids = [row.id for row in found]
                # First, as whoever sends locks them: no two can wait for each other in a circle.
                writes = await drop(connection, customer.tenant, ids)
                for table in reversed(metadata.sorted_tables):
                    if (theirs := _theirs(table, customer.tenant, ids)) is not None:
                        await connection.execute(delete(table).where(theirs))
        return Removal(told, writes)

    async def erasures_of(self, customer: CustomerName) -> Sequence[Erasure]:
        """What was erased of somebody before."""
        same = select(erasures.c.customer_id).where(
            erasures.c.tenant == customer.tenant, erasures.c.record_id == customer.customer
        )
        asked = select(erasures).where(
            erasures.c.tenant == customer.tenant, erasures.c.customer_id.in_(same)
        )
        async with self._database.reading() as connection:
            return [_told(row) for row in await connection.execute(asked)]

    async def requested(
        self, places: Collection[Place], before: datetime, skip: int, limit: int
    ) -> Sequence[Erasure]:
        """Erasures from before a time that these sources have not done yet, oldest first, without
        the first `skip`."""
        asked = (
            select(erasures)
            .where(
                erasures.c.state == ErasureState.REQUESTED.value,
                erasures.c.time < before,
                tuple_(erasures.c.tenant, erasures.c.source).in_(list(places)),
            )
            .order_by(erasures.c.time, erasures.c.record_id)
            .offset(skip)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [_told(row) for row in await connection.execute(asked)]

    async def count_requested(self) -> int:
        """How many erasures no source has done yet."""
        waits = erasures.c.state == ErasureState.REQUESTED.value
        async with self._database.reading() as connection:
            counted = select(func.count()).select_from(erasures).where(waits)
            return (await connection.execute(counted)).scalar_one()

    async def settle(self, erasure: Erasure) -> None:
        """The source has erased it too."""
        settled = (
            update(erasures)
            .where(
                erasures.c.tenant == erasure.tenant,
                erasures.c.source == erasure.source,
                erasures.c.record_id == erasure.record,
            )
            .values(state=ErasureState.ERASED.value, source_id="")
        )
        async with self._database.writing() as connection:
            await connection.execute(settled)

    async def readable(self, erasures: Sequence[Erasure]) -> int:
        """How many rows of these records there still are."""
        total = 0
        ids = [each.record for each in erasures]
        async with self._database.reading() as connection:
            for table in metadata.sorted_tables:
                theirs = _theirs(table, erasures[0].tenant, ids) if ids else None
                if theirs is not None:
                    counted = select(func.count()).select_from(table).where(theirs)
                    total += (await connection.execute(counted)).scalar_one()
        return total

    async def scrub(self) -> bool:
        """Have the database let go of deleted keys in its own files; False if others kept it from
        doing so now. Sooner or later it does by itself."""
        if self._database.dialect == POSTGRESQL:
            async with self._database.reading() as connection:
                await connection.execute(text(f"VACUUM {record_keys.name}"))
            return True
        for _ in range(_SCRUBS):
            if await self._log_emptied():
                return True
            await asyncio.sleep(_SCRUB_SECONDS)
        return False

    async def _log_emptied(self) -> bool:
        """Whether nobody read or wrote while the write-ahead log was being emptied."""
        try:
            async with self._database.reading() as connection:
                told = await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                return not told.one().busy
        except StoreUnavailable:
            return False

    async def _key(
        self, connection: AsyncConnection, tenant: TenantId, record: str
    ) -> DataKey | None:
        asked = select(record_keys.c.wrapped).where(
            record_keys.c.tenant == tenant, record_keys.c.record_id == record
        )
        wrapped = (await connection.execute(asked)).scalar_one_or_none()
        return self._vault.open(wrapped) if wrapped is not None else None

    def _index(self, erasure: Erasure) -> str:
        return source_index(self._vault, (erasure.tenant, erasure.source, erasure.source_id))

    def _row(self, erasure: Erasure) -> dict[str, object]:
        waits = erasure.state is ErasureState.REQUESTED
        return {
            "tenant": erasure.tenant,
            "source": erasure.source,
            "source_index": self._index(erasure),
            "record_id": erasure.record,
            "state": erasure.state.value,
            "source_id": erasure.source_id if waits else "",
        }


def _erasure(
    row: AnyRow, source: str, source_id: str, states: Mapping[str, ErasureState]
) -> Erasure:
    state = states.get(source, ErasureState.UNSUPPORTED)
    return Erasure(TenantId(row.tenant), row.id, source, source_id, state)


def _in_history(found: Sequence[AnyRow], states: Mapping[str, ErasureState]) -> Iterator[Erasure]:
    """Contacts from before a merge stand under the names of its records, later ones under the
    survivor's."""
    for row in found:
        yield _erasure(row, HISTORY_SOURCE, row.id, states)
    if found and found[0].customer_id not in {row.id for row in found}:
        yield _erasure(found[0], HISTORY_SOURCE, found[0].customer_id, states)


async def _records(connection: AsyncConnection, customer: CustomerName) -> Sequence[AnyRow]:
    """All records of the customer that the named record is part of."""
    return (await connection.execute(_records_of(customer))).all()


def _records_of(customer: CustomerName) -> Select[*tuple[Any, ...]]:
    whose = select(records.c.customer_id).where(
        records.c.tenant == customer.tenant, records.c.id == customer.customer
    )
    return (
        select(records)
        .where(
            records.c.tenant == customer.tenant,
            records.c.customer_id.in_(whose.scalar_subquery()),
        )
        .order_by(records.c.id)
    )


def _tables() -> Iterator[Table]:
    """Tables with rows of one record, the record itself first."""
    yield records
    for table in metadata.sorted_tables:
        if "record_id" in table.c and table.name not in (*_KEPT, record_keys.name):
            yield table


def _of_record(table: Table, customer: CustomerName, record: str) -> Select[tuple[object, ...]]:
    column = table.c.id if table is records else table.c.record_id
    return select(table).where(table.c.tenant == customer.tenant, column == record)


def _theirs(table: Table, tenant: TenantId, ids: Sequence[str]) -> ColumnElement[bool] | None:
    """The rows of these records; None for a table that has none."""
    if table.name in _KEPT:
        return None
    columns = [table.c[name] for name in ("record_id", "record_a", "record_b") if name in table.c]
    if table is records:
        columns = [records.c.id]
    if not columns:
        return None
    return and_(table.c.tenant == tenant, or_(*(column.in_(ids) for column in columns)))


def _readable(table: Table, row: AnyRow, key: DataKey | None) -> dict[str, object]:
    readable: dict[str, object] = {}
    for name, value in row._mapping.items():
        if name in _INTERNAL or name.endswith(_INTERNAL_ENDS):
            continue
        if isinstance(value, bytes):
            readable[name] = _opened(key, f"{table.name}.{name}", value)
        elif value is not None:
            readable[name] = plain(value)
    return readable


def _opened(key: DataKey | None, field: str, sealed: bytes) -> object:
    if key is None:
        raise Unreadable(f"{field}: the key of the record is not there")
    content = key.unseal(field, sealed)
    return json.loads(content) if field in _STRUCTURED and content else content


def _forget_earlier(tenant: TenantId) -> Delete:
    """An id may come back in a source after an erasure, and be erased again."""
    return delete(erasures).where(
        erasures.c.tenant == tenant,
        erasures.c.source == bindparam("of_source"),
        erasures.c.source_index == bindparam("of_index"),
    )


def _forget_removed(tenant: TenantId) -> Delete:
    """That a source removed a record is kept under its id there, which may be personal."""
    return delete(removed_records).where(
        removed_records.c.tenant == tenant,
        removed_records.c.source == bindparam("of_source"),
        removed_records.c.source_id == bindparam("of_id"),
    )


def _told(row: AnyRow) -> Erasure:
    return Erasure(
        TenantId(row.tenant), row.record_id, row.source, row.source_id, ErasureState(row.state)
    )
