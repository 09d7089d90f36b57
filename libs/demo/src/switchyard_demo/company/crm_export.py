"""The company's customers as `switchyard crm import` reads them: one JSON document per line.

docs/customers.md describes the format.
"""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from switchyard_demo.company.documents import Json
from switchyard_demo.company.model import (
    Bill,
    Company,
    Customer,
    Money,
    Order,
    Text,
    Ticket,
    TicketEntry,
)
from switchyard_demo.company.showcase import PINS
from switchyard_demo.company.tickets import LOCAL_TIME

_NOT_PEOPLE = frozenset({"customer", "system"})


def write_crm_import(company: Company, file: TextIO) -> int:
    """Write one line per customer; returns how many."""
    lines = 0
    for document in crm_documents(company):
        file.write(json.dumps(document, ensure_ascii=False) + "\n")
        lines += 1
    return lines


def crm_documents(company: Company) -> Iterator[dict[str, Json]]:
    """One document per customer, in the company's order, with everything that belongs to it."""
    orders = _by_customer(company.orders)
    bills = _by_customer(company.bills)
    tickets = _by_customer(company.tickets)
    for customer in company.customers:
        own_tickets = tickets.get(customer.id, [])
        yield {
            **_about(customer),
            "orders": [_order(order, customer) for order in orders.get(customer.id, [])],
            "bills": [_bill(bill) for bill in bills.get(customer.id, [])],
            "tickets": [_ticket(ticket) for ticket in own_tickets],
            "interactions": [each for ticket in own_tickets for each in _interactions(ticket)],
        }


def _by_customer[T: (Order, Bill, Ticket)](things: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for thing in things:
        found.setdefault(thing.customer, []).append(thing)
    return found


def _about(customer: Customer) -> dict[str, Json]:
    pin = PINS.get(customer.id)
    return {
        **({"pin_hash": _pin_hash(customer.id, pin)} if pin is not None else {}),
        "id": customer.id,
        "name": customer.name,
        "language": customer.language,
        "tier": customer.tier.value,
        "address": customer.address.one_line,
        "since": _morning(customer.since),
        "phones": [customer.phone],
        "emails": [customer.email],
    }


def _order(order: Order, customer: Customer) -> dict[str, Json]:
    arrival = order.delivered_on or order.expected_on
    document: dict[str, Json] = {
        "number": order.number,
        "state": order.state.value,
        "placed": _morning(order.placed_on),
        "items": [{"name": _text(item.name), "quantity": item.quantity} for item in order.items],
        "total": _money(order.total),
        "delivery_address": customer.address.one_line,
    }
    if arrival is not None:
        document["delivery_date"] = arrival.isoformat()
    if order.carrier is not None:
        document["carrier"] = _text(order.carrier)
    if order.tracking_number is not None:
        document["tracking_number"] = order.tracking_number
    return document


def _bill(bill: Bill) -> dict[str, Json]:
    return {
        "number": bill.number,
        "state": bill.state.value,
        "amount": _money(bill.amount),
        "due_date": bill.due_on.isoformat(),
        "period": bill.period,
    }


def _ticket(ticket: Ticket) -> dict[str, Json]:
    return {
        "number": ticket.number,
        "state": ticket.state.value,
        "subject": ticket.subject,
        "priority": ticket.priority.value,
        "created": ticket.history[0].at.isoformat(),
        "updated": ticket.history[-1].at.isoformat(),
        "order_number": ticket.order_number or "",
    }


def _interactions(ticket: Ticket) -> Iterator[dict[str, Json]]:
    """What customer and agents said to each other; what the system did is no contact."""
    for number, entry in enumerate(ticket.history, start=1):
        if entry.author != "system":
            yield _interaction(f"{ticket.number}-{number}", ticket, entry)


def _interaction(interaction: str, ticket: Ticket, entry: TicketEntry) -> dict[str, Json]:
    return {
        "id": interaction,
        "channel": entry.channel,
        "time": entry.at.isoformat(),
        "summary": ticket.subject,
        "agent": "" if entry.author in _NOT_PEOPLE else entry.author,
        "disposition": entry.state.value,
    }


def _pin_hash(customer: str, pin: str) -> str:
    """As docs/customers.md describes it; the salt is always the same, so that the file is too."""
    salt = hashlib.sha256(f"switchyard demo {customer}".encode()).digest()[:16]
    found = hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
    return "$".join(("scrypt", "16384", "8", "1", *(_base64(part) for part in (salt, found))))


def _base64(part: bytes) -> str:
    return base64.b64encode(part).decode()


def _morning(day: dt.date) -> str:
    return dt.datetime.combine(day, dt.time(9), LOCAL_TIME).isoformat()


def _text(text: Text) -> dict[str, Json]:
    return {"zh": text.zh, "en": text.en}


def _money(money: Money) -> dict[str, Json]:
    return {"currency": money.currency, "minor_units": money.minor_units}
