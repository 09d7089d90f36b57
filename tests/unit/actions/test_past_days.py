"""Days that lie behind, months billed, and days to pay from, as customers name them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.due_days import due_day_in
from switchyard_actions.domain.past_days import Span, past_span
from switchyard_actions.domain.periods import period_in

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 27)  # a Friday


def day(month: int, number: int, year: int = 2026) -> Span:
    return Span(date(year, month, number), date(year, month, number))


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("昨天那个", day(11, 26)),
        ("前天买的", day(11, 25)),
        ("大前天", day(11, 24)),
        ("今天下的单", day(11, 27)),
        ("三天前", day(11, 24)),
        ("上周三", day(11, 18)),
        ("周三的", day(11, 25)),
        ("星期五", day(11, 20)),
        ("上个星期", Span(date(2026, 11, 16), date(2026, 11, 22))),
        ("上个月", Span(date(2026, 10, 1), date(2026, 10, 31))),
        ("两周前", Span(date(2026, 11, 9), date(2026, 11, 15))),
        ("11月24号", day(11, 24)),
        ("12月3日", day(12, 3, 2025)),
        ("25号的", day(11, 25)),
        ("30号的", day(10, 30)),
        ("yesterday's order", day(11, 26)),
        ("the day before yesterday", day(11, 25)),
        ("what I bought today", day(11, 27)),
        ("two days ago", day(11, 25)),
        ("a week ago", Span(date(2026, 11, 16), date(2026, 11, 22))),
        ("last Monday", day(11, 23)),
        ("on Friday", day(11, 20)),
        ("last week", Span(date(2026, 11, 16), date(2026, 11, 22))),
        ("this week", Span(date(2026, 11, 23), TODAY)),
        ("the 24th of November", day(11, 24)),
        ("from 24 november", day(11, 24)),
        ("December 3", day(12, 3, 2025)),
        ("2026-11-20", day(11, 20)),
        ("the 20th", day(11, 20)),
        ("the one from 29th", day(10, 29)),
    ],
)
def test_days_behind_are_read(words: str, span: Span) -> None:
    assert past_span(words, TODAY) == span


@pytest.mark.parametrize(
    "words",
    ["", "where is my order", "我的订单", "SY20261124", "the 42nd", "31st of February", "13月40日"],
)
def test_what_names_no_day_is_none(words: str) -> None:
    assert past_span(words, TODAY) is None


@given(st.text(max_size=60), st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_any_words_can_be_read_on_any_day(words: str, today: date) -> None:
    span = past_span(words, today)
    assert span is None or span.first <= span.last
    period = period_in(words, today)
    assert not period or 1 <= int(period.split("-")[1]) <= 12


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("last month's bill", "2026-10"),
        ("上个月的账单", "2026-10"),
        ("上上个月", "2026-09"),
        ("this month", "2026-11"),
        ("十月份", "2026-10"),
        ("12月的账单", "2025-12"),
        ("十二月", "2025-12"),
        ("my bill for March", "2026-03"),
        ("the December bill", "2025-12"),
        ("the bill of may", "2026-05"),
        ("May I see my bill", ""),
        ("how much do I owe", ""),
        ("3个月前的", ""),
        ("2026年9月", "2026-09"),
        ("2026-09", "2026-09"),
    ],
)
def test_months_billed_are_read(words: str, period: str) -> None:
    assert period_in(words, TODAY) == period


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("tomorrow", date(2026, 11, 28)),
        ("下周一", date(2026, 11, 30)),
        ("the 5th of December", date(2026, 12, 5)),
        ("12月20号", date(2026, 12, 20)),
        ("下个月5号", date(2026, 12, 5)),
        ("in two weeks", date(2026, 12, 11)),
        ("at the end of the month", date(2026, 11, 30)),
        ("月底", date(2026, 11, 30)),
        ("下个月底", date(2026, 12, 31)),
        ("end of next month", date(2026, 12, 31)),
        ("下个月初", date(2026, 12, 1)),
        ("next month", date(2026, 12, 27)),
        ("一个月后", date(2026, 12, 27)),
        ("in a month", date(2026, 12, 27)),
        ("whenever I am paid", None),
        ("发了工资再说", None),
    ],
)
def test_days_to_pay_from_are_read(words: str, due: date | None) -> None:
    assert due_day_in(words, TODAY) == due


def test_a_month_from_the_last_of_a_month_is_the_last_of_the_next() -> None:
    assert due_day_in("next month", date(2027, 1, 31)) == date(2027, 2, 28)
