"""PINs on SQL: sealed hashes, of which a customer's latest counts."""

from functools import cache

from sqlalchemy import Insert, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from switchyard_crm.adapters.sql.database import POSTGRESQL, Database
from switchyard_crm.adapters.sql.seals import Field, unseal
from switchyard_crm.adapters.sql.tables.records import record_keys, records
from switchyard_crm.adapters.sql.tables.self_service import pins
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.vault import Vault

_LATEST = (
    select(pins.c.pin_digest, record_keys.c.wrapped)
    .select_from(records)
    .join(pins, (pins.c.tenant == records.c.tenant) & (pins.c.record_id == records.c.id))
    .join(
        record_keys,
        (record_keys.c.tenant == records.c.tenant) & (record_keys.c.record_id == records.c.id),
    )
    .where(records.c.tenant == bindparam("tenant"), records.c.customer_id == bindparam("customer"))
    .order_by(pins.c.time.desc(), pins.c.record_id)
    .limit(1)
)


class SqlPins:
    """Knows PINs by their hashes. Raises StoreUnavailable, Unreadable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        key, self._decoy = vault.new_key()
        self._decoy_sealed = key.seal(Field.PIN, "x" * 80)

    async def pin_of(self, tenant: TenantId, customer: CustomerName | None) -> str:
        """The hash of the customer's PIN, empty if there is none; at the same cost for nobody."""
        asked = {"tenant": tenant, "customer": customer.customer if customer is not None else ""}
        async with self._database.reading() as connection:
            row = (await connection.execute(_LATEST, asked)).one_or_none()
        if row is None:
            self._vault.open(self._decoy).unseal(Field.PIN, self._decoy_sealed)
            return ""
        return unseal(self._vault.open(row.wrapped), Field.PIN, row.pin_digest)


@cache
def tell_pin(dialect: str) -> Insert:
    """Keep what a source tells, unless it told the same before: the customer may have set another
    one since."""
    put = (postgresql.insert if dialect == POSTGRESQL else sqlite.insert)(pins)
    return put.on_conflict_do_update(
        index_elements=["tenant", "record_id"],
        set_={
            "pin_digest": put.excluded.pin_digest,
            "told_digest": put.excluded.told_digest,
            "time": put.excluded.time,
        },
        where=pins.c.told_digest != put.excluded.told_digest,
    )


@cache
def set_pin(dialect: str) -> Insert:
    """Set what the customer chose; what the source told before stays told."""
    put = (postgresql.insert if dialect == POSTGRESQL else sqlite.insert)(pins)
    return put.on_conflict_do_update(
        index_elements=["tenant", "record_id"],
        set_={"pin_digest": put.excluded.pin_digest, "time": put.excluded.time},
    )
