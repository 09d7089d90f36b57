"""An order in words."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.order_text import describe
from switchyard_actions.domain.orders import Order, OrderItem, OrderState

from tests.fakes.actions.orders import shipped_order

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH


def test_tells_a_shipped_order_in_english() -> None:
    assert describe(shipped_order(), EN) == (
        "Order SY20261234 (desk lamp, 2 × phone case) has been shipped with SF Express "
        "(tracking number SF1029384756) and should arrive on 25 November."
    )


def test_tells_a_shipped_order_in_chinese() -> None:
    order = replace(
        shipped_order(),
        carrier="顺丰速运",
        items=(OrderItem("台灯", 1), OrderItem("手机壳", 2)),
    )
    assert describe(order, ZH) == (
        "订单 SY20261234（台灯、手机壳 ×2）已发货，由顺丰速运承运（运单号 SF1029384756），"
        "预计 11 月 25 日送达。"
    )


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("language", Language)
def test_every_state_has_a_sentence_even_when_nothing_else_is_known(
    state: OrderState, language: Language
) -> None:
    text = describe(Order("SY20261234", state), language)
    assert "SY20261234" in text
    assert text.endswith("。" if language is ZH else ".")
    assert "None" not in text
    assert "（" not in text
    assert "(" not in text


def test_states_differ_in_words() -> None:
    for language in Language:
        assert len({describe(Order("SY20261234", state), language) for state in OrderState}) == 7


@pytest.mark.parametrize(
    ("state", "zh", "en"),
    [
        (OrderState.DELIVERED, "送达日期 11 月 25 日", "has been delivered on 25 November"),
        (OrderState.CANCELLED, None, None),
        (OrderState.RETURNED, None, None),
        (OrderState.PLACED, "预计 11 月 25 日送达", "should arrive on 25 November"),
    ],
)
def test_date_is_told_where_it_means_something(
    state: OrderState, zh: str | None, en: str | None
) -> None:
    order = replace(shipped_order(), state=state)
    for text, expected in ((describe(order, ZH), zh), (describe(order, EN), en)):
        assert (expected in text) if expected else ("25" not in text)


def test_carrier_is_told_only_on_the_way() -> None:
    order = replace(shipped_order(), state=OrderState.CANCELLED)
    assert "SF" not in describe(order, EN)
    assert "SF" not in describe(order, ZH)


def test_long_lists_are_cut() -> None:
    order = replace(shipped_order(), items=tuple(OrderItem(f"item {n}", 1) for n in range(5)))
    assert "(item 0, item 1, item 2, and 2 more)" in describe(order, EN)
    assert "（item 0、item 1、item 2等）" in describe(order, ZH)
