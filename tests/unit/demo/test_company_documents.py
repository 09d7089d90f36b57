"""The company as JSON: nothing lost, nothing that JSON does not know."""

import datetime as dt
import json

import pytest
from switchyard_demo.company.documents import Json, to_json_documents
from switchyard_demo.company.generate import DEFAULT_SEED, generate
from switchyard_demo.company.model import Company

pytestmark = pytest.mark.unit

Documents = dict[str, list[Json]]


@pytest.fixture(scope="module")
def company() -> Company:
    return generate(DEFAULT_SEED, dt.date(2026, 11, 22))


@pytest.fixture(scope="module")
def documents(company: Company) -> Documents:
    return to_json_documents(company)


def test_every_thing_becomes_a_document_and_survives_json(
    company: Company, documents: Documents
) -> None:
    assert {kind: len(found) for kind, found in documents.items()} == {
        "company": 1,
        "agents": 40,
        "queues": 5,
        "customers": 500,
        "orders": len(company.orders),
        "bills": len(company.bills),
        "tickets": len(company.tickets),
    }
    assert json.loads(json.dumps(documents)) == documents


def test_a_customer_document_says_all_of_the_customer(documents: Documents) -> None:
    assert documents["customers"][0] == {
        "id": "c0001",
        "name": "陈晓雨",
        "language": "zh",
        "phone": "+8619900008826",
        "email": "xiaoyu.chen@example.com",
        "address": {
            "country": "CN",
            "region": "浙江省",
            "city": "杭州市",
            "district": "西湖区",
            "street": "云杉路18号2栋601室",
            "postal_code": "310000",
        },
        "tier": "gold",
        "since": "2024-06-05",
        "service_plan": "fibre-1000",
    }


def test_an_order_document_carries_its_total(documents: Documents) -> None:
    order = documents["orders"][0]
    assert isinstance(order, dict)
    assert order["number"] == "SY10240001"
    assert order["state"] == "shipped"
    assert order["placed_on"] == "2026-11-19"
    assert order["delivered_on"] is None
    assert order["total"] == {"minor_units": 61_800, "currency": "CNY"}


def test_a_ticket_document_carries_its_state_and_moments_in_utc(
    company: Company, documents: Documents
) -> None:
    ticket = documents["tickets"][0]
    assert isinstance(ticket, dict)
    assert ticket["state"] == company.tickets[0].state.value
    history = ticket["history"]
    assert isinstance(history, list)
    first = history[0]
    assert isinstance(first, dict)
    assert str(first["at"]).endswith("+00:00")


def test_a_queue_document_holds_its_plan(documents: Documents) -> None:
    queue = documents["queues"][0]
    assert isinstance(queue, dict)
    assert queue["plan"] == {
        "id": "orders",
        "steps": [
            {
                "skills": [{"skill": "orders", "min_level": 6}],
                "language_level": 6,
                "expires_after_seconds": 20,
            },
            {
                "skills": [{"skill": "orders", "min_level": 4}],
                "language_level": 5,
                "expires_after_seconds": 40,
            },
            {
                "skills": [{"skill": "orders", "min_level": 2}],
                "language_level": 4,
                "expires_after_seconds": None,
            },
        ],
    }
