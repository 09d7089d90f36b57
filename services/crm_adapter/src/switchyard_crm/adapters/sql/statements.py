"""The statements that read, built once, so that the database prepares each once per connection."""

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    String,
    Table,
    bindparam,
    func,
    literal,
    select,
)

from switchyard_crm.adapters.sql.tables import (
    bills,
    cases,
    customers,
    identifiers,
    interactions,
    order_items,
    orders,
)
from switchyard_crm.domain.customer import CLOSED
from switchyard_crm.domain.identifiers import IdentifierKind

_TENANT: BindParameter[str] = bindparam("tenant", type_=String)
_CUSTOMER: BindParameter[str] = bindparam("customer", type_=String)
_VALUE: BindParameter[str] = bindparam("value", type_=String)
_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer)


def _of_customer(table: Table) -> ColumnElement[bool]:
    return (table.c.tenant == _TENANT) & (table.c.customer_id == _CUSTOMER)


HOLDERS_BY_IDENTIFIER = (
    select(identifiers.c.customer_id)
    .where(
        identifiers.c.tenant == _TENANT,
        identifiers.c.kind == bindparam("kind"),
        identifiers.c.namespace == bindparam("namespace"),
        identifiers.c.value == _VALUE,
    )
    .limit(_LIMIT)
)
HOLDERS_BY_ORDER = (
    select(orders.c.customer_id)
    .where(orders.c.tenant == _TENANT, orders.c.number_key == _VALUE)
    .limit(_LIMIT)
)
HOLDERS_BY_ID = (
    select(customers.c.id)
    .where(customers.c.tenant == _TENANT, customers.c.id == _VALUE)
    .limit(_LIMIT)
)

CUSTOMER = select(customers).where(customers.c.tenant == _TENANT, customers.c.id == _CUSTOMER)
IDENTIFIERS = (
    select(identifiers.c.kind, identifiers.c.namespace, identifiers.c.value)
    .where(_of_customer(identifiers))
    .order_by(identifiers.c.kind, identifiers.c.namespace, identifiers.c.value)
)


def _count(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    rows = select(func.count()).select_from(table).where(_of_customer(table), *conditions)
    return rows.scalar_subquery()


HINTS = select(
    customers.c.tier,
    customers.c.language,
    _count(cases, cases.c.state != CLOSED).label("open_cases"),
    _count(interactions, interactions.c.time >= bindparam("since")).label("contacts"),
).where(customers.c.tenant == _TENANT, customers.c.id == _CUSTOMER)
LAST_AGENTS = (
    select(interactions.c.agent)
    .where(_of_customer(interactions), interactions.c.agent != "")
    .group_by(interactions.c.agent)
    .order_by(func.max(interactions.c.time).desc(), interactions.c.agent)
    .limit(_LIMIT)
)
OPEN_CASES = (
    select(cases)
    .where(_of_customer(cases), cases.c.state != CLOSED)
    .order_by(cases.c.update_time.desc(), cases.c.number.desc())
    .limit(_LIMIT)
)
ORDERS = (
    select(orders)
    .where(_of_customer(orders))
    .order_by(orders.c.placed_time.desc(), orders.c.number_key.desc())
    .limit(_LIMIT)
)
_NEWEST = ORDERS.with_only_columns(orders.c.number_key).subquery()
ITEMS_OF_ORDERS = (
    select(order_items)
    .where(order_items.c.tenant == _TENANT)
    .where(order_items.c.number_key.in_(select(_NEWEST.c.number_key)))
    .order_by(order_items.c.number_key, order_items.c.position)
)
BILLS = (
    select(bills)
    .where(_of_customer(bills))
    .order_by(bills.c.due_date.desc().nulls_last(), bills.c.period.desc(), bills.c.number.desc())
    .limit(_LIMIT)
)
TIMELINE = (
    select(interactions)
    .where(_of_customer(interactions))
    .order_by(interactions.c.time.desc(), interactions.c.id.desc())
    .limit(_LIMIT)
)

ORDER = select(orders).where(orders.c.tenant == _TENANT, orders.c.number_key == _VALUE)
_OWNER = (
    select(orders.c.customer_id)
    .where(orders.c.tenant == _TENANT, orders.c.number_key == _VALUE)
    .scalar_subquery()
)
ITEMS_OF_ORDER = (
    select(order_items)
    .where(order_items.c.tenant == _TENANT, order_items.c.number_key == _VALUE)
    .order_by(order_items.c.position)
)
LANGUAGE_AND_PHONES_OF_ORDER = (
    select(customers.c.language, identifiers.c.value)
    .select_from(customers)
    .outerjoin(
        identifiers,
        (identifiers.c.tenant == customers.c.tenant)
        & (identifiers.c.customer_id == customers.c.id)
        & (identifiers.c.kind == literal(IdentifierKind.PHONE.value)),
    )
    .where(customers.c.tenant == _TENANT, customers.c.id == _OWNER)
)

ORDER_OWNERS = select(orders.c.number_key, orders.c.customer_id).where(
    orders.c.tenant == _TENANT, orders.c.number_key.in_(bindparam("values", expanding=True))
)
LOGGED = select(interactions.c.id, interactions.c.digest).where(
    interactions.c.tenant == _TENANT, interactions.c.request_id == bindparam("request")
)
