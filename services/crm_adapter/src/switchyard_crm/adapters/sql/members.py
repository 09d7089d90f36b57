"""All records of a customer, opened: read once, with their keys, by whatever needs them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.rows import AnyRow, profile_of
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.sources import StoredRecord
from switchyard_crm.service.vault import DataKey, Vault


@dataclass(frozen=True, slots=True)
class Cluster:
    """A customer's name and its records, at least one."""

    name: CustomerName
    records: tuple[StoredRecord, ...]

    @property
    def profiles(self) -> list[Profile]:
        """What each record says of who it is."""
        return [record.profile for record in self.records]

    @property
    def keys(self) -> dict[str, DataKey]:
        """The key of each record, by its id."""
        return {record.id: record.key for record in self.records}

    @property
    def values(self) -> dict[str, object]:
        """What statements over a customer's belongings are given."""
        ids = [record.id for record in self.records]
        return {"tenant": self.name.tenant, "records": ids}


async def read_cluster(
    connection: AsyncConnection, vault: Vault, customer: CustomerName
) -> Cluster | None:
    """The customer that this is the id of a record of. Raises Unreadable."""
    asked = {"tenant": customer.tenant, "customer": customer.customer}
    rows = (await connection.execute(statements.MEMBERS, asked)).all()
    found = clusters_of(vault, customer.tenant, rows)
    return found[0] if found else None


def clusters_of(vault: Vault, tenant: TenantId, rows: Sequence[AnyRow]) -> list[Cluster]:
    """The customers of rows of records with their wrapped keys, in any order, sorted by record.

    Raises Unreadable.
    """
    found: dict[str, list[StoredRecord]] = {}
    for row in sorted(rows, key=lambda each: str(each.id)):
        key = vault.open(row.wrapped)
        record = StoredRecord(row.id, profile_of(row, key), key)
        found.setdefault(row.customer_id, []).append(record)
    return [
        Cluster(CustomerName(tenant, CustomerId(customer)), tuple(records))
        for customer, records in found.items()
    ]
