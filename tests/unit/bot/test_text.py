"""What customers type is brought to one notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot.text import MAX_LENGTH, mask_digits, normalise, simplified

pytestmark = pytest.mark.unit

_TRICKY = "0123459 sSyYtTbBcC+()零〇一三九幺两-.,:#ＳＹ１２　／/onetwenty\u200b"


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
        ("4821 0937", "48210937"),
        ("double five six seven", "5567"),
        ("twenty twenty-six twelve thirty four", "20261234"),
        ("sy2零26一234", "SY20261234"),
        ("T-200-0001", "T2000001"),
        ("工单 t二零零零零零一", "工单 T2000001"),
        ("CS 2026 0001", "CS-2026-0001"),
        ("B-202610-000123", "B202610000123"),
        ("138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("020 7946 0958", "02079460958"),
    ],
)
def test_numbers_become_plain_digits(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


@pytest.mark.parametrize(
    "text",
    [
        "我要一个",
        "等了一两天",
        "one or two days",
        "I have one question",
        "三天了",
        "五一放假吗",
        "2026-11-25",
        "25/11/2026",
        "3:30",
        "12,345.50",
        "nine to five",
        "I can't at 2000 today",
        "aaaa@example.com",
        "2000 3000 4000",
    ],
)
def test_ordinary_number_words_stay(text: str) -> None:
    assert normalise(text) == text


def test_nine_digits_after_sy_are_no_order_number() -> None:
    assert normalise("SY202612345") == "SY202612345"


def test_invisible_characters_and_white_space_do_not_count() -> None:
    assert normalise(" where\u200b\tis \n my　order ") == "where is my order"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("hellooooo!!!!", "helloo!"),
        ("哈哈哈哈哈哈", "哈哈哈"),
        ("快点啊啊啊啊。。。", "快点啊啊啊。"),
    ],
)
def test_drawn_out_letters_and_marks_are_shortened(typed: str, expected: str) -> None:
    assert normalise(typed) == expected


def test_length_is_bounded_even_when_characters_expand() -> None:
    assert len(normalise("ﷺ" * 1000)) <= MAX_LENGTH


@given(st.text(alphabet=_TRICKY, max_size=60) | st.text(max_size=20))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_masked_digits_keep_their_number() -> None:
    assert mask_digits("SY20261234 尾号5678") == "SY00000000 尾号0000"


def test_traditional_characters_are_read_as_simplified_ones_one_for_one() -> None:
    assert simplified("我要換貨，請問運費誰出？") == "我要换货，请问运费谁出？"
    assert simplified("我的订单到哪了, where is it") == "我的订单到哪了, where is it"


@given(st.text())
def test_reading_traditional_characters_keeps_the_length(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert simplified(simplified(text)) == simplified(text)
