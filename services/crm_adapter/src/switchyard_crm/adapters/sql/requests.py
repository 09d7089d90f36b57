"""Requests kept beside what they wrote, in the same transaction, on SQLite and PostgreSQL."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Insert, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.tables.outbox import requests
from switchyard_crm.service.requests import Answered, WriteRequest, repeated

type Write = Callable[[], Awaitable[str]]

_IS_IT = (requests.c.tenant == bindparam("of_tenant")) & (requests.c.id == bindparam("of_id"))
_KEPT = select(requests.c.digest, requests.c.answer).where(_IS_IT)
_ANSWERED = update(requests).where(_IS_IT).values(answer=bindparam("given"))


async def once(
    connection: AsyncConnection, request: WriteRequest, now: datetime, write: Write
) -> Answered:
    """Run `write` inside the open transaction, unless the request was carried out before.

    `write` uses the same connection and returns its answer: ids as JSON, no personal data. If it
    raises, nothing is kept, provided that the transaction is rolled back. Two calls with one id at
    the same time: the second waits for the first to end (PostgreSQL: on the row that the first
    inserted; SQLite has one writer). Raises RequestIdReused.
    """
    kept = {
        "tenant": request.tenant,
        "id": request.id,
        "rpc": request.rpc,
        "digest": request.digest,
        "answer": "",
        "time": now,
    }
    is_it = {"of_tenant": request.tenant, "of_id": request.id}
    claimed = await connection.execute(_claim(connection.dialect.name), kept)
    if claimed.one_or_none() is None:
        stored = (await connection.execute(_KEPT, is_it)).one()
        return repeated(request, stored.digest, stored.answer)
    answer = await write()
    await connection.execute(_ANSWERED, {**is_it, "given": answer})
    return Answered(answer, new=True)


class SqlRequests:
    """What is kept of requests. Raises StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` requests older than `before`; how many."""
        old = select(requests.c.tenant, requests.c.id).where(requests.c.time < before).limit(limit)
        removed = delete(requests).where(tuple_(requests.c.tenant, requests.c.id).in_(old))
        async with self._database.writing() as connection:
            return (await connection.execute(removed)).rowcount


def _claim(dialect: str) -> Insert:
    """Insert unless the id is there; both databases write it alike, in statements of their own."""
    put = postgresql.insert(requests) if dialect == "postgresql" else sqlite.insert(requests)
    return put.on_conflict_do_nothing().returning(requests.c.id)
