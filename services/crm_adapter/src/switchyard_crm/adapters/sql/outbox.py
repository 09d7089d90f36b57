"""The outbox on SQL: lanes that workers hold for a while, on SQLite and PostgreSQL.

Whoever changes a lane's dispatches locks the lane's row first; so nothing is put into a lane
unseen while its last dispatch ends. PostgreSQL's workers pass over lanes that others have locked.
SQLite, which has one writer, knows no such clause and needs none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.payloads import Writing, content_of, kind_of, payload_of
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.tables.outbox import (
    case_entries,
    case_numbers,
    copies,
    deliveries,
    dispatches,
    lanes,
)
from switchyard_crm.adapters.sql.tables.records import record_keys, records
from switchyard_crm.domain.deliveries import DeliveryState, WriteKind
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.outbox import (
    LONGEST_WAIT_SECONDS,
    Failure,
    Lease,
    Parcel,
    Taken,
)
from switchyard_crm.service.vault import DataKey, Unreadable, Vault

PAYLOAD = "dispatches.payload"
_NOBODY = ""
_LONGEST_WAIT = timedelta(seconds=LONGEST_WAIT_SECONDS)
_UNREADABLE = Failure("UNREADABLE: the payload was sealed with a key that is not there")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a write goes: a record in a source, and the key that seals it.

    `case_number` is the case that is meant, as it is known here; `remote_number` the one in the
    source if it is known already.
    """

    record: str
    source: str
    key: DataKey
    case_number: str = ""
    remote_number: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """A write for the outbox; `record` is the one that its caller named."""

    tenant: TenantId
    delivery: str
    record: str
    writing: Writing
    time: datetime
    targets: tuple[Target, ...] = ()


_LANE = and_(
    lanes.c.tenant == bindparam("of_tenant"),
    lanes.c.source == bindparam("of_source"),
    lanes.c.record_id == bindparam("of_record"),
)
_IN_LANE = and_(
    dispatches.c.tenant == bindparam("of_tenant"),
    dispatches.c.source == bindparam("of_source"),
    dispatches.c.record_id == bindparam("of_record"),
    dispatches.c.state == DeliveryState.PENDING,
)
_FREE = (
    select(lanes.c.tenant, lanes.c.source, lanes.c.record_id)
    .where(
        lanes.c.tenant == bindparam("of_tenant"),
        lanes.c.source == bindparam("of_source"),
        or_(lanes.c.due_time <= bindparam("now"), lanes.c.due_time > bindparam("latest")),
    )
    .order_by(lanes.c.due_time)
    .limit(bindparam("most"))
)
_TAKE = _FREE.with_for_update(skip_locked=True)
_HEAD = (
    select(dispatches, records.c.source_id, record_keys.c.wrapped)
    .select_from(
        dispatches.outerjoin(
            records,
            and_(records.c.tenant == dispatches.c.tenant, records.c.id == dispatches.c.record_id),
        ).outerjoin(
            record_keys,
            and_(
                record_keys.c.tenant == dispatches.c.tenant,
                record_keys.c.record_id == dispatches.c.record_id,
            ),
        )
    )
    .where(_IN_LANE)
    .order_by(dispatches.c.position)
    .limit(1)
)
_COPY_OF_CASE = select(copies.c.remote_id).where(
    copies.c.tenant == bindparam("of_tenant"),
    copies.c.source == bindparam("of_source"),
    copies.c.kind == WriteKind.CASE,
    copies.c.local_id == bindparam("of_case"),
)
_HOLDER = select(lanes.c.holder).where(_LANE).with_for_update()
_MORE = select(dispatches.c.position).where(_IN_LANE).limit(1)
_HOLD = update(lanes).where(_LANE)
_DISPATCH = update(dispatches).where(dispatches.c.position == bindparam("of_position"))
_WHAT = select(dispatches.c.kind, dispatches.c.case_number, dispatches.c.delivery_id).where(
    dispatches.c.position == bindparam("of_position")
)


async def put(connection: AsyncConnection, posting: Posting) -> None:
    """Put a write into the outbox, within the transaction that stores it here.

    Without targets there is nothing to send, and the delivery counts as delivered.
    """
    kind = kind_of(posting.writing)
    await connection.execute(
        insert(deliveries),
        {
            "tenant": posting.tenant,
            "id": posting.delivery,
            "record_id": posting.record,
            "kind": kind,
            "time": posting.time,
        },
    )
    payload = payload_of(posting.writing)
    for target in posting.targets:
        lane = {"tenant": posting.tenant, "source": target.source, "record_id": target.record}
        await open_lane(connection, lane, posting.time)
        await connection.execute(
            insert(dispatches),
            {
                **lane,
                "delivery_id": posting.delivery,
                "kind": kind,
                "case_number": target.case_number,
                "state": DeliveryState.PENDING,
                "attempts": 0,
                "faults": 0,
                "last_error": "",
                "remote_id": target.remote_number,
                "payload": target.key.seal(PAYLOAD, payload),
                "put_time": posting.time,
            },
        )


async def open_lane(connection: AsyncConnection, lane: dict[str, str], now: datetime) -> None:
    """Lock the lane's row, making it if there is none; a lane that waits goes on waiting."""
    insertion = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    put_lane = insertion(lanes).values(**lane, due_time=now, holder=_NOBODY)
    locked = put_lane.on_conflict_do_update(
        index_elements=["tenant", "source", "record_id"], set_={"holder": lanes.c.holder}
    )
    await connection.execute(locked)


async def drop(connection: AsyncConnection, tenant: TenantId, record_ids: Sequence[str]) -> int:
    """Remove all that waits for or is known of these records, which are being erased; how many.

    A call to a CRM that is under way is not stopped: erase there after this has been committed
    and `DeliveryRules.call_seconds` have passed, or once more then.
    """
    removed = 0
    for table in (lanes, dispatches, deliveries, copies, case_numbers, case_entries):
        those = delete(table).where(table.c.tenant == tenant, table.c.record_id.in_(record_ids))
        gone = await connection.execute(those)
        removed += gone.rowcount if table is dispatches else 0
    return removed


class SqlOutbox:
    """Where writes wait. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def take(self, lease: Lease, limit: int) -> Taken:
        """Take the first waiting dispatch of at most `limit` lanes whose turn it is."""
        asked = {
            "of_tenant": lease.tenant,
            "of_source": lease.source,
            "now": lease.now,
            "latest": lease.now + _LONGEST_WAIT,
            "most": limit,
        }
        async with self._database.reading() as connection:
            # Looking locks nobody out, and mostly there is nothing to take.
            if not (await connection.execute(_FREE, asked)).all():
                return Taken()
        parcels, dropped = [], 0
        async with self._database.writing() as connection:
            for lane in (await connection.execute(_TAKE, asked)).all():
                parcel, gone = await self._take_lane(connection, lease, lane)
                dropped += gone
                parcels += [parcel] if parcel is not None else []
        return Taken(tuple(parcels), dropped)

    async def delivered(self, parcel: Parcel, remote_id: str, now: datetime) -> bool:
        """It is in the CRM, under this id."""
        async with self._database.writing() as connection:
            if not await _holds(connection, parcel):
                return False
            ended = {
                "state": DeliveryState.DELIVERED,
                "remote_id": remote_id,
                "last_error": "",
                "payload": None,
                "end_time": now,
            }
            await connection.execute(_DISPATCH.values(**ended), {"of_position": parcel.position})
            await _note_copy(connection, parcel, remote_id, now)
            await _go_on(connection, parcel, now)
        return True

    async def postpone(self, parcel: Parcel, failure: Failure, due: datetime) -> bool:
        """Try again from `due` on; what is behind it waits as well."""
        async with self._database.writing() as connection:
            if not await _holds(connection, parcel):
                return False
            failed = _DISPATCH.values(
                last_error=failure.error, faults=dispatches.c.faults + int(failure.fault)
            )
            await connection.execute(failed, {"of_position": parcel.position})
            await connection.execute(_HOLD.values(due_time=due, holder=_NOBODY), _whose(parcel))
        return True

    async def bury(self, parcel: Parcel, failure: Failure, now: datetime) -> bool:
        """Give it up until somebody re-drives it; what is behind it goes on."""
        async with self._database.writing() as connection:
            if not await _holds(connection, parcel):
                return False
            await _bury(connection, parcel.position, failure, now)
            await _go_on(connection, parcel, now)
        return True

    async def _take_lane(
        self, connection: AsyncConnection, lease: Lease, lane: AnyRow
    ) -> tuple[Parcel | None, int]:
        whose = {"of_tenant": lane.tenant, "of_source": lane.source, "of_record": lane.record_id}
        head = (await connection.execute(_HEAD, whose)).one_or_none()
        if head is None:
            await connection.execute(delete(lanes).where(_LANE), whose)
            return None, 0
        if head.wrapped is None or head.source_id is None:
            return None, await drop(connection, lane.tenant, [lane.record_id])
        parcel = await self._opened(connection, lease, head)
        if parcel is None:
            await _bury(connection, head.position, _UNREADABLE, lease.now)
            return None, 0
        due = lease.now + timedelta(seconds=lease.seconds)
        await connection.execute(_HOLD.values(due_time=due, holder=lease.holder), whose)
        tried = _DISPATCH.values(attempts=parcel.attempts)
        await connection.execute(tried, {"of_position": parcel.position})
        return parcel, 0

    async def _opened(
        self, connection: AsyncConnection, lease: Lease, row: AnyRow
    ) -> Parcel | None:
        try:
            payload = self._vault.open(row.wrapped).unseal(PAYLOAD, row.payload)
        except Unreadable:
            return None
        kind = WriteKind(row.kind)
        number = row.remote_id
        if kind is WriteKind.CASE_CHANGE and not number:
            asked = {
                "of_tenant": row.tenant,
                "of_source": row.source,
                "of_case": row.case_number,
            }
            number = (await connection.execute(_COPY_OF_CASE, asked)).scalars().first() or ""
        return Parcel(
            position=row.position,
            tenant=row.tenant,
            source=row.source,
            record=row.record_id,
            holder=lease.holder,
            key=row.delivery_id,
            source_id=row.source_id,
            attempts=row.attempts + 1,
            faults=row.faults,
            content=content_of(kind, payload, number),
        )


def _whose(parcel: Parcel) -> dict[str, object]:
    return {"of_tenant": parcel.tenant, "of_source": parcel.source, "of_record": parcel.record}


async def _holds(connection: AsyncConnection, parcel: Parcel) -> bool:
    """Whether nobody has taken the lane since, or removed it; the lane is locked then."""
    holder = (await connection.execute(_HOLDER, _whose(parcel))).scalar_one_or_none()
    return holder == parcel.holder


async def _bury(
    connection: AsyncConnection, position: int, failure: Failure, now: datetime
) -> None:
    ended = _DISPATCH.values(
        state=DeliveryState.DEAD,
        last_error=failure.error,
        faults=dispatches.c.faults + int(failure.fault),
        end_time=now,
    )
    await connection.execute(ended, {"of_position": position})


async def _note_copy(
    connection: AsyncConnection, parcel: Parcel, remote_id: str, now: datetime
) -> None:
    """Remember what the CRM made, so that it is not taken for something else when it comes back."""
    row = (await connection.execute(_WHAT, {"of_position": parcel.position})).one()
    if row.kind == WriteKind.CASE_CHANGE or not remote_id:
        return
    insertion = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    noted = insertion(copies).values(
        tenant=parcel.tenant,
        source=parcel.source,
        kind=row.kind,
        remote_id=remote_id,
        record_id=parcel.record,
        local_id=row.case_number or row.delivery_id,
        time=now,
    )
    await connection.execute(noted.on_conflict_do_nothing())


async def _go_on(connection: AsyncConnection, parcel: Parcel, now: datetime) -> None:
    """Give the lane back, or remove it if nothing waits in it."""
    if (await connection.execute(_MORE, _whose(parcel))).one_or_none() is None:
        await connection.execute(delete(lanes).where(_LANE), _whose(parcel))
    else:
        await connection.execute(_HOLD.values(due_time=now, holder=_NOBODY), _whose(parcel))
