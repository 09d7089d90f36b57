"""Counts of attempts on SQL.

The rows of all that an attempt counts towards are locked, in one order, before any is judged:
SQLite has one writer, on PostgreSQL the upsert holds the row until the transaction ends.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.tables.self_service import attempts
from switchyard_crm.domain.attempts import Tally
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.attempts import Count, Reserved
from switchyard_crm.service.vault import Vault

_INDEX_KIND = "attempt"
_NOTE = (
    update(attempts)
    .where(
        attempts.c.tenant == bindparam("of_tenant"),
        attempts.c.what_index == bindparam("of_index"),
    )
    .values(
        wrong=bindparam("now_wrong"),
        locked_until=bindparam("now_locked_until"),
        time=bindparam("now_time"),
    )
)


class SqlAttempts:
    """Keeps the counts. All methods raise StoreUnavailable when the store does not answer."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def reserve(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> Reserved:
        """Count one attempt towards each of `counts`, unless one that is told is locked."""
        async with self._database.writing() as connection:
            tallies = await self._locked(connection, tenant, counts, now)
            waits = [each.rule.locked_seconds(tallies[each], now) for each in counts]
            told = max((wait for wait, each in zip(waits, counts, strict=True) if each.told))
            if told > 0:
                left = tuple(each.rule.left(tallies[each]) for each in counts)
                return Reserved(left, locked_seconds=told)
            counted = {
                each: each.rule.counted(tallies[each], now)
                for wait, each in zip(waits, counts, strict=True)
                if wait == 0
            }
            await self._note(connection, tenant, counted, now)
        left = tuple(each.rule.left({**tallies, **counted}[each]) for each in counts)
        return Reserved(left, hushed=len(counted) < len(counts))

    async def give_back(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> None:
        """The attempt that was reserved was right, or did not take place."""
        async with self._database.writing() as connection:
            tallies = await self._locked(connection, tenant, counts, now)
            given_back = {
                each: Tally() if each.starts_over else each.rule.given_back(tally)
                for each, tally in tallies.items()
            }
            await self._note(connection, tenant, given_back, now)

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` counts whose last attempt was before a time; how many."""
        key = tuple_(attempts.c.tenant, attempts.c.what_index)
        old = select(attempts.c.tenant, attempts.c.what_index).where(attempts.c.time < before)
        async with self._database.writing() as connection:
            removed = await connection.execute(delete(attempts).where(key.in_(old.limit(limit))))
        return removed.rowcount

    async def _locked(
        self, connection: AsyncConnection, tenant: TenantId, counts: Sequence[Count], now: datetime
    ) -> dict[Count, Tally]:
        """The tallies as they count now, their rows locked until the transaction ends."""
        postgres = connection.dialect.name == POSTGRESQL
        put = (postgresql.insert if postgres else sqlite.insert)(attempts)
        lock = put.on_conflict_do_update(
            index_elements=["tenant", "what_index"], set_={"wrong": attempts.c.wrong}
        ).returning(attempts.c.wrong, attempts.c.locked_until, attempts.c.time)
        found: dict[Count, Tally] = {}
        for index, each in sorted((self._index(tenant, each), each) for each in counts):
            new = {"tenant": tenant, "what_index": index, "wrong": 0, "time": now}
            row = (await connection.execute(lock, {**new, "locked_until": None})).one()
            tally = Tally(row.wrong, row.locked_until, row.time)
            found[each] = each.rule.remembered(tally, now)
        return found

    async def _note(
        self,
        connection: AsyncConnection,
        tenant: TenantId,
        tallies: Mapping[Count, Tally],
        now: datetime,
    ) -> None:
        rows = [
            {
                "of_tenant": tenant,
                "of_index": self._index(tenant, each),
                "now_wrong": tally.wrong,
                "now_locked_until": tally.locked_until,
                "now_time": now,
            }
            for each, tally in tallies.items()
        ]
        if rows:
            await connection.execute(_NOTE, rows)

    def _index(self, tenant: TenantId, count: Count) -> str:
        return self._vault.index(tenant, _INDEX_KIND, "", count.what)
