"""The statements that read, built once, so that the database prepares each once per connection."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Delete,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from switchyard_crm.adapters.sql.schema import (
    bills,
    cases,
    identifiers,
    interactions,
    orders,
    record_keys,
    records,
)
from switchyard_crm.adapters.sql.tables.self_service import delivery_addresses
from switchyard_crm.domain.customer import CLOSED

_TENANT: BindParameter[str] = bindparam("tenant", type_=String)
_CUSTOMER: BindParameter[str] = bindparam("customer", type_=String)
_SOURCE: BindParameter[str] = bindparam("source", type_=String)
_NAMESPACE: BindParameter[str] = bindparam("namespace", type_=String)
_VALUE: BindParameter[str] = bindparam("value", type_=String)
_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer)
_RECORDS: BindParameter[Any] = bindparam("records", type_=String, expanding=True)
_VALUES: BindParameter[Any] = bindparam("values", type_=String, expanding=True)
# Agents are looked for in so many contacts; whoever was not among them was spoken to long ago.
_CONTACTS = 100

_RECORD_OF_IDENTIFIER = (records.c.tenant == identifiers.c.tenant) & (
    records.c.id == identifiers.c.record_id
)
_RECORD_OF_ORDER = (records.c.tenant == orders.c.tenant) & (records.c.id == orders.c.record_id)
_KEY_OF_RECORD = (record_keys.c.tenant == records.c.tenant) & (
    record_keys.c.record_id == records.c.id
)

# Who holds something: one row per record, with its customer and the name it is held under.
HOLDERS_BY_IDENTIFIER = (
    select(records.c.customer_id, identifiers.c.name_index)
    .select_from(identifiers)
    .join(records, _RECORD_OF_IDENTIFIER)
    .where(
        identifiers.c.tenant == _TENANT,
        identifiers.c.kind == bindparam("kind", type_=String),
        identifiers.c.namespace == _NAMESPACE,
        identifiers.c.index == _VALUE,
    )
    .order_by(identifiers.c.record_id)
    .limit(_LIMIT)
)
HOLDERS_BY_ORDER = (
    select(records.c.customer_id, literal("").label("name_index"))
    .select_from(orders)
    .join(records, _RECORD_OF_ORDER)
    .where(orders.c.tenant == _TENANT, orders.c.number_index == _VALUE)
    .order_by(orders.c.source)
    .limit(_LIMIT)
)
HOLDERS_BY_ID = select(records.c.customer_id, literal("").label("name_index")).where(
    records.c.tenant == _TENANT, records.c.id == _VALUE
)
HOLDERS_BY_SOURCE_ID = select(records.c.customer_id, literal("").label("name_index")).where(
    records.c.tenant == _TENANT, records.c.source == _NAMESPACE, records.c.source_id == _VALUE
)

_CUSTOMER_OF_RECORD = (
    select(records.c.customer_id)
    .where(records.c.tenant == _TENANT, records.c.id == _CUSTOMER)
    .scalar_subquery()
)
# All records of the customer that one of them belongs to. A record without its key is erased.
# Not ordered: to save sorting three rows, SQLite would walk through all of the tenant by their ids.
MEMBERS = (
    select(records, record_keys.c.wrapped)
    .join(record_keys, _KEY_OF_RECORD)
    .where(records.c.tenant == _TENANT, records.c.customer_id == _CUSTOMER_OF_RECORD)
)


def _remove_told(table: Table) -> Delete:
    removed = delete(table).where(
        table.c.tenant == bindparam("tenant"), table.c.record_id == bindparam("record_id")
    )
    return removed.where(table.c.logged.is_(false())) if "logged" in table.c else removed


def _of_records(table: Table) -> ColumnElement[bool]:
    return (table.c.tenant == _TENANT) & table.c.record_id.in_(_RECORDS)


def _count(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    rows = select(func.count()).select_from(table).where(_of_records(table), *conditions)
    return rows.scalar_subquery()


_WITH_AGENTS = (
    select(interactions.c.agent, interactions.c.disposition, interactions.c.time)
    .where(_of_records(interactions), interactions.c.agent != "")
    .order_by(interactions.c.time.desc(), interactions.c.id.desc())
    .limit(_CONTACTS)
    .subquery()
)
_ONE = select(literal(1).label("one")).subquery()
# One row per contact with an agent, latest first; one without agent for who spoke to none.
HINTS = (
    select(
        _count(cases, cases.c.state != CLOSED).label("open_cases"),
        _count(interactions, interactions.c.time >= bindparam("since")).label("contacts"),
        _WITH_AGENTS,
    )
    .select_from(_ONE)
    .outerjoin(_WITH_AGENTS, true())
    .order_by(_WITH_AGENTS.c.time.desc())
)
PURCHASES = select(
    orders.c.placed_time, orders.c.state, orders.c.currency, orders.c.total_minor_units
).where(_of_records(orders), orders.c.placed_time >= bindparam("since"))
OPEN_CASES = (
    select(cases)
    .where(_of_records(cases), cases.c.state != CLOSED)
    .order_by(cases.c.update_time.desc(), cases.c.number.desc())
    .limit(_LIMIT)
)
# An order, and where the customer wants it delivered to.
_ORDERS_WITH_ADDRESSES = select(
    orders,
    delivery_addresses.c.address.label("new_address"),
    delivery_addresses.c.replaced.label("replaced_address"),
).select_from(
    orders.outerjoin(
        delivery_addresses,
        (delivery_addresses.c.tenant == orders.c.tenant)
        & (delivery_addresses.c.record_id == orders.c.record_id)
        & (delivery_addresses.c.number_index == orders.c.number_index),
    )
)
ORDERS = (
    _ORDERS_WITH_ADDRESSES.where(_of_records(orders))
    .order_by(orders.c.placed_time.desc(), orders.c.number_index.desc())
    .limit(_LIMIT)
)
BILLS = (
    select(bills)
    .where(_of_records(bills))
    .order_by(bills.c.due_date.desc().nulls_last(), bills.c.period.desc(), bills.c.number.desc())
    .limit(_LIMIT)
)
TIMELINE = (
    select(interactions)
    .where(_of_records(interactions))
    .order_by(interactions.c.time.desc(), interactions.c.id.desc())
    .limit(_LIMIT)
)
# The customer's order of a number, which nobody changes meanwhile.
ORDER_OF_CUSTOMER = (
    _ORDERS_WITH_ADDRESSES.where(_of_records(orders), orders.c.number_index == _VALUE)
    .order_by(orders.c.source)
    .limit(1)
    .with_for_update(read=True, of=orders)
)
# The customer's bill of a number, for one at a time.
BILL_OF_CUSTOMER = (
    select(bills)
    .where(_of_records(bills), func.upper(bills.c.number) == _VALUE)
    .order_by(bills.c.source)
    .limit(1)
    .with_for_update(of=bills)
)

_IS_ORDER = (orders.c.tenant == _TENANT) & (orders.c.number_index == _VALUE)
# An order is known to a few sources at most; more are not looked at.
ORDERS_OF_NUMBER = _ORDERS_WITH_ADDRESSES.where(_IS_ORDER).order_by(orders.c.source).limit(_LIMIT)
_CUSTOMERS_WITH_ORDER = (
    select(records.c.customer_id)
    .select_from(orders)
    .join(records, _RECORD_OF_ORDER)
    .where(_IS_ORDER)
    .order_by(orders.c.source)
    .limit(_LIMIT)
)
# All records of those customers, not ordered for the same reason.
MEMBERS_WITH_ORDER = (
    select(records, record_keys.c.wrapped)
    .join(record_keys, _KEY_OF_RECORD)
    .where(records.c.tenant == _TENANT, records.c.customer_id.in_(_CUSTOMERS_WITH_ORDER))
)

ORDER_OWNERS = select(orders.c.number_index, orders.c.record_id).where(
    orders.c.tenant == _TENANT, orders.c.source == _SOURCE, orders.c.number_index.in_(_VALUES)
)
# What there is of the records that a source tells of again; the key is missing if it was erased.
STORED = (
    select(
        records.c.id,
        records.c.source_id,
        records.c.digest,
        records.c.identity_digest,
        record_keys.c.wrapped,
    )
    .outerjoin(record_keys, _KEY_OF_RECORD)
    .where(
        records.c.tenant == _TENANT,
        records.c.source == _SOURCE,
        records.c.source_id.in_(_VALUES),
    )
    .order_by(records.c.id)
    # Other writers wait; whoever only adds to the record (a contact, a consent) does not.
    .with_for_update(key_share=True, of=records)
)
CHANGE_RECORD = (
    update(records)
    .where(records.c.tenant == bindparam("of_tenant"), records.c.id == bindparam("of_id"))
    .values(
        {
            **{
                name: bindparam(name)
                for name in (
                    "observed_time",
                    "language",
                    "tier",
                    "since_time",
                    "name",
                    "birth_date",
                    "address",
                    "identifiers",
                    "digest",
                    "identity_digest",
                )
            },
            "relink": or_(records.c.relink, bindparam("moved", type_=Boolean)),
        }
    )
)
# What a source told of a record; what was logged through the service is not among it.
REMOVE_TOLD: dict[Table, Delete] = {
    table: _remove_told(table) for table in (identifiers, orders, bills, cases, interactions)
}
