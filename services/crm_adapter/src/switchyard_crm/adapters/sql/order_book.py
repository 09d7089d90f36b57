"""Orders by number, for strangers: the same work whether there is such an order or not."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.members import Cluster, clusters_of
from switchyard_crm.adapters.sql.rows import AnyRow, order_of
from switchyard_crm.adapters.sql.values import Stored, order_index, order_values, profile_values
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.customer import (
    LOCAL_SOURCE,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.service.orders import HeldOrder
from switchyard_crm.service.vault import Vault

# Sources that know the same order number; within one it is there once.
_MAX_SOURCES = 5


class OrderReader:
    """Finds orders by number. Raises StoreUnavailable, and Unreadable for another master key."""

    def __init__(self, database: Database, vault: Vault, view: View) -> None:
        self._database = database
        self._vault = vault
        self._view = view
        self._decoy = _Decoy(vault)

    async def find_order(self, tenant: TenantId, order_key: str) -> Sequence[HeldOrder]:
        """The orders of that comparable number, one per source that knows it."""
        asked: dict[str, object] = {
            "tenant": tenant,
            "value": order_index(self._vault, tenant, order_key),
            "limit": _MAX_SOURCES,
        }
        async with self._database.reading() as connection:
            rows = (await connection.execute(statements.ORDERS_OF_NUMBER, asked)).all()
            members = (await connection.execute(statements.MEMBERS_WITH_ORDER, asked)).all()
        found = self._read(tenant, rows, members)
        if not found:
            self._read(tenant, self._decoy.orders, self._decoy.members)
        return found

    def _read(
        self, tenant: TenantId, rows: Iterable[AnyRow], members: Sequence[AnyRow]
    ) -> list[HeldOrder]:
        clusters = clusters_of(self._vault, tenant, members)
        return [held for row in rows for held in self._held(row, clusters)]

    def _held(self, row: AnyRow, clusters: Iterable[Cluster]) -> Iterable[HeldOrder]:
        for cluster in clusters:
            if (key := cluster.keys.get(row.record_id)) is None:
                continue
            known = self._view.customer(cluster.name, cluster.profiles)
            yield HeldOrder(
                order=order_of(row, key),
                customer=cluster.name,
                language=known.language.value if known.language is not None else "",
                phones=tuple(phone.value for phone in known.phones),
            )


class _Decoy:
    """An order of somebody who does not exist: reading it takes the time that reading one does."""

    def __init__(self, vault: Vault) -> None:
        key, wrapped = vault.new_key()
        name, now = CustomerName(TenantId("-"), CustomerId("-")), datetime.now(UTC)
        known = (
            Identifier(IdentifierKind.EMAIL, "somebody@example.com"),
            Identifier(IdentifierKind.PHONE, "+8619900000000"),
        )
        origin = Provenance(LOCAL_SOURCE, "-", now)
        profile = Profile(origin, "-", "zh", "-", now.date(), "-", now, known)
        items = (OrderItem(Words("-", "-"), 1), OrderItem(Words("-", "-"), 1))
        order = Order(
            "0",
            "-",
            now,
            Money("-", 1),
            items,
            now.date(),
            Words("-", "-"),
            "-",
            delivery_address="-",
        )
        stored = Stored(
            name.tenant, name.customer, CustomerRecord(name, profile, orders=(order,)), key
        )
        of_record = {"id": "-", "customer_id": "-", "source": "-", "source_id": "-"}
        unchanged = {"new_address": None, "replaced_address": None}
        columns = {**of_record, **profile_values(profile, key), "wrapped": wrapped}
        self.members: Any = (SimpleNamespace(**columns),)
        self.orders: Any = [
            SimpleNamespace(**each, **unchanged) for each in order_values(vault, stored)
        ]
