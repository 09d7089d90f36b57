"""Who holds an identifier, by its blind index."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.rows import AnyRow
from switchyard_crm.adapters.sql.values import identifier_index, order_index
from switchyard_crm.domain.clusters import CLUSTER_CAP
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.resolution import Holders
from switchyard_crm.service.vault import Vault

type _Search = tuple[Select[*tuple[Any, ...]], dict[str, object]]


class IdentifierReader:
    """Looks identifiers up, at the cost of one statement each. Raises StoreUnavailable."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[Holders]:
        """For each identifier its holders, at most `limit` customers, and under how many names.

        At most `limit` times as many records are looked at as one customer can have: enough to
        tell that a value has more holders than that.
        """
        async with self._database.reading() as connection:
            return [
                await self._holders(connection, tenant, identifier, limit)
                for identifier in identifiers
            ]

    async def _holders(
        self, connection: AsyncConnection, tenant: TenantId, identifier: Identifier, limit: int
    ) -> Holders:
        rows: list[AnyRow] = []
        for statement, values in self._searches(tenant, identifier):
            asked = {"tenant": tenant, "limit": limit * CLUSTER_CAP, **values}
            rows.extend(await connection.execute(statement, asked))
        customers = dict.fromkeys(CustomerId(row.customer_id) for row in rows)
        names = {row.name_index for row in rows if row.name_index}
        return Holders(tuple(customers)[:limit], len(names), len(rows))

    def _searches(self, tenant: TenantId, identifier: Identifier) -> Iterable[_Search]:
        if identifier.kind is IdentifierKind.ORDER_NUMBER:
            value = order_index(self._vault, tenant, identifier.value)
            yield statements.HOLDERS_BY_ORDER, {"value": value}
            return
        if identifier.kind is IdentifierKind.CUSTOMER_ID:
            yield statements.HOLDERS_BY_ID, {"value": identifier.value}
            return
        where = {"namespace": identifier.namespace}
        if identifier.kind is IdentifierKind.SOURCE_RECORD:
            yield statements.HOLDERS_BY_SOURCE_ID, {**where, "value": identifier.value}
        value = identifier_index(self._vault, tenant, identifier)
        kind = {"kind": identifier.kind.value}
        yield statements.HOLDERS_BY_IDENTIFIER, {**where, **kind, "value": value}
