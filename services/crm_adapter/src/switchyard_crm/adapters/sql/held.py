"""A customer as writing sees it: the records that are one customer now, and their keys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.tables.records import record_keys, records
from switchyard_crm.domain.deliveries import KnownRecord, targets
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.vault import DataKey, Vault

_NAMED = records.alias("named")
_TOGETHER = (
    select(records.c.id, records.c.source, records.c.observed_time, record_keys.c.wrapped)
    .select_from(
        _NAMED.join(
            records,
            and_(
                records.c.tenant == _NAMED.c.tenant,
                records.c.customer_id == _NAMED.c.customer_id,
            ),
        ).join(
            record_keys,
            and_(
                record_keys.c.tenant == records.c.tenant,
                record_keys.c.record_id == records.c.id,
            ),
        )
    )
    .where(_NAMED.c.tenant == bindparam("of_tenant"), _NAMED.c.id == bindparam("of_id"))
    .order_by(records.c.id)
    # Whoever erases the customer waits until what is written now can be seen, and goes with it.
    .with_for_update(read=True, key_share=True, of=records)
)


@dataclass(frozen=True, slots=True)
class Held:
    """The records of a customer that can be read; `named` is the one that the caller named."""

    tenant: TenantId
    named: str
    records: tuple[KnownRecord, ...]
    wrapped: Mapping[str, bytes]

    def key(self, vault: Vault, record: str) -> DataKey:
        """The key of one of the records. Raises Unreadable."""
        return vault.open(self.wrapped[record])

    def places(self, sources: Collection[str]) -> tuple[KnownRecord, ...]:
        """Where a write goes that these sources take."""
        return targets(self.records, self.named, sources)


async def held(connection: AsyncConnection, customer: CustomerName) -> Held:
    """The customer of a record's name. Raises CustomerNotFound, also for an erased one."""
    asked = {"of_tenant": customer.tenant, "of_id": customer.customer}
    rows = (await connection.execute(_TOGETHER, asked)).all()
    wrapped = {row.id: row.wrapped for row in rows}
    if customer.customer not in wrapped:
        raise CustomerNotFound
    known = tuple(KnownRecord(row.id, row.source, row.observed_time) for row in rows)
    return Held(customer.tenant, customer.customer, known, wrapped)
