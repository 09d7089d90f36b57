"""Reads customers from the store: the source "local", and records with their keys.

What a read costs: one statement for all records of the customer with their keys, none for PROFILE,
one for each other section; a tier by rules takes one more for PROFILE and ROUTING together. The key
of each record is opened once per read, and of belongings only what was asked for is unsealed.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.members import Cluster, read_cluster
from switchyard_crm.adapters.sql.rows import (
    AnyRow,
    bill_of,
    case_of,
    interaction_of,
    last_agents,
    order_of,
)
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.context import (
    CONTACTS_WINDOW_DAYS,
    LAST_AGENTS,
    ContextPart,
    CustomerContext,
    RoutingHints,
    Section,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE, Customer, Money
from switchyard_crm.domain.tiers import purchases
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.vault import DataKey, Vault

_UNIFIED = frozenset((Section.PROFILE, Section.ROUTING))


class StoreReader:
    """What the store knows of customers.

    All methods raise StoreUnavailable when it does not answer, and Unreadable when it was sealed
    with another master key.
    """

    name = LOCAL_SOURCE

    def __init__(self, database: Database, vault: Vault, view: View) -> None:
        self._database = database
        self._vault = vault
        self._view = view

    async def read(self, query: SourceQuery) -> AsyncGenerator[ContextPart]:
        """Yields section after section, what routing needs first."""
        async with self._database.reading() as connection:
            cluster = _already_read(query)
            if cluster is None:
                cluster = await read_cluster(connection, self._vault, query.customer)
            if cluster is not None and not _UNIFIED.isdisjoint(query.sections):
                customer = await self._customer(connection, cluster, query)
                if Section.PROFILE in query.sections:
                    yield ContextPart(Section.PROFILE, CustomerContext(customer=customer))
                if Section.ROUTING in query.sections:
                    hints = await _hints(connection, cluster, customer, query)
                    yield ContextPart(Section.ROUTING, CustomerContext(routing=hints))
            for section, read in _LISTS.items():
                if section in query.sections:
                    content = CustomerContext()
                    if cluster is not None:
                        content = await read(connection, cluster, query.limit)
                    yield ContextPart(section, content)

    async def _customer(
        self, connection: AsyncConnection, cluster: Cluster, query: SourceQuery
    ) -> Customer:
        customer = self._view.customer(cluster.name, cluster.profiles)
        if (since := self._view.orders_since(query.now)) is None:
            return customer
        asked = {**cluster.values, "since": since}
        rows = await connection.execute(statements.PURCHASES, asked)
        orders = [
            (row.placed_time, row.state, Money(row.currency, row.total_minor_units)) for row in rows
        ]
        return self._view.with_tier(customer, purchases(orders, since), query.now)


def _already_read(query: SourceQuery) -> Cluster | None:
    known = query.known
    if known is None or known.name is None:
        return None
    return Cluster(known.name, known.records)


async def _hints(
    connection: AsyncConnection, cluster: Cluster, customer: Customer, query: SourceQuery
) -> RoutingHints:
    since = query.now - timedelta(days=CONTACTS_WINDOW_DAYS)
    asked = {**cluster.values, "since": since}
    rows = (await connection.execute(statements.HINTS, asked)).all()
    return RoutingHints(
        tier=customer.tier.value if customer.tier is not None else "",
        language=customer.language.value if customer.language is not None else "",
        last_agents=last_agents(rows, LAST_AGENTS),
        open_cases=rows[0].open_cases,
        contacts_7d=rows[0].contacts,
    )


async def _entries[T](
    connection: AsyncConnection,
    cluster: Cluster,
    limit: int,
    statement: Select[*tuple[Any, ...]],
    read: Callable[[AnyRow, DataKey], T],
) -> tuple[T, ...]:
    keys = cluster.keys
    rows = await connection.execute(statement, {**cluster.values, "limit": limit})
    return tuple(read(row, keys[row.record_id]) for row in rows)


async def _open_cases(connection: AsyncConnection, cluster: Cluster, limit: int) -> CustomerContext:
    found = await _entries(connection, cluster, limit, statements.OPEN_CASES, case_of)
    return CustomerContext(open_cases=found)


async def _orders(connection: AsyncConnection, cluster: Cluster, limit: int) -> CustomerContext:
    found = await _entries(connection, cluster, limit, statements.ORDERS, order_of)
    return CustomerContext(orders=found)


async def _bills(connection: AsyncConnection, cluster: Cluster, limit: int) -> CustomerContext:
    found = await _entries(connection, cluster, limit, statements.BILLS, bill_of)
    return CustomerContext(bills=found)


async def _timeline(connection: AsyncConnection, cluster: Cluster, limit: int) -> CustomerContext:
    found = await _entries(connection, cluster, limit, statements.TIMELINE, interaction_of)
    return CustomerContext(timeline=found)


type _ReadList = Callable[[AsyncConnection, Cluster, int], Awaitable[CustomerContext]]

_LISTS: dict[Section, _ReadList] = {
    Section.OPEN_CASES: _open_cases,
    Section.ORDERS: _orders,
    Section.BILLS: _bills,
    Section.TIMELINE: _timeline,
}
