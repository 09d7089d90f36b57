"""Reads the store: the identity index, the source "local", the order book."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import statements
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.rows import (
    bill_of,
    case_of,
    customer_of,
    hints_of,
    interaction_of,
    orders_of,
)
from switchyard_crm.domain.context import (
    CONTACTS_WINDOW_DAYS,
    LAST_AGENTS,
    ContextPart,
    CustomerContext,
    Section,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.orders import HeldOrder

type ReadSection = Callable[[AsyncConnection, SourceQuery], Awaitable[CustomerContext | None]]


class StoreReader:
    """What the store knows. All methods raise StoreUnavailable when it does not answer."""

    name = LOCAL_SOURCE

    def __init__(self, database: Database) -> None:
        self._database = database

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[tuple[CustomerId, ...]]:
        """For each identifier its holders, at most `limit`."""
        async with self._database.reading() as connection:
            return [
                await _holders(connection, tenant, identifier, limit) for identifier in identifiers
            ]

    async def read(self, query: SourceQuery) -> AsyncGenerator[ContextPart]:
        """Yields section after section, what routing needs first."""
        async with self._database.reading() as connection:
            for section, read in _SECTIONS.items():
                if section not in query.sections:
                    continue
                content = await read(connection, query)
                if content is not None:
                    yield ContextPart(section, content)

    async def find_order(self, tenant: TenantId, order_key: str) -> HeldOrder | None:
        """The order of that comparable number, by the same statements whether it exists or not."""
        values = {"tenant": tenant, "value": order_key}
        async with self._database.reading() as connection:
            rows = (await connection.execute(statements.ORDER, values)).all()
            people = await connection.execute(statements.LANGUAGE_AND_PHONES_OF_ORDER, values)
            held_by = people.all()
        if not rows:
            return None
        return HeldOrder(
            order=next(orders_of(rows)),
            customer=CustomerName(tenant, rows[0].customer_id),
            language=held_by[0].language,
            phones=tuple(row.value for row in held_by if row.value is not None),
        )


async def _holders(
    connection: AsyncConnection, tenant: TenantId, identifier: Identifier, limit: int
) -> tuple[CustomerId, ...]:
    values: dict[str, object] = {"tenant": tenant, "value": identifier.value, "limit": limit}
    match identifier.kind:
        case IdentifierKind.ORDER_NUMBER:
            statement: Select[str] = statements.HOLDERS_BY_ORDER
        case IdentifierKind.CUSTOMER_ID:
            statement = statements.HOLDERS_BY_ID
        case _:
            statement = statements.HOLDERS_BY_IDENTIFIER
            values |= {"kind": identifier.kind.value, "namespace": identifier.namespace}
    found = await connection.execute(statement, values)
    return tuple(CustomerId(customer) for customer in found.scalars())


async def _profile(connection: AsyncConnection, query: SourceQuery) -> CustomerContext | None:
    rows = (await connection.execute(statements.CUSTOMER, _whom(query))).all()
    return CustomerContext(customer=customer_of(query.customer, rows)) if rows else None


async def _routing(connection: AsyncConnection, query: SourceQuery) -> CustomerContext | None:
    since = query.now - timedelta(days=CONTACTS_WINDOW_DAYS)
    asked = _whom(query) | {"since": since, "limit": LAST_AGENTS}
    rows = (await connection.execute(statements.HINTS, asked)).all()
    return CustomerContext(routing=hints_of(rows)) if rows else None


async def _open_cases(connection: AsyncConnection, query: SourceQuery) -> CustomerContext:
    rows = await connection.execute(statements.OPEN_CASES, _whom_limited(query))
    return CustomerContext(open_cases=tuple(map(case_of, rows)))


async def _orders(connection: AsyncConnection, query: SourceQuery) -> CustomerContext:
    rows = (await connection.execute(statements.ORDERS, _whom_limited(query))).all()
    return CustomerContext(orders=tuple(orders_of(rows)))


async def _bills(connection: AsyncConnection, query: SourceQuery) -> CustomerContext:
    rows = await connection.execute(statements.BILLS, _whom_limited(query))
    return CustomerContext(bills=tuple(map(bill_of, rows)))


async def _timeline(connection: AsyncConnection, query: SourceQuery) -> CustomerContext:
    rows = await connection.execute(statements.TIMELINE, _whom_limited(query))
    return CustomerContext(timeline=tuple(map(interaction_of, rows)))


_SECTIONS: dict[Section, ReadSection] = {
    Section.PROFILE: _profile,
    Section.ROUTING: _routing,
    Section.OPEN_CASES: _open_cases,
    Section.ORDERS: _orders,
    Section.BILLS: _bills,
    Section.TIMELINE: _timeline,
}


def _whom(query: SourceQuery) -> dict[str, object]:
    return {"tenant": query.customer.tenant, "customer": query.customer.customer}


def _whom_limited(query: SourceQuery) -> dict[str, object]:
    return _whom(query) | {"limit": query.limit}
