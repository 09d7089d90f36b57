"""Days and months in words."""

from datetime import date

import pytest
from switchyard_actions.domain.day_text import spoken_day, spoken_month
from switchyard_actions.domain.language import Language

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 27)  # a Friday


@pytest.mark.parametrize(
    ("day", "chinese", "english"),
    [
        (date(2026, 11, 27), "今天（11 月 27 日）", "today (27 November)"),
        (date(2026, 11, 28), "明天（11 月 28 日）", "tomorrow (28 November)"),
        (date(2026, 11, 29), "后天（11 月 29 日）", "Sunday, 29 November"),
        (date(2026, 11, 26), "昨天（11 月 26 日）", "yesterday (26 November)"),
        (date(2026, 12, 3), "12 月 3 日（星期四）", "Thursday, 3 December"),
        (date(2026, 12, 25), "12 月 25 日", "25 December"),
        (date(2027, 1, 20), "2027 年 1 月 20 日", "20 January 2027"),
    ],
)
def test_days_are_said_as_seen_from_today(day: date, chinese: str, english: str) -> None:
    assert spoken_day(day, TODAY, Language.CHINESE) == chinese
    assert spoken_day(day, TODAY, Language.ENGLISH) == english


@pytest.mark.parametrize(
    ("period", "chinese", "english"),
    [
        ("2026-10", "10 月", "October"),
        ("2025-12", "2025 年 12 月", "December 2025"),
        ("winter", "winter", "winter"),
        ("2026-13", "2026-13", "2026-13"),
    ],
)
def test_months_are_said_with_the_year_if_it_is_another(
    period: str, chinese: str, english: str
) -> None:
    assert spoken_month(period, TODAY, Language.CHINESE) == chinese
    assert spoken_month(period, TODAY, Language.ENGLISH) == english
