"""The statements that read, built once, so that the database prepares each once per connection."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Subquery,
    Table,
    bindparam,
    func,
    literal,
    select,
    true,
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

# One row per identifier; one without identifier for who has none.
CUSTOMER = (
    select(customers, identifiers.c.kind, identifiers.c.namespace, identifiers.c.value)
    .select_from(customers)
    .outerjoin(
        identifiers,
        (identifiers.c.tenant == customers.c.tenant)
        & (identifiers.c.customer_id == customers.c.id),
    )
    .where(customers.c.tenant == _TENANT, customers.c.id == _CUSTOMER)
    .order_by(identifiers.c.kind, identifiers.c.namespace, identifiers.c.value)
)


def _count(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    rows = select(func.count()).select_from(table).where(_of_customer(table), *conditions)
    return rows.scalar_subquery()


_AGENTS = (
    select(interactions.c.agent, func.max(interactions.c.time).label("last_time"))
    .where(_of_customer(interactions), interactions.c.agent != "")
    .group_by(interactions.c.agent)
    .order_by(func.max(interactions.c.time).desc(), interactions.c.agent)
    .limit(_LIMIT)
    .subquery()
)
# One row per agent spoken to, the last one first; one without agent for who spoke to none.
HINTS = (
    select(
        customers.c.tier,
        customers.c.language,
        _count(cases, cases.c.state != CLOSED).label("open_cases"),
        _count(interactions, interactions.c.time >= bindparam("since")).label("contacts"),
        _AGENTS.c.agent,
    )
    .select_from(customers)
    .outerjoin(_AGENTS, true())
    .where(customers.c.tenant == _TENANT, customers.c.id == _CUSTOMER)
    .order_by(_AGENTS.c.last_time.desc(), _AGENTS.c.agent)
)
OPEN_CASES = (
    select(cases)
    .where(_of_customer(cases), cases.c.state != CLOSED)
    .order_by(cases.c.update_time.desc(), cases.c.number.desc())
    .limit(_LIMIT)
)


def _with_items(found: Subquery) -> Select[*tuple[Any, ...]]:
    """One row per item, in the orders' order; one without item for an order that has none."""
    items = (order_items.c.position, order_items.c.name_zh, order_items.c.name_en)
    return (
        select(found, *items, order_items.c.quantity)
        .select_from(found)
        .outerjoin(
            order_items,
            (order_items.c.tenant == found.c.tenant)
            & (order_items.c.number_key == found.c.number_key),
        )
        .order_by(found.c.placed_time.desc(), found.c.number_key.desc(), order_items.c.position)
    )


ORDERS = _with_items(
    select(orders)
    .where(_of_customer(orders))
    .order_by(orders.c.placed_time.desc(), orders.c.number_key.desc())
    .limit(_LIMIT)
    .subquery()
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

_IS_ORDER = (orders.c.tenant == _TENANT) & (orders.c.number_key == _VALUE)
ORDER = _with_items(select(orders).where(_IS_ORDER).subquery())
_OWNER = select(orders.c.customer_id).where(_IS_ORDER).scalar_subquery()
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
