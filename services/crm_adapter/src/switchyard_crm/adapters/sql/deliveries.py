"""How deliveries stand, and trying dead ones again, on SQL."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.outbox import open_lane
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.tables.outbox import deliveries, dispatches
from switchyard_crm.domain.deliveries import Delivery, DeliveryState, Dispatch, overall
from switchyard_crm.domain.names import TenantId

_KNOWN = select(deliveries.c.id).where(
    deliveries.c.tenant == bindparam("of_tenant"), deliveries.c.id == bindparam("of_id")
)
_OF_IT = and_(
    dispatches.c.tenant == bindparam("of_tenant"), dispatches.c.delivery_id == bindparam("of_id")
)
_HOW = (
    select(
        dispatches.c.source,
        dispatches.c.state,
        dispatches.c.attempts,
        dispatches.c.last_error,
        dispatches.c.remote_id,
        dispatches.c.kind,
        dispatches.c.record_id,
        dispatches.c.case_number,
    )
    .where(_OF_IT)
    .order_by(dispatches.c.source)
)
# What is meant by "the same case": the same lane, because a case is in one record of a source.
_HANGS_TOGETHER = and_(
    dispatches.c.tenant == bindparam("of_tenant"),
    dispatches.c.source == bindparam("of_source"),
    dispatches.c.record_id == bindparam("of_record"),
    dispatches.c.state == DeliveryState.DEAD,
    or_(
        dispatches.c.delivery_id == bindparam("of_id"),
        and_(dispatches.c.case_number == bindparam("of_case"), dispatches.c.case_number != ""),
    ),
)
_REVIVE = (
    update(dispatches)
    .where(_HANGS_TOGETHER)
    .values(state=DeliveryState.PENDING, faults=0, end_time=None)
)


class SqlDeliveries:
    """Knows deliveries. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenant: TenantId, delivery: str) -> Delivery | None:
        """How it stands; None if there is no such delivery."""
        async with self._database.reading() as connection:
            return await _standing(connection, tenant, delivery)

    async def redrive(self, tenant: TenantId, delivery: str, now: datetime) -> Delivery | None:
        """Make its dead dispatches pending again, with those of the same case, in their order."""
        which = {"of_tenant": tenant, "of_id": delivery}
        async with self._database.writing() as connection:
            for row in (await connection.execute(_HOW, which)).all():
                if row.state != DeliveryState.DEAD:
                    continue
                lane = {"tenant": tenant, "source": row.source, "record_id": row.record_id}
                await open_lane(connection, lane, now)
                whose = {"of_source": row.source, "of_record": row.record_id}
                await connection.execute(_REVIVE, {**which, **whose, "of_case": row.case_number})
            return await _standing(connection, tenant, delivery)


async def _standing(
    connection: AsyncConnection, tenant: TenantId, delivery: str
) -> Delivery | None:
    which = {"of_tenant": tenant, "of_id": delivery}
    if (await connection.execute(_KNOWN, which)).one_or_none() is None:
        return None
    return overall(list(_dispatches(await connection.execute(_HOW, which))))


def _dispatches(rows: Iterable[AnyRow]) -> Iterable[Dispatch]:
    return (
        Dispatch(
            source=row.source,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            last_error=row.last_error,
            remote_id=row.remote_id if row.state == DeliveryState.DELIVERED else "",
        )
        for row in rows
    )
