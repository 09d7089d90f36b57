"""The trail of reads, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.tables.audit import audit
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.service.audit import Access

_OF = (
    select(audit)
    .where(
        audit.c.tenant == bindparam("tenant"),
        audit.c.customer_id.in_(bindparam("customers", expanding=True)),
    )
    .order_by(audit.c.time.desc(), audit.c.id.desc())
    .limit(bindparam("limit"))
)


class SqlAccessLog:
    """Keeps accesses. All methods raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        on = postgresql if database.dialect == POSTGRESQL else sqlite
        # A batch whose fate was unclear comes again.
        self._put = on.insert(audit).on_conflict_do_nothing()

    async def add(self, accesses: Sequence[Access]) -> None:
        """Keep them; those that are kept already are left alone."""
        async with self._database.writing() as connection:
            await connection.execute(self._put, [_row(access) for access in accesses])

    async def of(
        self, tenant: TenantId, customers: Sequence[CustomerId], limit: int
    ) -> Sequence[Access]:
        """Who read the data of these customers, latest first, at most `limit`."""
        asked = {"tenant": tenant, "customers": list(customers), "limit": limit}
        async with self._database.reading() as connection:
            return [_access(row) for row in await connection.execute(_OF, asked)]

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` accesses before a time; how many."""
        old = select(audit.c.tenant, audit.c.id).where(audit.c.time < before).limit(limit)
        removed = delete(audit).where(tuple_(audit.c.tenant, audit.c.id).in_(old))
        async with self._database.writing() as connection:
            return (await connection.execute(removed)).rowcount


def _row(access: Access) -> dict[str, object]:
    return {
        "tenant": access.tenant,
        "id": access.id,
        "time": access.time,
        "actor": access.actor,
        "rpc": access.rpc,
        "customer_id": access.customer,
        "detail": access.detail,
    }


def _access(row: Row[*tuple[Any, ...]]) -> Access:
    return Access(
        row.id, row.time, TenantId(row.tenant), row.actor, row.rpc, row.customer_id, row.detail
    )
