"""Days and months as people say them."""

import calendar
from datetime import date

from switchyard_actions.domain.language import Language

_CHINESE_NEAR = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
_ENGLISH_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}
_CHINESE_WEEKDAYS = "一二三四五六日"
_WEEKDAY_WITHIN_DAYS = 14
_MONTHS, _WEEKDAYS = calendar.month_name, calendar.day_name  # English: no locale is ever set


def spoken_day(day: date, today: date, language: Language) -> str:
    """A day seen from today: 明天（11 月 28 日）, 12 月 3 日（星期四）; tomorrow (28 November), …

    Near days have their own word, days within two weeks their weekday, other years the year.
    """
    if language is Language.CHINESE:
        return _chinese(day, today)
    return _english(day, today)


def on_day(day: date, today: date, language: Language) -> str:
    """The same within a sentence.

    English puts "on" before all but the nearest days, Chinese a space between a word and a figure.
    """
    said = spoken_day(day, today, language)
    if language is Language.CHINESE:
        return f" {said}" if said[0].isdigit() else said
    return said if (day - today).days in _ENGLISH_NEAR else f"on {said}"


def spoken_month(period: str, today: date, language: Language) -> str:
    """A month given as YYYY-MM; whatever is not one comes back as it is."""
    try:
        first = date.fromisoformat(f"{period}-01")
    except ValueError:
        return period
    this_year = first.year == today.year
    if language is Language.CHINESE:
        return f"{first.month} 月" if this_year else f"{first.year} 年 {first.month} 月"
    return _MONTHS[first.month] if this_year else f"{_MONTHS[first.month]} {first.year}"


def _chinese(day: date, today: date) -> str:
    away = (day - today).days
    plain = f"{day.month} 月 {day.day} 日"
    if day.year != today.year:
        plain = f"{day.year} 年 {plain}"
    if away in _CHINESE_NEAR:
        return f"{_CHINESE_NEAR[away]}（{plain}）"
    if abs(away) <= _WEEKDAY_WITHIN_DAYS:
        return f"{plain}（星期{_CHINESE_WEEKDAYS[day.weekday()]}）"
    return plain


def _english(day: date, today: date) -> str:
    away = (day - today).days
    plain = f"{day.day} {_MONTHS[day.month]}"
    if day.year != today.year:
        plain = f"{plain} {day.year}"
    if away in _ENGLISH_NEAR:
        return f"{_ENGLISH_NEAR[away]} ({plain})"
    if abs(away) <= _WEEKDAY_WITHIN_DAYS:
        return f"{_WEEKDAYS[day.weekday()]}, {plain}"
    return plain
