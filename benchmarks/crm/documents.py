"""Customers for the benchmarks, as documents for the import: each with all that belongs to one."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

_SEED = 2026
_NOW = datetime.now(UTC)
_FIRST_NUMBER = 31_415_926  # none of them looks like a placeholder


def phone_of(number: int) -> str:
    """The telephone number of a customer."""
    return f"+86199{_FIRST_NUMBER + number}"


def documents(customers: int) -> Iterator[dict[str, object]]:
    """Customers in the import format, always the same."""
    rng = random.Random(_SEED)
    for number in range(customers):
        orders = [_order(number, index, rng) for index in range(rng.randint(1, 4))]
        yield {
            "id": f"c-{number}",
            "name": f"Customer {number}",
            "language": rng.choice(("zh", "en")),
            "tier": rng.choice(("standard", "gold")),
            "phones": [phone_of(number)],
            "emails": [f"c{number}@example.com"],
            "orders": orders,
            "bills": [_bill(month) for month in range(1, 4)],
            "tickets": [_ticket(index, rng) for index in range(rng.randint(0, 2))],
            "interactions": [_interaction(index, rng) for index in range(rng.randint(0, 8))],
        }


def _order(customer: int, index: int, rng: random.Random) -> dict[str, object]:
    item = {"name": {"zh": "手机壳", "en": "Phone case"}, "quantity": rng.randint(1, 3)}
    return {
        "number": f"SY{customer:08}{index}",
        "state": "shipped",
        "placed": _ago(rng.uniform(0, 500)),
        "items": [item] * rng.randint(1, 3),
        "total": {"currency": "CNY", "minor_units": 19_900},
    }


def _bill(month: int) -> dict[str, object]:
    amount = {"currency": "CNY", "minor_units": 8_800}
    return {"number": f"B{month}", "state": "paid", "amount": amount, "period": f"2026-{month:02}"}


def _ticket(index: int, rng: random.Random) -> dict[str, object]:
    opened = _ago(rng.uniform(0, 90))
    state = rng.choice(("open", "closed"))
    ticket = {"number": f"T{index}", "state": state, "subject": "Parcel missing"}
    return {**ticket, "created": opened, "updated": opened}


def _interaction(index: int, rng: random.Random) -> dict[str, object]:
    agent = f"a-{rng.randint(1, 40)}"
    return {"id": f"i{index}", "channel": "VOICE", "time": _ago(rng.uniform(0, 60)), "agent": agent}


def _ago(days: float) -> str:
    return (_NOW - timedelta(days=days)).isoformat()
