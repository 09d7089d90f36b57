"""From which day somebody can pay, in their own words."""

import calendar
import re
from datetime import date, timedelta

from switchyard_actions.domain.when.days import read_days
from switchyard_actions.domain.when.numerals import in_digits

_END = re.compile(r"(下个?)?月底|\b(?:the )?end of (?:the|this|(next)) month\b", re.IGNORECASE)
_START = re.compile(r"下个?月初|\b(?:the )?(?:start|beginning) of next month\b", re.IGNORECASE)
_MONTHS_AHEAD = re.compile(
    r"(?P<n>[0-9]{1,2})个月(?:之|以)?后|\bin (?P<m>[0-9]{1,2}|an?|one|two) months?\b"
    r"|\b(?P<l>an?|one|two|[0-9]{1,2}) months? (?:from now|later)\b"
    r"|(?P<next>下个?月|\bnext month\b)",
    re.IGNORECASE,
)
_WORDS = {"a": 1, "an": 1, "one": 1, "two": 2}


def due_day_in(words: str, today: date) -> date | None:
    """The first day that the words name, seen from today; None if they name none."""
    plain = in_digits(words)
    if found := _END.search(plain):
        month = _months_on(today.replace(day=1), 1 if found[1] or found[2] else 0)
        return month.replace(day=calendar.monthrange(month.year, month.month)[1])
    if _START.search(plain):
        return _months_on(today.replace(day=1), 1)
    days = read_days(plain, today)
    if days is not None:
        return days.first
    found = _MONTHS_AHEAD.search(plain)
    return _months_on(today, _count(found)) if found else None


def _count(found: re.Match[str]) -> int:
    if found["next"]:
        return 1
    text = (found["n"] or found["m"] or found["l"]).lower()
    return int(text) if text.isdigit() else _WORDS[text]


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, or the last of a month that is too short."""
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return date(year, month, 1) + timedelta(
        days=min(day.day, calendar.monthrange(year, month)[1]) - 1
    )
