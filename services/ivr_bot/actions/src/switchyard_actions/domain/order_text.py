"""An order in words, in Chinese and English."""

import calendar
from collections.abc import Mapping
from datetime import date

from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order, OrderItem, OrderState

_SHOWN_ITEMS = 3

_CHINESE_STATES: Mapping[OrderState, str] = {
    OrderState.PLACED: "已下单，正在等待打包",
    OrderState.PACKED: "已打包，即将发货",
    OrderState.SHIPPED: "已发货",
    OrderState.DELIVERED: "已送达",
    OrderState.CANCELLED: "已取消",
    OrderState.RETURNED: "已退货",
    OrderState.OTHER: "正在处理中",
}
_ENGLISH_STATES: Mapping[OrderState, str] = {
    OrderState.PLACED: "has been placed and is waiting to be packed",
    OrderState.PACKED: "is packed and about to be shipped",
    OrderState.SHIPPED: "has been shipped",
    OrderState.DELIVERED: "has been delivered",
    OrderState.CANCELLED: "has been cancelled",
    OrderState.RETURNED: "has been returned",
    OrderState.OTHER: "is being processed",
}
_UNDER_WAY = (OrderState.PLACED, OrderState.PACKED, OrderState.SHIPPED, OrderState.OTHER)
_MONTHS = calendar.month_name  # English as long as no locale is set, and none is


def describe(order: Order, language: Language) -> str:
    """One sentence: number, items, state, and where known carrier and date."""
    return _in_chinese(order) if language is Language.CHINESE else _in_english(order)


def state_clause(state: OrderState, language: Language) -> str:
    """What follows an order's number to say its state."""
    if language is Language.CHINESE:
        return f"（{_CHINESE_STATES[state]}）"
    return f", which {_ENGLISH_STATES[state]}"


def _in_chinese(order: Order) -> str:
    clauses = [f"订单 {order.number}{_chinese_items(order.items)}{_CHINESE_STATES[order.state]}"]
    if order.state is OrderState.SHIPPED and order.carrier:
        tracking = f"（运单号 {order.tracking_number}）" if order.tracking_number else ""
        clauses.append(f"由{order.carrier}承运{tracking}")
    day = _chinese_day(order.delivery_date)
    if day and order.state in _UNDER_WAY:
        clauses.append(f"预计 {day}送达")
    elif day and order.state is OrderState.DELIVERED:
        clauses.append(f"送达日期 {day}")
    return "，".join(clauses) + "。"


def _in_english(order: Order) -> str:
    sentence = f"Order {order.number}{_english_items(order.items)} {_ENGLISH_STATES[order.state]}"
    if order.state is OrderState.SHIPPED and order.carrier:
        tracking = f" (tracking number {order.tracking_number})" if order.tracking_number else ""
        sentence += f" with {order.carrier}{tracking}"
    day = _english_day(order.delivery_date)
    if day and order.state in _UNDER_WAY:
        sentence += f" and should arrive on {day}"
    elif day and order.state is OrderState.DELIVERED:
        sentence += f" on {day}"
    return sentence + "."


def _chinese_items(items: tuple[OrderItem, ...]) -> str:
    if not items:
        return ""
    shown = [
        item.name if item.quantity == 1 else f"{item.name} ×{item.quantity}"
        for item in items[:_SHOWN_ITEMS]
    ]
    rest = "等" if len(items) > _SHOWN_ITEMS else ""
    return f"（{'、'.join(shown)}{rest}）"


def _english_items(items: tuple[OrderItem, ...]) -> str:
    if not items:
        return ""
    shown = [
        item.name if item.quantity == 1 else f"{item.quantity} × {item.name}"
        for item in items[:_SHOWN_ITEMS]
    ]
    more = len(items) - _SHOWN_ITEMS
    if more > 0:
        shown.append(f"and {more} more")
    return f" ({', '.join(shown)})"


def _chinese_day(day: date | None) -> str:
    return "" if day is None else f"{day.month} 月 {day.day} 日"


def _english_day(day: date | None) -> str:
    return "" if day is None else f"{day.day} {_MONTHS[day.month]}"
