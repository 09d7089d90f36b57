"""Reads days and times in what customers say.

No library read both languages well: on the phrases in tests/unit/actions/when dateparser 1.5
(BSD-3) got 26 % of the Chinese and 56 % of the English ones right, timefhuman 0.1.5 (MIT) 57 % of
the English ones, jionlp 1.5 (Apache-2.0, Chinese only, 19 MB) 79 % of the Chinese ones.
"""

import re
from datetime import datetime, timedelta

from switchyard_actions.domain.when.clocks import (
    DAY_MINUTES,
    Clock,
    read_clock,
    read_hour_alone,
    read_part,
)
from switchyard_actions.domain.when.days import Days, read_days
from switchyard_actions.domain.when.numerals import in_digits
from switchyard_actions.domain.when.span import Span

_NUMBER = r"(?:[0-9]+|an?|half an?)"
_UNIT = r"(?:hours?|hrs?|minutes?|mins?)"
_HOURS_AHEAD = re.compile(
    rf"\bin (?:about |around )?(?P<n>{_NUMBER})(?P<half> and a half)? (?P<unit>{_UNIT})"
    r"(?P<half_after> and a half)?\b"
    rf"|\b(?P<n2>{_NUMBER})(?P<half2> and a half)? (?P<unit2>{_UNIT}) (?:from now|later)\b"
    r"|过?(?P<n3>[0-9]+|半)个?(?P<half3>半)?(?P<unit3>小时|钟头|分钟|刻钟|分)(?:以后|之后|后)"
    r"|过(?P<n4>[0-9]+|半)个?(?P<half4>半)?(?P<unit4>小时|钟头|分钟|刻钟)"
)
_UNIT_MINUTES = {"h": 60, "m": 1, "小": 60, "钟": 60, "分": 1, "刻": 15}
_NOW = re.compile(
    r"现在|马上|立刻|立马|立即|即刻|尽快|尽早|赶紧|赶快|越[快早]越好|随时|这会儿"
    r"|\bnow\b|\bright away\b|\basap\b|\bas soon as\b|\bat once\b|\bthe sooner the better\b"
    r"|\bimmediately\b|\bany ?time\b|\bstraight ?(?:away|off)\b"
)
# 不是明天，是后天; not Friday but Monday
_NOT_THIS = re.compile(
    r"(?:不要|不是|别在|除了)[^,，。;；]{1,8}[,，]|\bnot (?!before)[^,.;]{2,20}(?:,|\bbut\b)"
)
_MOST_MINUTES = 14 * DAY_MINUTES


def read_when(text: str, now: datetime, *, hour_alone: bool = False) -> Span | None:
    """The day and time that a text names, seen from `now` (aware, in the zone that is meant).

    Hours without a word for the half of the day mean those of a working day: 3 is 15:00, 9 is 9:00.
    A time without a day is the next one. With `hour_alone` a lone number is an hour. None: no time
    is named, or none that there is.
    """
    plain = _NOT_THIS.sub(" ", in_digits(text))
    moment = _moment_ahead(plain, now)
    if moment is not None:
        return Span(moment, moment)
    days = read_days(plain, now.date())
    clock = read_clock(plain) or (read_hour_alone(plain) if hour_alone and not days else None)
    span = _combined(days, clock, plain, now)
    if span is None and _NOW.search(plain):
        return Span(now, now, has_day=False)
    return span


def _combined(days: Days | None, clock: Clock | None, text: str, now: datetime) -> Span | None:
    part = read_part(text)
    if clock is None and part is not None:
        clock = Clock(part.start, part.end)
    if days is None:
        return None if clock is None else _next(clock, now)
    first = datetime(days.first.year, days.first.month, days.first.day, tzinfo=now.tzinfo)
    if clock is None:
        return Span(first, first + timedelta(days=days.count), has_time=False)
    span = _on(first, clock)
    if clock.plain and span.is_moment and days.first == now.date() and span.start < now:
        later = _on(first, Clock(clock.start + 12 * 60, clock.end + 12 * 60))
        return later if later.end.date() == days.first else span
    return span


def _next(clock: Clock, now: datetime) -> Span:
    """Today if any of it is left, else tomorrow."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    span = _on(today, clock)
    if span.is_over(now):
        span = _on(today + timedelta(days=1), clock)
    return Span(span.start, span.end, has_day=False)


def _on(day: datetime, clock: Clock) -> Span:
    """Wall-clock times of a day: an aware datetime plus a timedelta moves the wall clock."""
    return Span(day + timedelta(minutes=clock.start), day + timedelta(minutes=clock.end))


def _moment_ahead(text: str, now: datetime) -> datetime | None:
    found = _HOURS_AHEAD.search(text)
    if not found:
        return None
    groups = found.groupdict()
    ending = next(ending for ending in ("", "2", "3", "4") if groups[f"n{ending}"])
    number = groups[f"n{ending}"] or ""
    size = int(number) if number.isdigit() else 0.5 if number[0] in "h半" else 1.0
    halves = groups[f"half{ending}"] or (groups["half_after"] if not ending else None)
    minutes = (size + (0.5 if halves else 0)) * _UNIT_MINUTES[(groups[f"unit{ending}"] or "")[0]]
    if minutes > _MOST_MINUTES:
        return None
    # Through UTC, so that an hour is an hour also in the night when clocks change.
    return datetime.fromtimestamp(now.timestamp() + minutes * 60, now.tzinfo)
