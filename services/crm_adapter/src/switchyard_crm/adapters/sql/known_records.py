"""The records of a customer, as asking CRMs needs them."""

from sqlalchemy import bindparam, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.members import Cluster, read_cluster
from switchyard_crm.adapters.sql.tables.cursors import removed_records
from switchyard_crm.adapters.sql.tables.outbox import copies
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.domain.survivors import MANUAL_SOURCE
from switchyard_crm.service.remote import KnownRecords
from switchyard_crm.service.vault import Vault

_OURS = frozenset((LOCAL_SOURCE, MANUAL_SOURCE))

_WRITTEN = select(
    literal(False).label("removed"), copies.c.source, copies.c.kind, copies.c.remote_id
).where(
    copies.c.tenant == bindparam("tenant"),
    copies.c.record_id.in_(bindparam("records", expanding=True)),
)
_REMOVED = select(
    literal(True).label("removed"),
    removed_records.c.source,
    literal("").label("kind"),
    removed_records.c.source_id.label("remote_id"),
).where(
    removed_records.c.tenant == bindparam("tenant"),
    removed_records.c.source.in_(bindparam("sources", expanding=True)),
    removed_records.c.source_id.in_(bindparam("source_ids", expanding=True)),
)
# Both in one trip: it is made for every context.
_IN_CRMS = union_all(_WRITTEN, _REMOVED)


class SqlCustomerRecords:
    """Raises StoreUnavailable, Unreadable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def records_of(self, customer: CustomerName) -> KnownRecords:
        """All of the customer that this is the id of a record of; none of an unknown one."""
        async with self._database.reading() as connection:
            cluster = await read_cluster(connection, self._vault, customer)
            if cluster is None:
                return KnownRecords()
            if all(each.profile.provenance.source in _OURS for each in cluster.records):
                return KnownRecords(cluster.records, name=cluster.name)
            return await _in_crms(connection, cluster)


async def _in_crms(connection: AsyncConnection, cluster: Cluster) -> KnownRecords:
    origins = [record.profile.provenance for record in cluster.records]
    asked = {
        **cluster.values,
        "sources": [origin.source for origin in origins],
        "source_ids": [origin.source_id for origin in origins],
    }
    rows = (await connection.execute(_IN_CRMS, asked)).all()
    return KnownRecords(
        records=cluster.records,
        copies=frozenset((row.source, row.kind, row.remote_id) for row in rows if not row.removed),
        removed=frozenset((row.source, row.remote_id) for row in rows if row.removed),
        name=cluster.name,
    )
