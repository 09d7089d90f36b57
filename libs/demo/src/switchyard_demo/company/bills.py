"""Monthly bills of the customers who pay for a service."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence

from switchyard_demo.company.model import Bill, BillState, Customer, Money
from switchyard_demo.company.places import CURRENCY_OF_COUNTRY
from switchyard_demo.company.products import SERVICES, Service, price_minor_units

MONTHS_KEPT = 6
DUE_AFTER = dt.timedelta(days=30)
_NEVER_PAID = 0.015
_PAID_LATE = 0.08


def make_bills(
    customers: Sequence[Customer],
    as_of: dt.date,
    late: frozenset[str],
    owing: frozenset[str],
    rng: random.Random,
) -> tuple[Bill, ...]:
    """Bills of the last months, issued on the first of the month that follows.

    The customers named in ``late`` have paid all but their last bill that is due, those in
    ``owing`` have not paid their newest.
    """
    services = {service.id: service for service in SERVICES}
    bills: list[Bill] = []
    for customer in customers:
        if customer.service_plan is not None:
            service = services[customer.service_plan]
            unpaid = _unpaid(customer, as_of, customer.id in late, customer.id in owing)
            bills += _bills_of(customer, service, as_of, unpaid, rng)
    return tuple(bills)


def _months_of(customer: Customer, as_of: dt.date) -> list[dt.date]:
    """The months that are billed, the latest first."""
    return [day for day in _months_before(as_of) if day >= customer.since.replace(day=1)]


def _unpaid(
    customer: Customer, as_of: dt.date, is_late: bool, is_owing: bool
) -> frozenset[dt.date]:
    """The months whose bills are left unpaid on purpose."""
    months = _months_of(customer, as_of)
    due = [month for month in months if _issued_on(month) + DUE_AFTER < as_of]
    return frozenset((due[:1] if is_late else []) + (months[:1] if is_owing else []))


def _bills_of(
    customer: Customer,
    service: Service,
    as_of: dt.date,
    unpaid: frozenset[dt.date],
    rng: random.Random,
) -> list[Bill]:
    return [
        _bill(customer, service, month, as_of, month in unpaid, rng)
        for month in reversed(_months_of(customer, as_of))
    ]


def _months_before(as_of: dt.date) -> Iterator[dt.date]:
    """First days of the whole months before a day, the latest first."""
    month = as_of.replace(day=1)
    for _ in range(MONTHS_KEPT):
        month = (month - dt.timedelta(days=1)).replace(day=1)
        yield month


def _issued_on(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _bill(
    customer: Customer,
    service: Service,
    month: dt.date,
    as_of: dt.date,
    is_unpaid: bool,
    rng: random.Random,
) -> Bill:
    issued_on = _issued_on(month)
    due_on = issued_on + DUE_AFTER
    days = (
        DUE_AFTER.days + rng.randint(1, 20)
        if rng.random() < _PAID_LATE
        else rng.randint(0, DUE_AFTER.days)
    )
    never = rng.random() < _NEVER_PAID
    paid_on = issued_on + dt.timedelta(days=days)
    is_paid = not never and not is_unpaid and paid_on <= as_of
    extra = rng.choices((0, rng.randint(1, 30)), (7, 3))[0]
    currency = CURRENCY_OF_COUNTRY[customer.address.country]
    unpaid_state = BillState.OVERDUE if due_on < as_of else BillState.OPEN
    return Bill(
        number=f"B{month:%Y%m}{int(customer.id[1:]):06}",
        customer=customer.id,
        service=service.name,
        period=f"{month:%Y-%m}",
        amount=Money(price_minor_units(service.yuan_per_month + extra, currency), currency),
        issued_on=issued_on,
        due_on=due_on,
        state=BillState.PAID if is_paid else unpaid_state,
        paid_on=paid_on if is_paid else None,
    )
