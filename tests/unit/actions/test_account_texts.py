"""Orders and bills in words: every state, in both languages."""

import itertools
import re
from datetime import date, timedelta

import pytest
from switchyard_actions.domain.bills import Bill, BillState
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.flows.bill_telling import BillTelling
from switchyard_actions.flows.order_telling import OrderTelling

from tests.fakes.actions.talk import the_texts

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 27)
DAYS = (None, TODAY - timedelta(days=2), TODAY, TODAY + timedelta(days=30))
HAN = re.compile(r"[\u4e00-\u9fff]")
LANGUAGES = list(Language)


def orders() -> list[Order]:
    """One in every state, with and without day, carrier and tracking number."""
    ways = (("", ""), ("Blue Goose", ""), ("Blue Goose", "BG77"))
    return [
        Order("SY20261111", state, (OrderItem("Lamp", 1),), *way, day)
        for state, day, way in itertools.product(OrderState, DAYS, ways)
    ]


def bills() -> list[Bill]:
    """One in every state, with and without day and month."""
    return [
        Bill("B202610000001", state, Money("CNY", 7900), day, period)
        for state, day, period in itertools.product(BillState, DAYS, ("", "2026-10"))
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_order_has_words_and_all_of_them_are_used(language: Language) -> None:
    telling, texts = OrderTelling(the_texts()), the_texts()
    said = [telling.status(order, TODAY, language) for order in orders()]
    for message in said:
        words = texts.render(message, language)
        assert "SY20261111" in words
        assert "Lamp" in words
        assert bool(HAN.search(words)) == (language is Language.CHINESE)
    family = tuple(f"orders.{state.value}" for state in OrderState)
    assert {message.key for message in said} == {
        key for key in texts.keys if key.startswith(family)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_bill_has_words_alone_and_in_the_balance(language: Language) -> None:
    telling, texts = BillTelling(the_texts()), the_texts()
    for bill in bills():
        words = texts.render(telling.one(bill, TODAY, language), language)
        assert bill.number in words
        assert "79" in words
        assert bool(HAN.search(words)) == (language is Language.CHINESE)
    owed = [bill for bill in bills() if bill.is_owed]
    words = texts.render(telling.owed(owed, TODAY, language), language)
    assert len(words.splitlines()) == len(owed) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_has_one_line_an_order(language: Language) -> None:
    telling, texts = OrderTelling(the_texts()), the_texts()
    words = texts.render(telling.list(orders(), TODAY, language), language)
    assert len(words.splitlines()) == len(orders()) + 1


@pytest.mark.parametrize(
    ("items", "chinese", "english"),
    [
        ((), "商品明细未列出", "items not listed"),
        ((OrderItem("A", 2),), "A ×2", "A ×2"),
        ((OrderItem("A", 1), OrderItem("B", 1)), "A、B", "A, B"),
        (
            tuple(OrderItem(name, 1) for name in "ABCDE"),
            "A、B、C等，另有 2 种",
            "A, B, C and 2 more",
        ),
    ],
)
def test_items_are_told_in_short(items: tuple[OrderItem, ...], chinese: str, english: str) -> None:
    telling = OrderTelling(the_texts())
    order = Order("SY20261111", OrderState.PLACED, items)
    assert telling.items(order, Language.CHINESE) == chinese
    assert telling.items(order, Language.ENGLISH) == english


def test_a_day_that_is_over_is_late_only_while_the_order_is_under_way() -> None:
    telling = OrderTelling(the_texts())
    for order in orders():
        over = order.delivery_date is not None and order.delivery_date < TODAY
        under_way = order.state not in {
            OrderState.DELIVERED,
            OrderState.CANCELLED,
            OrderState.RETURNED,
        }
        key = telling.status(order, TODAY, Language.ENGLISH).key
        assert key.endswith("_late") == (over and under_way)
