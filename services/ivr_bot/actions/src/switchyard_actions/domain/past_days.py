"""Days that lie behind, as customers name them: "yesterday", 上周三, "the 25th".

For what has happened already, for instance when something was ordered; appointments look ahead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from switchyard_actions.domain.when.numerals import HAN_NUMBERS

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE_WEEKDAYS = {name: day for day, name in enumerate("一二三四五六日")} | {"天": 6}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}


@dataclass(frozen=True, slots=True)
class Span:
    """From one day to another, both of them included."""

    first: date
    last: date

    def holds(self, day: date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first <= day <= self.last


def past_span(words: str, today: date) -> Span | None:
    """The past days that the words name; None if they name none. Weeks begin on Monday."""
    for pattern, read in _READERS:
        found = pattern.search(words)
        if found is not None:
            span = read(found, today)
            if span is not None:
                return span
    return None


Reader = Callable[[re.Match[str], date], Span | None]


def _ago(days: int) -> Reader:
    return lambda _, today: _one(today - timedelta(days=days))


def _one(day: date) -> Span:
    return Span(day, day)


def _days_ago(found: re.Match[str], today: date) -> Span | None:
    count, unit = _count(found["n"]), found["unit"].lower()
    if count is None or count > 366:
        return None
    if unit in {"天", "日", "day"}:
        return _one(today - timedelta(days=count))
    if unit in {"周", "星期", "礼拜", "week"}:
        week = _week(today - timedelta(weeks=count))
        return Span(week.first, week.last)
    return _month(today, count)


def _count(text: str) -> int | None:
    text = text.lower()
    return int(text) if text.isdigit() else HAN_NUMBERS.get(text, _WORDS.get(text))


def _week(day: date) -> Span:
    monday = day - timedelta(days=day.weekday())
    return Span(monday, monday + timedelta(days=6))


def _month(today: date, back: int) -> Span:
    months = today.year * 12 + today.month - 1 - back
    first = date(months // 12, months % 12 + 1, 1)
    after = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return Span(first, after - timedelta(days=1))


def _last_week(_: re.Match[str], today: date) -> Span:
    return _week(today - timedelta(weeks=1))


def _this_week(_: re.Match[str], today: date) -> Span:
    return Span(_week(today).first, today)


def _weekday(found: re.Match[str], today: date) -> Span:
    """The latest such day that is over; with "last week" the one of that week."""
    name = found["day"].lower()
    wanted = _CHINESE_WEEKDAYS[name] if name in _CHINESE_WEEKDAYS else _WEEKDAYS.index(name[:3])
    if found["last"] and found["last"].startswith("上"):
        return _one(_week(today - timedelta(weeks=1)).first + timedelta(days=wanted))
    return _one(today - timedelta(days=(today.weekday() - wanted) % 7 or 7))


def _day(found: re.Match[str], today: date) -> Span | None:
    """A day of the year or month; without them the latest one that is not to come."""
    groups = found.groupdict()
    month = groups.get("month")
    try:
        if groups.get("year"):
            return _one(date(int(groups["year"]), _month_number(month or "1"), int(found["d"])))
        if month:
            day = date(today.year, _month_number(month), int(found["d"]))
            return _one(day if day <= today else day.replace(year=today.year - 1))
        for back in range(2):
            day = _month(today, back).first.replace(day=int(found["d"]))
            if day <= today:
                return _one(day)
    except ValueError:  # there is no such day
        return None
    return None


def _month_number(text: str) -> int:
    return int(text) if text.isdigit() else _MONTHS.index(text.lower()[:3]) + 1


_MONTH_NAMES = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_COUNTED = r"(?P<n>[0-9]{1,3}|[一二两三四五六七八九十]|\b(?:a|one|two|three|four|five|six|seven))"

_READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (r"大前天", _ago(3)),
        (r"前天|\bday before yesterday\b", _ago(2)),
        (r"昨[天日晚儿]|\byesterday\b|\blast night\b", _ago(1)),
        (r"今[天日早晚儿]|\btoday\b|\bthis (?:morning|afternoon)\b", _ago(0)),
        (_COUNTED + r" ?个?(?P<unit>天|日|周|星期|礼拜|月)之?以?前", _days_ago),
        (_COUNTED + r" (?P<unit>day|week|month)s? (?:ago|back)\b", _days_ago),
        (r"(?P<last>上)个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])", _weekday),
        (r"(?P<last>)(?:周|星期|礼拜)(?P<day>[一二三四五六日天])", _weekday),
        (
            r"(?P<last>last |on )?\b(?P<day>mon|tues|wednes|thurs|fri|satur|sun)day\b",
            _weekday,
        ),
        (r"上个?(?:周|星期|礼拜)|\blast week\b", _last_week),
        (r"[这本]个?(?:周|星期|礼拜)|\bthis week\b", _this_week),
        (r"上个?月|\blast month\b", lambda _, today: _month(today, 1)),
        (r"[这本]个?月|\bthis month\b", lambda _, today: _month(today, 0)),
        (r"(?P<year>20[0-9]{2})[\-/.年](?P<month>[0-9]{1,2})[\-/.月](?P<d>[0-9]{1,2})", _day),
        (r"(?<![0-9])(?P<month>[0-9]{1,2})月(?P<d>[0-9]{1,2})[日号]?", _day),
        (r"\b(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?(?: of)? " + _MONTH_NAMES + r"\b", _day),
        (r"\b" + _MONTH_NAMES + r" (?:the )?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?\b", _day),
        (r"(?<![0-9])(?P<d>[0-9]{1,2})[日号]", _day),
        (r"\b(?P<d>[0-9]{1,2})(?:st|nd|rd|th)\b", _day),
    )
)
