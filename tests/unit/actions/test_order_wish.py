"""Which of their orders customers mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.order_wish import Which, Wish, by_words, decode, fitting, wish_in
from switchyard_actions.domain.orders import Order, OrderState
from switchyard_actions.domain.past_days import Span

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 27)
NEW = Order("SY3", OrderState.PLACED, placed_on=date(2026, 11, 26))
MIDDLE = Order("SY2", OrderState.PACKED, placed_on=date(2026, 11, 24))
OLD = Order("SY1", OrderState.SHIPPED)
ORDERS = (NEW, MIDDLE, OLD)


@pytest.mark.parametrize(
    ("words", "which"),
    [
        ("show me all my orders", Which.ALL),
        ("把最近买的都列出来", Which.ALL),
        ("我有哪些订单", Which.ALL),
        ("my latest order", Which.LATEST),
        ("最新那单", Which.LATEST),
        ("the last order", Which.LATEST),
        ("不是这个，是另外一个", Which.OTHER),
        ("no, the other one", Which.OTHER),
        ("the one from yesterday", Which.DAYS),
    ],
)
def test_words_are_understood(words: str, which: Which) -> None:
    wish = wish_in(words, TODAY, talked_about="SY1")
    assert wish is not None
    assert wish.which is which


@pytest.mark.parametrize("words", ["where is my order", "我的订单到哪了", "", "another address"])
def test_other_words_say_nothing_of_which(words: str) -> None:
    assert wish_in(words, TODAY, talked_about="SY1") is None


def test_orders_are_narrowed_down() -> None:
    yesterday = Span(date(2026, 11, 26), date(2026, 11, 26))
    assert fitting(ORDERS, None) == ORDERS
    assert fitting(ORDERS, Wish(Which.LATEST)) == (NEW,)
    assert fitting(ORDERS, Wish(Which.OTHER, than="SY2")) == (NEW, OLD)
    assert fitting(ORDERS, Wish(Which.DAYS, yesterday)) == (NEW,)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("the one with the lamp", "SY1"),
        ("台灯那个", "SY2"),
        ("my earbuds", None),  # of two orders
        ("the order", None),
    ],
)
def test_items_tell_orders_apart(words: str, number: str | None) -> None:
    names = [("SY1", "Desk lamp · Earbuds"), ("SY2", "护眼台灯"), ("SY3", "Earbuds")]
    assert by_words(words, names) == number


wishes = st.one_of(
    st.sampled_from([Wish(Which.ALL), Wish(Which.LATEST), Wish(Which.OTHER)]),
    st.just(Wish(Which.OTHER, than="SY20261111")),
    st.dates().map(lambda day: Wish(Which.DAYS, Span(day, day))),
)


@given(wishes)
def test_a_wish_survives_being_kept_as_text(wish: Wish) -> None:
    assert decode(wish.encode()) == wish


def test_no_wish_is_kept_as_nothing() -> None:
    assert decode("") is None
