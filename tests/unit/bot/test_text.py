"""What customers type is brought to one notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot.text import MAX_LENGTH, mask_digits, normalise

pytestmark = pytest.mark.unit

_TRICKY = "0123459 sSyY零〇一三九幺两-.,:#ＳＹ１２　／/onetwo\u200b"


@pytest.mark.parametrize(
    "typed",
    [
        "SY20261234",
        "sy20261234",
        "ＳＹ２０２６１２３４",
        "SY 2026 1234",
        "sy-2026-1234",
        "S Y 2 0 2 6 1 2 3 4",
        "SY:20261234",
        "SY二零二六一二三四",
        "SY二〇二六幺二三四",
        "sy two zero two six one two three four",
    ],
)
def test_every_notation_of_an_order_number_becomes_the_same(typed: str) -> None:
    assert normalise(typed) == "SY20261234"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("尾号５６７８", "尾号5678"),
        ("五六七八", "5678"),
        ("五 六 七 八", "5678"),
        ("five six seven eight", "5678"),
        ("oh five oh nine", "0509"),
        ("1 2 3 4", "1234"),
        ("2026-1234", "20261234"),
        ("订单SY20261234 尾号5678", "订单SY20261234 尾号5678"),
        ("SY20261234 5678", "SY20261234 5678"),
        ("SY20261234 5 6 7 8", "SY20261234 5678"),
        ("订单号ＳＹ２０２６１２３４，谢谢", "订单号SY20261234,谢谢"),
    ],
)
def test_numbers_become_plain_digits(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@pytest.mark.parametrize(
    "text",
    ["我要一个", "等了一两天", "one or two days", "I have one question", "三天了", "五一放假吗"],
)
def test_ordinary_number_words_stay(text: str) -> None:
    assert normalise(text) == text


def test_nine_digits_after_sy_are_no_order_number() -> None:
    assert normalise("SY202612345") == "SY202612345"


def test_invisible_characters_and_white_space_do_not_count() -> None:
    assert normalise(" where\u200b\tis \n my　order ") == "where is my order"


def test_length_is_bounded_even_when_characters_expand() -> None:
    assert len(normalise("ﷺ" * 1000)) <= MAX_LENGTH


@given(st.text(alphabet=_TRICKY, max_size=60) | st.text(max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_masked_digits_keep_their_number() -> None:
    assert mask_digits("SY20261234 尾号5678") == "SY00000000 尾号0000"
