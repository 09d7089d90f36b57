"""What the customers ordered, and how far it has got."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from switchyard_demo.company.model import (
    Customer,
    Money,
    Order,
    OrderItem,
    OrderState,
)
from switchyard_demo.company.places import CURRENCY_OF_COUNTRY
from switchyard_demo.company.products import (
    CARRIER_WEIGHTS,
    CARRIERS,
    PRODUCTS,
    Carrier,
    Product,
    price_minor_units,
)

_ORDERS_PER_CUSTOMER = {1: 30, 2: 26, 3: 18, 4: 12, 5: 8, 6: 6}
_ITEMS_PER_ORDER = {1: 55, 2: 28, 3: 12, 4: 5}
_OLDEST_DAYS = 540
_CANCELLED, _RETURNED, _LATE = 0.06, 0.06, 0.08


def make_orders(
    customers: Sequence[Customer], as_of: dt.date, known: Sequence[Order], rng: random.Random
) -> tuple[Order, ...]:
    """The known orders, then one to six for every customer who has none of those."""
    supplied = {order.customer for order in known}
    numbers = _order_numbers(frozenset(order.number for order in known), rng)
    orders = list(known)
    for customer in customers:
        if customer.id not in supplied:
            orders += _orders_of(customer, as_of, numbers, rng)
    return tuple(orders)


def _order_numbers(taken: frozenset[str], rng: random.Random) -> Iterator[str]:
    seen = set(taken)
    while True:
        number = f"SY{rng.randrange(10_000_000, 100_000_000)}"
        if number not in seen:
            seen.add(number)
            yield number


def _orders_of(
    customer: Customer, as_of: dt.date, numbers: Iterator[str], rng: random.Random
) -> list[Order]:
    how_many = rng.choices(list(_ORDERS_PER_CUSTOMER), list(_ORDERS_PER_CUSTOMER.values()))[0]
    oldest = min(_OLDEST_DAYS, (as_of - customer.since).days)
    days_ago = sorted((int(oldest * rng.random() ** 2.2) for _ in range(how_many)), reverse=True)
    return [
        order_on(
            as_of,
            next(numbers),
            customer,
            _items(customer, rng),
            draw_journey(as_of - dt.timedelta(days=days), rng),
            carrier=rng.choices(CARRIERS, CARRIER_WEIGHTS)[0],
            parcel=rng.randrange(10**12),
        )
        for days in days_ago
    ]


def _items(customer: Customer, rng: random.Random) -> tuple[OrderItem, ...]:
    how_many = rng.choices(list(_ITEMS_PER_ORDER), list(_ITEMS_PER_ORDER.values()))[0]
    chosen: dict[str, Product] = {}
    for product in rng.choices(PRODUCTS, [product.weight for product in PRODUCTS], k=how_many):
        chosen[product.sku] = product
    return tuple(
        item_of(product, customer, rng.choices((1, 2, 3), (85, 12, 3))[0])
        for product in chosen.values()
    )


def item_of(product: Product, customer: Customer, quantity: int) -> OrderItem:
    """A line of an order at the customer's prices."""
    currency = CURRENCY_OF_COUNTRY[customer.address.country]
    price = Money(price_minor_units(product.yuan, currency), currency)
    return OrderItem(product.sku, product.name, quantity, price)


@dataclass(frozen=True, slots=True)
class Journey:
    """What happens to an order in the end, whether or not the days have come."""

    placed_on: dt.date
    packed_on: dt.date
    shipped_on: dt.date
    expected_on: dt.date
    delivered_on: dt.date
    cancelled_on: dt.date | None = None
    """Not after packing."""
    returned_on: dt.date | None = None

    def state_on(self, day: dt.date) -> OrderState:
        """How far the order has got on a day."""
        if self.cancelled_on is not None and self.cancelled_on <= day:
            return OrderState.CANCELLED
        steps = (
            (OrderState.RETURNED, self.returned_on),
            (OrderState.DELIVERED, self.delivered_on),
            (OrderState.SHIPPED, self.shipped_on),
            (OrderState.PACKED, self.packed_on),
        )
        passed = (state for state, when in steps if when is not None and when <= day)
        return next(passed, OrderState.PLACED)


def draw_journey(placed_on: dt.date, rng: random.Random) -> Journey:
    """A believable course: most arrive as promised, some late, some never, some go back."""
    packed_on = placed_on + dt.timedelta(days=rng.choices((0, 1, 2), (5, 4, 1))[0])
    shipped_on = packed_on + dt.timedelta(days=rng.choices((0, 1, 2), (5, 4, 1))[0])
    expected_on = shipped_on + dt.timedelta(days=rng.randint(2, 5))
    on_time = rng.random() >= _LATE
    delivered_on = expected_on + dt.timedelta(
        days=rng.randint(-1, 0) if on_time else rng.randint(2, 6)
    )
    fate = rng.random()
    cancelled_on = placed_on + dt.timedelta(days=rng.randint(0, (packed_on - placed_on).days))
    returned_on = delivered_on + dt.timedelta(days=rng.randint(3, 14))
    return Journey(
        placed_on=placed_on,
        packed_on=packed_on,
        shipped_on=shipped_on,
        expected_on=expected_on,
        delivered_on=delivered_on,
        cancelled_on=cancelled_on if fate < _CANCELLED else None,
        returned_on=returned_on if fate > 1 - _RETURNED else None,
    )


def order_on(
    day: dt.date,
    number: str,
    customer: Customer,
    items: tuple[OrderItem, ...],
    journey: Journey,
    *,
    carrier: Carrier,
    parcel: int,
) -> Order:
    """The order as it stands on a day of its journey; ``parcel`` is the carrier's own number."""
    state = journey.state_on(day)
    cancelled = state is OrderState.CANCELLED

    def passed(step: dt.date | None) -> dt.date | None:
        return None if cancelled or step is None or step > day else step

    shipped_on = passed(journey.shipped_on)
    return Order(
        number=number,
        customer=customer.id,
        state=state,
        items=items,
        placed_on=journey.placed_on,
        packed_on=passed(journey.packed_on),
        shipped_on=shipped_on,
        expected_on=None if cancelled else journey.expected_on,
        delivered_on=passed(journey.delivered_on),
        ended_on=journey.cancelled_on if cancelled else passed(journey.returned_on),
        carrier=carrier.name if shipped_on else None,
        tracking_number=f"{carrier.prefix}{parcel:012}" if shipped_on else None,
    )
