"""What is read from sources, taken into the store: page by page with its cursor, or one by one."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import Protocol

from sqlalchemy import Insert, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.tables.cursors import removed_records, sync_cursors
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.domain.errors import WriteConflict
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.connectors import Changes
from switchyard_crm.service.syncing import Followed, Mark

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_VALUES = 1000  # in one IN (...)

_IS_IT = (sync_cursors.c.tenant == bindparam("of_tenant")) & (
    sync_cursors.c.source == bindparam("of_source")
)
_CLAIM = (
    update(sync_cursors)
    .where(
        _IS_IT,
        (sync_cursors.c.holder == bindparam("me"))
        | (sync_cursors.c.held_until_time < bindparam("now")),
    )
    .values(holder=bindparam("me"), held_until_time=bindparam("until"))
    .returning(sync_cursors.c.position, sync_cursors.c.caught_up_time)
)
_ADVANCE = (
    update(sync_cursors)
    .where(
        _IS_IT,
        sync_cursors.c.holder == bindparam("me"),
        sync_cursors.c.position == bindparam("before"),
    )
    .values(position=bindparam("after"))
)
_CAUGHT_UP = (
    update(sync_cursors)
    .where(_IS_IT, sync_cursors.c.holder == bindparam("me"))
    .values(caught_up_time=bindparam("now"))
)
_COME_AGAIN = delete(removed_records).where(
    removed_records.c.tenant == bindparam("of_tenant"),
    removed_records.c.source == bindparam("of_source"),
    removed_records.c.source_id.in_(bindparam("ids", expanding=True)),
)
_STORED = select(records.c.source_id).where(
    records.c.tenant == bindparam("of_tenant"),
    records.c.source == bindparam("of_source"),
    records.c.source_id.in_(bindparam("ids", expanding=True)),
)


class RecordWriter(Protocol):
    """Stores records."""

    async def replace(self, records: Sequence[CustomerRecord]) -> tuple[CustomerId, ...]:
        """All in one transaction. Raises WriteConflict, StoreUnavailable."""
        ...

    async def replace_in(
        self, connection: AsyncConnection, records: Sequence[CustomerRecord]
    ) -> tuple[CustomerId, ...]:
        """All in an open transaction."""
        ...


class SqlSync:
    """Pages of changes with their cursors. Raises StoreUnavailable."""

    def __init__(self, database: Database, writer: RecordWriter, new_id: Callable[[], str]) -> None:
        self._database = database
        self._writer = writer
        self._new_id = new_id

    async def claim(
        self, followed: Followed, holder: str, now: datetime, until: datetime
    ) -> Mark | None:
        """Where to go on, if nobody else is following the source; nobody else will till then."""
        row = {
            "tenant": followed.tenant,
            "source": followed.source,
            "position": "",
            "holder": holder,
            "held_until_time": _NEVER,
        }
        asked = {**_whose(followed), "me": holder, "now": now, "until": until}
        async with self._database.writing() as connection:
            await connection.execute(_unless_there(self._database, sync_cursors), row)
            found = (await connection.execute(_CLAIM, asked)).one_or_none()
        return Mark(found.position, found.caught_up_time) if found is not None else None

    async def take(
        self, followed: Followed, holder: str, before: str, changes: Changes, now: datetime
    ) -> bool:
        """Store a page that was read from `before`, and its cursor, in one transaction.

        False when somebody else went on from there. Raises WriteConflict.
        """
        asked = {**_whose(followed), "me": holder, "before": before, "after": changes.cursor}
        try:
            async with self._database.writing() as connection:
                if (await connection.execute(_ADVANCE, asked)).rowcount == 0:
                    return False
                await self._writer.replace_in(connection, self._records(followed.tenant, changes))
                await self._mark(connection, followed, changes, now)
        except IntegrityError as error:  # somebody else stored one of them meanwhile
            raise WriteConflict from error
        return True

    async def caught_up(self, followed: Followed, holder: str, now: datetime) -> None:
        """Nothing more is to be read for now."""
        async with self._database.writing() as connection:
            await connection.execute(_CAUGHT_UP, {**_whose(followed), "me": holder, "now": now})

    def _records(self, tenant: TenantId, changes: Changes) -> list[CustomerRecord]:
        return [_record(tenant, profile, self._new_id()) for profile in changes.profiles]

    async def _mark(
        self, connection: AsyncConnection, followed: Followed, changes: Changes, now: datetime
    ) -> None:
        there = {profile.provenance.source_id for profile in changes.profiles}
        for some in batched(there, _MAX_VALUES):
            await connection.execute(_COME_AGAIN, {**_whose(followed), "ids": some})
        gone = [each for each in changes.removed if each not in there]
        # Of somebody who is not stored, or was erased, not even the id is kept.
        for some in batched(gone, _MAX_VALUES):
            asked = {**_whose(followed), "ids": some}
            rows = [
                {
                    "tenant": followed.tenant,
                    "source": followed.source,
                    "source_id": id_,
                    "time": now,
                }
                for id_ in await connection.scalars(_STORED, asked)
            ]
            if rows:
                await connection.execute(_unless_there(self._database, removed_records), rows)


def _record(tenant: TenantId, profile: Profile, new_id: str) -> CustomerRecord:
    """`new_id` is for a record that is not stored yet."""
    return CustomerRecord(CustomerName(tenant, CustomerId(new_id)), profile)


def _whose(followed: Followed) -> dict[str, object]:
    return {"of_tenant": followed.tenant, "of_source": followed.source}


def _unless_there(database: Database, table: Table) -> Insert:
    """Insert unless the key is there; both databases write it alike, in statements of their own."""
    if database.dialect == POSTGRESQL:
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
