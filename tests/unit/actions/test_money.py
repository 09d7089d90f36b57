"""Amounts in words and in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money, in_parts, spoken, totals

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("money", "chinese", "english"),
    [
        (Money("CNY", 12800), "128 元", "128 yuan"),
        (Money("CNY", 12805), "128.05 元", "128.05 yuan"),
        (Money("CNY", 129990), "1299.90 元", "1,299.90 yuan"),
        (Money("USD", 2899), "28.99 美元", "$28.99"),
        (Money("GBP", 100000), "1000 英镑", "£1,000"),
        (Money("JPY", 1500), "1500 日元", "1,500 JPY"),
        (Money("CHF", 50), "0.50 CHF", "0.50 CHF"),
        (Money("USD", -250), "-2.50 美元", "-$2.50"),
        (Money("CNY", 0), "0 元", "0 yuan"),
    ],
)
def test_amounts_are_said_as_people_say_them(money: Money, chinese: str, english: str) -> None:
    assert spoken(money, Language.CHINESE) == chinese
    assert spoken(money, Language.ENGLISH) == english


def test_sums_do_not_mix_currencies() -> None:
    amounts = (Money("CNY", 100), Money("USD", 5), Money("CNY", 20))
    assert totals(amounts) == (Money("CNY", 120), Money("USD", 5))
    assert totals(()) == ()
    with pytest.raises(ValueError, match="two currencies"):
        amounts[0].plus(amounts[1])


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=12))
def test_parts_add_up_to_the_whole(minor_units: int, parts: int) -> None:
    each, last = in_parts(Money("CNY", minor_units), parts)
    assert each.minor_units * (parts - 1) + last.minor_units == minor_units
    assert 0 <= last.minor_units - each.minor_units < parts
