"""The company as plain JSON values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from switchyard_demo.company.model import Company

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None


def to_json_documents(company: Company) -> dict[str, list[Json]]:
    """Lists of documents by kind: company, agents, queues, customers, orders, bills, tickets.

    Fields have the names of ``model.py``; days and moments are ISO 8601. What the model derives is
    written out where readers would have to derive it again: an order's ``total``, a ticket's
    ``state``.
    """
    about: dict[str, Json] = {
        "name": _json(company.name),
        "seed": company.seed,
        "as_of": company.as_of.isoformat(),
    }
    return {
        "company": [about],
        "agents": [_json(agent) for agent in company.agents],
        "queues": [_json(queue) for queue in company.queues],
        "customers": [_json(customer) for customer in company.customers],
        "orders": [_with(_json(order), total=order.total) for order in company.orders],
        "bills": [_json(bill) for bill in company.bills],
        "tickets": [_with(_json(ticket), state=ticket.state) for ticket in company.tickets],
    }


def _with(document: Json, **derived: object) -> Json:
    if not isinstance(document, dict):
        raise TypeError(f"a document is an object, not {type(document).__name__}")
    return document | {name: _json(value) for name, value in derived.items()}


def _json(value: object) -> Json:
    match value:
        case Enum():
            return str(value.value)
        case None | bool() | int() | float() | str():
            return value
        case dt.date():
            return value.isoformat()
        case tuple() | list():
            return [_json(item) for item in value]
        case Mapping():
            return {str(key): _json(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")
