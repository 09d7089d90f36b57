"""Numbers, amounts, days and times as they are spoken, in both languages."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying import chinese, english
from switchyard_phone.domain.saying.digits import spelled
from switchyard_phone.domain.saying.pieces import Clip, Pause

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (118, "一百一十八"),
        (200, "二百"),
        (222, "二百二十二"),
        (1000, "一千"),
        (1005, "一千零五"),
        (1018, "一千零一十八"),
        (1100, "一千一百"),
        (2002, "两千零二"),
        (2200, "两千二百"),
        (10_000, "一万"),
        (10_001, "一万零一"),
        (12_345, "一万二千三百四十五".replace("二千", "两千")),
        (20_000, "两万"),
        (20_500, "两万零五百"),
        (25_000, "两万五千"),
        (100_000, "十万"),
        (120_000, "十二万"),
        (1_000_000, "一百万"),
        (2_000_000, "二百万"),
        (10_000_500, "一千万零五百"),
        (100_000_000, "一亿"),
        (100_000_005, "一亿零五"),
        (100_010_000, "一亿零一万"),
        (150_000_000, "一亿五千万"),
        (200_000_000, "两亿"),
        (1_234_567_890, "十二亿三千四百五十六万七千八百九十"),
        (-5, "负五"),
    ],
)
def test_chinese_numbers(value: int, said: str) -> None:
    assert "".join(chinese.number(value)) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "zero"),
        (7, "seven"),
        (13, "thirteen"),
        (20, "twenty"),
        (42, "forty-two"),
        (100, "one hundred"),
        (101, "one hundred and one"),
        (342, "three hundred and forty-two"),
        (1000, "one thousand"),
        (1005, "one thousand and five"),
        (1234, "one thousand two hundred and thirty-four"),
        (12_000, "twelve thousand"),
        (100_001, "one hundred thousand and one"),
        (1_000_000, "one million"),
        (2_500_000, "two million five hundred thousand"),
        (1_000_000_042, "one billion and forty-two"),
        (-3, "minus three"),
    ],
)
def test_english_numbers(value: int, said: str) -> None:
    assert " ".join(english.number(value)) == said


@pytest.mark.parametrize(
    ("value", "currency", "zh", "en"),
    [
        ("128", "CNY", "一百二十八元", "one hundred and twenty-eight yuan"),
        ("2", "CNY", "两元", "two yuan"),
        ("28.99", "CNY", "二十八元九角九分", "twenty-eight point nine nine yuan"),
        ("28.05", "CNY", "二十八元零五分", "twenty-eight point zero five yuan"),
        ("28.50", "CNY", "二十八元五角", "twenty-eight point five yuan"),
        ("0.50", "CNY", "五角", "zero point five yuan"),
        ("0.05", "CNY", "五分", "zero point zero five yuan"),
        ("0", "CNY", "零元", "zero yuan"),
        ("28.99", "USD", "二十八点九九美元", "twenty-eight dollars and ninety-nine cents"),
        ("2", "USD", "两美元", "two dollars"),
        ("1", "USD", "一美元", "one dollar"),
        ("1.01", "USD", "一点零一美元", "one dollar and one cent"),
        ("0.50", "USD", "零点五美元", "fifty cents"),
        ("1.00", "GBP", "一英镑", "one pound"),
        ("3.01", "GBP", "三点零一英镑", "three pounds and one penny"),
        ("0.20", "GBP", "零点二英镑", "twenty pence"),
        ("5", "EUR", "五欧元", "five euros"),
        ("500", "JPY", "五百日元", "five hundred yen"),
        ("30", "CHF", "三十CHF", "thirty C H F"),
        ("-12.50", "USD", "负十二点五美元", "minus twelve dollars and fifty cents"),
    ],
)
def test_amounts(value: str, currency: str, zh: str, en: str) -> None:
    assert "".join(chinese.amount(Decimal(value), currency)) == zh
    assert " ".join(english.amount(Decimal(value), currency)) == en


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [
        (
            date(2026, 11, 28),
            "二零二六年十一月二十八日",
            "the twenty-eighth of November twenty twenty-six",
        ),
        (date(2005, 1, 2), "二零零五年一月二日", "the second of January two thousand and five"),
        (date(2010, 3, 21), "二零一零年三月二十一日", "the twenty-first of March twenty ten"),
        (date(1905, 7, 12), "一九零五年七月十二日", "the twelfth of July nineteen oh five"),
        (date(1900, 6, 3), "一九零零年六月三日", "the third of June nineteen hundred"),
        (
            date(2000, 2, 30 - 1),
            "二零零零年二月二十九日",
            "the twenty-ninth of February two thousand",
        ),
    ],
)
def test_dates(day: date, zh: str, en: str) -> None:
    assert "".join(chinese.whole_date(day)) == zh
    assert " ".join(english.whole_date(day)) == en


@pytest.mark.parametrize(
    ("clock", "zh", "en"),
    [
        (time(2), "两点", "two o'clock"),
        (time(2, 5), "两点零五分", "two oh five"),
        (time(12, 30), "十二点三十分", "twelve thirty"),
        (time(15), "十五点", "three pm"),
        (time(0), "零点", "zero o'clock"),
        (time(20, 15), "二十点十五分", "eight fifteen pm"),
    ],
)
def test_times(clock: time, zh: str, en: str) -> None:
    assert "".join(chinese.clock(clock)) == zh
    assert " ".join(english.clock(clock)) == en


@pytest.mark.parametrize(
    ("text", "phone", "zh", "en"),
    [
        ("SY20261234", False, "SY/二零二六/幺二三四", "S Y/two zero two six/one two three four"),
        ("5678", True, "五六七八", "five six seven eight"),
        ("0100", True, "零幺零零", "oh one oh oh"),
        (
            "13812345678",
            True,
            "幺三八/幺二三四/五六七八",
            "one three eight/one two three four/five six seven eight",
        ),
        ("CS-20260001", False, "CS/二零二六/零零零幺", "C S/two zero two six/zero zero zero one"),
        ("123456", False, "幺二三/四五六", "one two three/four five six"),
    ],
)
def test_numbers_read_digit_by_digit(text: str, phone: bool, zh: str, en: str) -> None:
    def said(language: Language, gap: str) -> str:
        pieces = spelled(text, language, phone=phone)
        words = gap.join("/" if isinstance(one, Pause) else one.text for one in pieces)
        return words.replace(f"{gap}/{gap}", "/")

    assert said(ZH, "") == zh
    assert said(EN, " ") == en


@given(st.integers(-(10**13), 10**13))
def test_every_number_is_made_of_clips(value: int) -> None:
    assert set(chinese.number(value)) <= chinese.inventory()
    assert set(english.number(value)) <= english.inventory()


@given(st.integers(0, 10**12 - 1))
def test_chinese_numbers_read_back_are_the_same(value: int) -> None:
    assert read_back("".join(chinese.number(value))) == value


def read_back(said: str) -> int:
    """The number that somebody hears; an own, different way of counting."""
    total, section, figure = 0, 0, 0
    units = {"十": 10, "百": 100, "千": 1000}
    for sign in said:
        if sign in "零一二三四五六七八九":
            figure = "零一二三四五六七八九".index(sign)
        elif sign == "两":
            figure = 2
        elif sign in units:
            section += (figure or (1 if sign == "十" else 0)) * units[sign]
            figure = 0
        else:
            scale = 10_000 if sign == "万" else 100_000_000
            total += (section + figure) * scale
            section, figure = 0, 0
    return total + section + figure


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.sampled_from([*english.UNITS, "CHF"]),
)
def test_every_amount_is_made_of_clips(value: Decimal, currency: str) -> None:
    named = set() if currency in chinese.UNITS else {currency}
    assert set(chinese.amount(value, currency)) <= chinese.inventory() | named
    assert set(english.amount(value, currency)) <= english.inventory()


@given(st.dates(), st.times())
def test_every_day_and_time_is_made_of_clips(day: date, clock: time) -> None:
    assert set(chinese.whole_date(day)) | set(chinese.clock(clock)) <= chinese.inventory()
    assert set(english.whole_date(day)) | set(english.clock(clock)) <= english.inventory()


@given(st.text("ABC0123456789- /", max_size=30), st.booleans())
def test_whatever_is_spelled_is_made_of_clips(text: str, phone: bool) -> None:
    for language, inventory in ((ZH, chinese.inventory()), (EN, english.inventory())):
        pieces = spelled(text, language, phone=phone)
        words = [piece.text for piece in pieces if isinstance(piece, Clip)]
        assert set(words) <= inventory
        assert len(words) == sum(sign.isalnum() for sign in text)
