"""Transactions in which the edges and customers of one tenant are changed, by one at a time."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import bindparam, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection
from switchyard_common.ids import IdFactory

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.links_edges import SqlEdges
from switchyard_crm.adapters.sql.links_queue import SqlRelinkQueue
from switchyard_crm.adapters.sql.links_reviews import SqlReviews, review_of, with_customers
from switchyard_crm.adapters.sql.links_values import SqlValues
from switchyard_crm.adapters.sql.requests import once
from switchyard_crm.adapters.sql.tables.links import reviews
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.identities import Review, ReviewState, Write
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.vault import Vault

_BACKLOG = (
    select(records.c.tenant, func.count().label("waiting"))
    .where(records.c.relink.is_(true()))
    .group_by(records.c.tenant)
)
_OPEN = (
    with_customers()
    .where(
        reviews.c.tenant == bindparam("tenant"),
        reviews.c.state == ReviewState.OPEN.value,
        reviews.c.id > bindparam("after"),
    )
    .order_by(reviews.c.id)
    .limit(bindparam("most"))
)
_COUNT_OPEN = (
    select(func.count()).select_from(reviews).where(reviews.c.state == ReviewState.OPEN.value)
)
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


async def alone(connection: AsyncConnection, tenant: TenantId) -> None:
    """Wait until nobody else changes the tenant's records, edges and customers, and let nobody
    until this transaction ends. SQLite has one writer as it is.

    Whoever writes many records in one transaction takes this first: then no two of them can lock
    rows crosswise.
    """
    if connection.dialect.name == POSTGRESQL:
        await connection.execute(_LOCK, {"what": f"switchyard.crm.identity/{tenant}"})


class SqlIdentityUnit(SqlEdges, SqlReviews, SqlValues, SqlRelinkQueue):
    """All that one transaction can do."""

    async def once(self, request: WriteRequest, now: datetime, write: Write) -> Answered:
        """Run `write` unless the request was carried out before: then its answer."""
        return await once(self._connection, request, now, write)


class SqlIdentities:
    """Records, edges and reviews on SQL. All methods raise StoreUnavailable when it is away."""

    def __init__(self, database: Database, vault: Vault, ids: IdFactory) -> None:
        self._database = database
        self._vault = vault
        self._ids = ids

    @asynccontextmanager
    async def changing(self, tenant: TenantId) -> AsyncIterator[SqlIdentityUnit]:
        """A transaction in which nobody else changes the tenant's edges and customers."""
        async with self._database.writing() as connection:
            await alone(connection, tenant)
            yield SqlIdentityUnit(connection, tenant, self._vault, self._ids)

    async def waiting(self) -> Mapping[TenantId, int]:
        """How many records wait to be compared, by tenant."""
        async with self._database.reading() as connection:
            rows = await connection.execute(_BACKLOG)
            return {TenantId(row.tenant): row.waiting for row in rows}

    async def open_reviews(self, tenant: TenantId, after: str, limit: int) -> Sequence[Review]:
        """Open reviews by id, those after an id, at most `limit`."""
        asked = {"tenant": tenant, "after": after, "most": limit}
        async with self._database.reading() as connection:
            return [review_of(row) for row in await connection.execute(_OPEN, asked)]

    async def count_open_reviews(self) -> int:
        """Open reviews of all tenants."""
        async with self._database.reading() as connection:
            return (await connection.execute(_COUNT_OPEN)).scalar_one()
