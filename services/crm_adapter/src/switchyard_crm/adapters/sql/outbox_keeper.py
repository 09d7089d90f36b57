"""What keeps the outbox small, on SQL: how much waits, and forgetting what has ended."""

from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, or_, select, tuple_

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.tables.outbox import deliveries, dispatches
from switchyard_crm.domain.deliveries import DeliveryState
from switchyard_crm.service.outbox import Depth

_SENT = and_(
    dispatches.c.tenant == deliveries.c.tenant, dispatches.c.delivery_id == deliveries.c.id
)
_STILL_WANTED = or_(
    dispatches.c.state == DeliveryState.PENDING,
    dispatches.c.end_time >= bindparam("delivered_before"),
    and_(
        dispatches.c.state == DeliveryState.DEAD,
        dispatches.c.end_time >= bindparam("dead_before"),
    ),
)
_ENDED = (
    select(deliveries.c.tenant, deliveries.c.id)
    .where(
        deliveries.c.time < bindparam("delivered_before"),
        ~select(dispatches.c.position).where(_SENT, _STILL_WANTED).exists(),
    )
    .limit(bindparam("most"))
)
_SWEEP = delete(deliveries).where(tuple_(deliveries.c.tenant, deliveries.c.id).in_(_ENDED))
_DEPTHS = (
    select(
        dispatches.c.source,
        dispatches.c.state,
        func.count().label("number"),
        func.min(dispatches.c.put_time, type_=dispatches.c.put_time.type).label("oldest"),
    )
    .where(dispatches.c.state.in_((DeliveryState.PENDING, DeliveryState.DEAD)))
    .group_by(dispatches.c.source, dispatches.c.state)
)


class SqlOutboxKeeper:
    """Measures and sweeps. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def depths(self) -> tuple[Depth, ...]:
        """What each source has not got; sources that have everything are left out."""
        async with self._database.reading() as connection:
            rows = (await connection.execute(_DEPTHS)).all()
        counts = {(row.source, row.state): row for row in rows}
        return tuple(
            _depth(
                source,
                counts.get((source, DeliveryState.PENDING)),
                counts.get((source, DeliveryState.DEAD)),
            )
            for source in sorted({row.source for row in rows})
        )

    async def sweep(self, delivered_before: datetime, dead_before: datetime, limit: int) -> int:
        """Forget at most `limit` deliveries that ended before that; how many."""
        asked = {
            "delivered_before": delivered_before,
            "dead_before": dead_before,
            "most": limit,
        }
        async with self._database.writing() as connection:
            return (await connection.execute(_SWEEP, asked)).rowcount


def _depth(source: str, pending: AnyRow | None, dead: AnyRow | None) -> Depth:
    return Depth(
        source,
        pending.number if pending is not None else 0,
        dead.number if dead is not None else 0,
        pending.oldest if pending is not None else None,
    )
