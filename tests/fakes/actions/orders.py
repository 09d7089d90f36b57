"""An order directory in memory."""

from collections.abc import Iterable
from datetime import date

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.service.ports import OrdersUnavailable

NUMBER = "SY20261234"
LAST4 = "5678"


def shipped_order(number: str = NUMBER) -> Order:
    """An order on its way, with English names."""
    return Order(
        number=number,
        state=OrderState.SHIPPED,
        items=(OrderItem("desk lamp", 1), OrderItem("phone case", 2)),
        carrier="SF Express",
        tracking_number="SF1029384756",
        delivery_date=date(2026, 11, 25),
        customer="tenants/demo/customers/c1",
    )


class FakeOrderDirectory:
    """Knows orders by number and last digits; can be told to be unavailable."""

    def __init__(self, orders: Iterable[tuple[Order, str]] = ()) -> None:
        self._orders = {(order.number, last4): order for order, last4 in orders}
        self.available = True
        self.bug: Exception | None = None
        self.asked: list[tuple[str, str, Language]] = []

    async def find_order(
        self, order_number: str, phone_last4: str, language: Language
    ) -> Order | None:
        """See OrderDirectory."""
        self.asked.append((order_number, phone_last4, language))
        if self.bug is not None:
            raise self.bug
        if not self.available:
            raise OrdersUnavailable
        return self._orders.get((order_number, phone_last4))
