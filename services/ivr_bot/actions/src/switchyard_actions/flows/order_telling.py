"""Orders in words."""

from collections.abc import Sequence
from datetime import date

from switchyard_actions.domain.day_text import on_day
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order, OrderState
from switchyard_actions.domain.say import Say
from switchyard_actions.domain.texts import Texts

_MOST_ITEMS = 3
_DATED = frozenset(
    {
        OrderState.PLACED,
        OrderState.PACKED,
        OrderState.SHIPPED,
        OrderState.DELIVERED,
        OrderState.OTHER,
    }
)
"""States in which the day of delivery is worth telling."""


class OrderTelling:
    """Says how orders stand. `texts` fills in the parts of a message that is put together."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def status(self, order: Order, today: date, language: Language) -> Say:
        """Number, items, state, and where known the carrier and the day."""
        values = {"number": order.number, "items": self.items(order, language)}
        key = order.state.value
        if order.state is OrderState.SHIPPED and order.carrier:
            values["carrier"] = order.carrier
            key = "shipped_by"
            if order.tracking_number:
                values["tracking"] = order.tracking_number
                key = "shipped_tracked"
        if order.delivery_date is not None and order.state in _DATED:
            values["day"] = on_day(order.delivery_date, today, language)
            key += "_late" if self._is_late(order, today) else "_day"
        return Say(f"orders.{key}", values)

    def list(self, orders: Sequence[Order], today: date, language: Language) -> Say:
        """Several orders, one a line."""
        lines = "\n".join(
            self._texts.render(self._line(order, today, language), language) for order in orders
        )
        return Say("orders.list", {"count": str(len(orders)), "lines": lines})

    def items(self, order: Order, language: Language) -> str:
        """What was ordered; at most three names, and that there is more."""
        shown = [
            item.name if item.quantity == 1 else f"{item.name} ×{item.quantity}"
            for item in order.items[:_MOST_ITEMS]
        ]
        gap = "、" if language is Language.CHINESE else ", "
        if not shown:
            return self._texts.render(Say("orders.no_items"), language)
        names = gap.join(shown)
        if len(order.items) <= _MOST_ITEMS:
            return names
        more = str(len(order.items) - _MOST_ITEMS)
        return self._texts.render(
            Say("orders.more_items", {"items": names, "more": more}), language
        )

    def _line(self, order: Order, today: date, language: Language) -> Say:
        state = self._texts.render(Say(f"orders.state_{order.state.value}"), language)
        values = {"number": order.number, "items": self.items(order, language), "state": state}
        if order.placed_on is None:
            return Say("orders.line", values)
        return Say("orders.line_placed", values | {"day": on_day(order.placed_on, today, language)})

    @staticmethod
    def _is_late(order: Order, today: date) -> bool:
        """It should have arrived and has not."""
        under_way = order.state is not OrderState.DELIVERED
        return under_way and order.delivery_date is not None and order.delivery_date < today
