"""The company in the import format of the CRM adapter. That it is accepted is tested there."""

import datetime as dt
import io
import json
from typing import Any

import pytest
from switchyard_demo.company.crm_export import write_crm_import
from switchyard_demo.company.generate import CUSTOMERS, generate

pytestmark = pytest.mark.unit

COMPANY = generate(7, dt.date(2026, 11, 22))


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    file = io.StringIO()
    assert write_crm_import(COMPANY, file) == CUSTOMERS
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_holds_everything_the_company_knows_once(documents: list[dict[str, Any]]) -> None:
    for kind, things in (
        ("orders", COMPANY.orders),
        ("bills", COMPANY.bills),
        ("tickets", COMPANY.tickets),
    ):
        numbers = sorted(each["number"] for document in documents for each in document[kind])
        assert numbers == sorted(thing.number for thing in things)


def test_things_lie_with_their_customer(documents: list[dict[str, Any]]) -> None:
    owners = {
        order["number"]: document["id"] for document in documents for order in document["orders"]
    }
    assert owners == {order.number: order.customer for order in COMPANY.orders}


def test_contacts_are_what_people_said(documents: list[dict[str, Any]]) -> None:
    agents = {agent.id for agent in COMPANY.agents}
    contacts = [each for document in documents for each in document["interactions"]]
    said = [
        entry for ticket in COMPANY.tickets for entry in ticket.history if entry.author != "system"
    ]
    assert len(contacts) == len(said) == len({each["id"] for each in contacts})
    assert {each["agent"] for each in contacts} <= agents | {""}
    assert any(each["agent"] for each in contacts)
