"""Rows of the store as values of the domain. Rows come with the key of their record."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from switchyard_crm.adapters.sql.seals import Field, unseal
from switchyard_crm.domain.context import AgentContact
from switchyard_crm.domain.customer import (
    Bill,
    Case,
    Interaction,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.vault import DataKey

type AnyRow = Row[*tuple[Any, ...]]


def profile_of(row: AnyRow, key: DataKey) -> Profile:
    """Who somebody is, from the row of a record."""
    birth_date = unseal(key, Field.BIRTH_DATE, row.birth_date)
    return Profile(
        provenance=Provenance(row.source, row.source_id, row.observed_time),
        display_name=unseal(key, Field.NAME, row.name),
        language=row.language,
        tier=row.tier,
        birth_date=date.fromisoformat(birth_date) if birth_date else None,
        address=unseal(key, Field.ADDRESS, row.address),
        since_time=row.since_time,
        identifiers=_identifiers(unseal(key, Field.IDENTIFIERS, row.identifiers)),
    )


def order_of(row: AnyRow, key: DataKey) -> Order:
    """An order from its row, with the address that the customer changed it to."""
    return Order(
        number=unseal(key, Field.ORDER_NUMBER, row.number),
        state=row.state,
        placed_time=row.placed_time,
        total=Money(row.currency, row.total_minor_units),
        items=_items(unseal(key, Field.ORDER_ITEMS, row.items)),
        delivery_date=row.delivery_date,
        carrier=Words(row.carrier_zh, row.carrier_en),
        tracking_number=unseal(key, Field.ORDER_TRACKING, row.tracking_number),
        source=row.source,
        delivery_address=_delivery_address(row, key),
    )


def bill_of(row: AnyRow, _: DataKey) -> Bill:
    """A bill from its row."""
    return Bill(
        number=row.number,
        state=row.state,
        amount=Money(row.currency, row.amount_minor_units),
        due_date=row.due_date,
        period=row.period,
        source=row.source,
    )


def case_of(row: AnyRow, key: DataKey) -> Case:
    """A case from its row."""
    return Case(
        number=row.number,
        state=row.state,
        subject=unseal(key, Field.CASE_SUBJECT, row.subject),
        priority=row.priority,
        create_time=row.create_time,
        update_time=row.update_time,
        order_number=unseal(key, Field.CASE_ORDER, row.order_number),
        source=row.source,
        kind=row.kind,
    )


def interaction_of(row: AnyRow, key: DataKey) -> Interaction:
    """An interaction from its row."""
    return Interaction(
        id=row.id,
        channel=row.channel,
        time=row.time,
        summary=unseal(key, Field.SUMMARY, row.summary),
        agent=row.agent,
        disposition=row.disposition,
        contact=row.contact,
        source=row.source,
    )


def last_agents(rows: Sequence[AnyRow], limit: int) -> tuple[AgentContact, ...]:
    """The last contact with each agent, from contacts latest first; at most `limit` agents."""
    latest = dict[str, AgentContact]()
    for row in rows:
        if row.agent is not None:
            latest.setdefault(row.agent, AgentContact(row.agent, row.disposition, row.time))
    return tuple(latest.values())[:limit]


def _delivery_address(row: AnyRow, key: DataKey) -> str:
    told = unseal(key, Field.ORDER_ADDRESS, row.delivery_address)
    if row.new_address is None:
        return told
    replaced = unseal(key, Field.REPLACED_ADDRESS, row.replaced_address)
    # A source that tells another address than the customer replaced knows something newer.
    return unseal(key, Field.NEW_ADDRESS, row.new_address) if told == replaced else told


def _identifiers(text: str) -> tuple[Identifier, ...]:
    return tuple(
        Identifier(IdentifierKind(kind), value, namespace)
        for kind, value, namespace in (json.loads(text) if text else ())
    )


def _items(text: str) -> tuple[OrderItem, ...]:
    return tuple(
        OrderItem(Words(zh, en), quantity)
        for zh, en, quantity in (json.loads(text) if text else ())
    )
