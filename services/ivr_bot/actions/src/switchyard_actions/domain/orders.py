"""What the company knows of an order, as far as a customer is told."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from switchyard_actions.domain.money import Money


class OrderState(StrEnum):
    """How far an order has got. OTHER: a state this bot has no words for."""

    PLACED = "placed"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order; the name is in the customer's language."""

    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order.

    `delivery_date` is when it should arrive, or did; carrier and tracking number are empty before
    it is shipped; `customer` is the resource name of whoever ordered it. `placed_on` is a day of
    the company's own time zone. `delivery_address` is one line; personal.
    """

    number: str
    state: OrderState
    items: tuple[OrderItem, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    delivery_date: date | None = None
    customer: str = ""
    placed_on: date | None = None
    total: Money | None = None
    delivery_address: str = ""
