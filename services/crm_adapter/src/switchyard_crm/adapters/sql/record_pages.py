"""All records of a tenant, page by page, for whoever searches among them."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.links_values import open_records
from switchyard_crm.adapters.sql.tables.records import records
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.survivors import MANUAL_SOURCE, REPORTER_SOURCE
from switchyard_crm.service.duplicates import StoredRecord
from switchyard_crm.service.vault import Vault

# What people tied to a record is no record of its own.
_OF_SOURCES = (records.c.tenant == bindparam("tenant")) & records.c.source.not_in(
    (MANUAL_SOURCE, REPORTER_SOURCE)
)
_COUNT = select(func.count()).select_from(records).where(_OF_SOURCES)
_PAGE = (
    select(records.c.id, records.c.customer_id)
    .where(_OF_SOURCES, records.c.id > bindparam("after"))
    .order_by(records.c.id)
    .limit(bindparam("most"))
)


class SqlRecordPages:
    """Reads records and unseals them. All methods raise StoreUnavailable when it is away."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def count(self, tenant: TenantId) -> int:
        """How many there are."""
        async with self._database.reading() as connection:
            return (await connection.execute(_COUNT, {"tenant": tenant})).scalar_one()

    async def page(
        self, tenant: TenantId, after: str, limit: int
    ) -> tuple[Sequence[StoredRecord], str]:
        """Records after an id, at most `limit`, and the id to go on after; empty at the end."""
        async with self._database.reading() as connection:
            asked = {"tenant": tenant, "after": after, "most": limit}
            rows = (await connection.execute(_PAGE, asked)).all()
            customers = {CustomerId(row.id): CustomerId(row.customer_id) for row in rows}
            read = await open_records(connection, self._vault, tenant, customers)
        page = [StoredRecord(each.id, customers[each.id], each.profile) for each in read]
        return page, rows[-1].id if len(rows) == limit else ""
