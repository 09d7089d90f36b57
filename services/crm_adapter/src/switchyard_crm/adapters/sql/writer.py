"""Writes to the store: imported customers and logged interactions."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Delete, Insert, Table, bindparam, delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from switchyard_crm.adapters.sql import rows, statements
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.tables import (
    bills,
    cases,
    customers,
    identifiers,
    interactions,
    order_items,
    orders,
)
from switchyard_crm.domain.customer import CustomerRecord, Interaction
from switchyard_crm.domain.errors import CustomerNotFound, WriteConflict
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.interactions import LoggedInteraction, WriteRequest

_MAX_VALUES = 1000  # in one IN (...)

# What an import replaces, and what it puts there; parents before children.
_REPLACED: tuple[Table, ...] = (identifiers, orders, bills, cases, interactions)
_INSERTED: tuple[tuple[Table, Callable[[Sequence[CustomerRecord]], Iterable[rows.Values]]], ...] = (
    (identifiers, rows.identifier_rows),
    (orders, rows.order_rows),
    (order_items, rows.item_rows),
    (bills, rows.bill_rows),
    (cases, rows.case_rows),
    (interactions, rows.interaction_rows),
)


class StoreWriter:
    """Changes the store. All methods raise StoreUnavailable when it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._put_customers = _put_customers(database.dialect)

    async def order_owners(
        self, tenant: TenantId, order_keys: Sequence[str]
    ) -> dict[str, CustomerId]:
        """Whose the orders of these comparable numbers are; unknown ones are left out."""
        owners: dict[str, CustomerId] = {}
        async with self._database.reading() as connection:
            for start in range(0, len(order_keys), _MAX_VALUES):
                some = {"tenant": tenant, "values": order_keys[start : start + _MAX_VALUES]}
                for key, customer in await connection.execute(statements.ORDER_OWNERS, some):
                    owners[key] = CustomerId(customer)
        return owners

    async def replace(self, records: Sequence[CustomerRecord]) -> None:
        """Store all records in one transaction; interactions that were logged here stay.

        Raises WriteConflict.
        """
        whose = [rows.owner(record.customer.name) for record in records]
        try:
            async with self._database.writing() as connection:
                people = [rows.customer_row(record.customer) for record in records]
                await connection.execute(self._put_customers, people)
                for table in _REPLACED:
                    await connection.execute(_remove_imported(table), whose)
                for table, values_of in _INSERTED:
                    if values := list(values_of(records)):
                        await connection.execute(insert(table), values)
        except IntegrityError as error:
            raise WriteConflict from error

    async def append(
        self, customer: CustomerName, interaction: Interaction, request: WriteRequest
    ) -> LoggedInteraction:
        """Store an interaction, unless its request id is there already: then tell what is.

        Raises CustomerNotFound.
        """
        values = {
            **rows.interaction_row(customer, interaction),
            "request_id": request.request_id,
            "digest": request.digest,
        }
        try:
            async with self._database.writing() as connection:
                await connection.execute(insert(interactions), values)
        except IntegrityError as error:
            # Either the request id is taken, or the customer is missing: no rule is left.
            async with self._database.reading() as connection:
                logged = await _logged(connection, customer.tenant, request.request_id)
            if logged is None:
                raise CustomerNotFound from error
            return logged
        return LoggedInteraction(interaction.id, request.digest, new=True)


async def _logged(
    connection: AsyncConnection, tenant: TenantId, request_id: str
) -> LoggedInteraction | None:
    asked = {"tenant": tenant, "request": request_id}
    row = (await connection.execute(statements.LOGGED, asked)).one_or_none()
    return None if row is None else LoggedInteraction(row.id, row.digest, new=False)


def _remove_imported(table: Table) -> Delete:
    removed = delete(table).where(
        table.c.tenant == bindparam("tenant"), table.c.customer_id == bindparam("customer_id")
    )
    return removed.where(table.c.request_id.is_(None)) if table is interactions else removed


def _put_customers(dialect: str) -> Insert:
    """Insert or update; both databases write it alike, in statements of their own."""
    put = postgresql.insert(customers) if dialect == "postgresql" else sqlite.insert(customers)
    changed = {
        column.name: put.excluded[column.name]
        for column in customers.columns
        if not column.primary_key
    }
    return put.on_conflict_do_update(index_elements=["tenant", "id"], set_=changed)
