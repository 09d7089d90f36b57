"""Rows of the store as values of the domain, and back."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from switchyard_crm.domain.context import RoutingHints
from switchyard_crm.domain.customer import (
    Bill,
    Case,
    Customer,
    CustomerRecord,
    Interaction,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, order_key
from switchyard_crm.domain.names import CustomerName

type AnyRow = Row[*tuple[Any, ...]]
type Values = dict[str, object]


def customer_of(name: CustomerName, rows: Sequence[AnyRow]) -> Customer:
    """A customer from its rows, one per identifier."""
    row = rows[0]
    return Customer(
        name=name,
        display_name=row.display_name,
        provenance=Provenance(row.source, row.source_id, row.observed_time),
        language=row.language,
        tier=row.tier,
        birth_date=row.birth_date,
        address=row.address,
        since_time=row.since_time,
        identifiers=tuple(
            Identifier(IdentifierKind(each.kind), each.value, each.namespace)
            for each in rows
            if each.kind is not None
        ),
    )


def orders_of(rows: Iterable[AnyRow]) -> Iterator[Order]:
    """Orders from their rows, one per item, those of an order in succession."""
    for _, same in groupby(rows, key=lambda row: str(row.number_key)):
        yield _order(list(same))


def _order(rows: Sequence[AnyRow]) -> Order:
    row = rows[0]
    return Order(
        number=row.number,
        state=row.state,
        placed_time=row.placed_time,
        total=Money(row.currency, row.total_minor_units),
        items=tuple(
            OrderItem(Words(each.name_zh, each.name_en), each.quantity)
            for each in rows
            if each.position is not None
        ),
        delivery_date=row.delivery_date,
        carrier=Words(row.carrier_zh, row.carrier_en),
        tracking_number=row.tracking_number,
        source=row.source,
    )


def bill_of(row: AnyRow) -> Bill:
    """A bill from its row."""
    return Bill(
        number=row.number,
        state=row.state,
        amount=Money(row.currency, row.amount_minor_units),
        due_date=row.due_date,
        period=row.period,
        source=row.source,
    )


def case_of(row: AnyRow) -> Case:
    """A case from its row."""
    return Case(
        number=row.number,
        state=row.state,
        subject=row.subject,
        priority=row.priority,
        create_time=row.create_time,
        update_time=row.update_time,
        order_number=row.order_number,
        source=row.source,
    )


def interaction_of(row: AnyRow) -> Interaction:
    """An interaction from its row."""
    return Interaction(
        id=row.id,
        channel=row.channel,
        time=row.time,
        summary=row.summary,
        agent=row.agent,
        disposition=row.disposition,
        contact=row.contact,
        source=row.source,
    )


def hints_of(rows: Sequence[AnyRow]) -> RoutingHints:
    """Routing hints from their rows, one per agent spoken to."""
    row = rows[0]
    return RoutingHints(
        tier=row.tier,
        language=row.language,
        last_agents=tuple(each.agent for each in rows if each.agent is not None),
        open_cases=row.open_cases,
        contacts_7d=row.contacts,
    )


def owner(name: CustomerName) -> Values:
    """The columns that say whose an entry is."""
    return {"tenant": name.tenant, "customer_id": name.customer}


def customer_row(customer: Customer) -> Values:
    """The row of a customer."""
    return {
        "tenant": customer.name.tenant,
        "id": customer.name.customer,
        "display_name": customer.display_name,
        "language": customer.language,
        "tier": customer.tier,
        "birth_date": customer.birth_date,
        "address": customer.address,
        "since_time": customer.since_time,
        "source": customer.provenance.source,
        "source_id": customer.provenance.source_id,
        "observed_time": customer.provenance.observed_time,
    }


def identifier_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of what customers are known by."""
    for record in records:
        for known in record.customer.identifiers:
            yield {
                **owner(record.customer.name),
                "kind": known.kind.value,
                "namespace": known.namespace,
                "value": known.value,
            }


def order_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of orders, without their items."""
    for record in records:
        for order in record.orders:
            yield {
                **owner(record.customer.name),
                "number_key": order_key(order.number, "number"),
                "number": order.number,
                "state": order.state,
                "placed_time": order.placed_time,
                "delivery_date": order.delivery_date,
                "carrier_zh": order.carrier.zh,
                "carrier_en": order.carrier.en,
                "tracking_number": order.tracking_number,
                "currency": order.total.currency,
                "total_minor_units": order.total.minor_units,
                "source": order.source,
            }


def item_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of orders' items."""
    for record in records:
        for order in record.orders:
            for position, item in enumerate(order.items):
                yield {
                    "tenant": record.customer.name.tenant,
                    "number_key": order_key(order.number, "number"),
                    "position": position,
                    "name_zh": item.name.zh,
                    "name_en": item.name.en,
                    "quantity": item.quantity,
                }


def bill_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of bills."""
    for record in records:
        for bill in record.bills:
            yield {
                **owner(record.customer.name),
                "number": bill.number,
                "state": bill.state,
                "currency": bill.amount.currency,
                "amount_minor_units": bill.amount.minor_units,
                "due_date": bill.due_date,
                "period": bill.period,
                "source": bill.source,
            }


def case_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of cases."""
    for record in records:
        for case in record.cases:
            yield {
                **owner(record.customer.name),
                "number": case.number,
                "state": case.state,
                "subject": case.subject,
                "priority": case.priority,
                "create_time": case.create_time,
                "update_time": case.update_time,
                "order_number": case.order_number,
                "source": case.source,
            }


def interaction_rows(records: Sequence[CustomerRecord]) -> Iterator[Values]:
    """The rows of interactions."""
    for record in records:
        for interaction in record.interactions:
            yield interaction_row(record.customer.name, interaction)


def interaction_row(name: CustomerName, interaction: Interaction) -> Values:
    """The row of an interaction."""
    return {
        **owner(name),
        "id": interaction.id,
        "channel": interaction.channel,
        "time": interaction.time,
        "summary": interaction.summary,
        "agent": interaction.agent,
        "disposition": interaction.disposition,
        "contact": interaction.contact,
        "source": interaction.source,
    }
