"""Numbers in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot.numbers import value_of

pytestmark = pytest.mark.unit

_DIGITS = "零一二三四五六七八九"


def in_chinese(number: int) -> str:
    """How 1 to 9999 is said in full."""
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if gap else "") + _DIGITS[digit] + name
        gap = bool(said) and not digit
    return said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百二", "320"),
        ("三百零二", "302"),
        ("十五", "15"),
        ("两千零五", "2005"),
        ("一万二", "12000"),
        ("一百五十万", "1500000"),
        ("五", "5"),
        ("two hundred and five", "205"),
        ("Twenty-five", "25"),
        ("three thousand two hundred", "3200"),
        ("1,280.50", "1280.50"),
        ("007", "7"),
        ("0", "0"),
    ],
)
def test_reads_a_number(text: str, expected: str) -> None:
    assert value_of(text) == expected


@pytest.mark.parametrize("text", ["", "百", "十百", "twenty twenty", "two five", "abc", "1.2.3"])
def test_what_is_no_number_has_no_value(text: str) -> None:
    assert value_of(text) is None


@given(st.integers(1, 9999))
def test_reads_every_number_said_in_chinese(number: int) -> None:
    assert value_of(in_chinese(number)) == str(number)


@given(st.text("零一二两三四五六七八九十百千万", min_size=1, max_size=12))
def test_odd_chinese_numerals_do_no_harm(text: str) -> None:
    value = value_of(text)
    assert value is None or int(value) >= 0
