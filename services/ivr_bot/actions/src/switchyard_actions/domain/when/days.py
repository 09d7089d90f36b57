"""Which days were named. Texts are those of `numerals.in_digits`."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_HAN_WEEKDAYS = "一二三四五六日"
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = {name.lower()[:3]: number for number, name in enumerate(calendar.month_name) if name}

_NEAR = (
    (re.compile(r"大后天|大後天"), 3),
    (re.compile(r"后天|後天|后日|\bday after tomorrow\b"), 2),
    (re.compile(r"明[天日早晚儿兒]|\btomorrow\b|\btomm?or+ow\b|\btmrw?\b|\btmr\b"), 1),
    (
        re.compile(
            r"今[天日早晚儿兒]|当天|\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b"
        ),
        0,
    ),
    (re.compile(r"前天|\bday before yesterday\b"), -2),
    (re.compile(r"昨[天日晚]|\byesterday\b"), -1),
)

_HAN_WEEKDAY = re.compile(r"(下下|下|上|这|本)?个?(?:周|星期|礼拜)([一二三四五六日天1-7])(?![0-9])")
_WEEKDAY_NAME = r"(mon|tue|wed|thu|fri|sat|sun)"
_ENGLISH_WEEKDAY = re.compile(
    rf"\b(?:(next|this|last)\s)?{_WEEKDAY_NAME}"
    r"(?:day|sday|nesday|rsday|urday|s|rs|r|nes)?\b"
)
_SHORT_ALONE = re.compile(r"(?:^|\b(?:on|this|next|last|by|or|for|until)\s|,\s?)$")
_AMBIGUOUS_SHORT = frozenset({"sat", "sun", "mon", "wed"})
_WEEK_LATER = re.compile(r"\bweek (?:on|from)\b(?! now)|\b[a-z]+day week\b")

_WEEK = re.compile(r"(下下|下|这|本)个?(?:周(?!末)|星期|礼拜)|\b(next|this) week\b")
_WEEKEND = re.compile(r"(下下|下|这|本)?个?(?:周末|週末)|\b(?:(next|this)\s)?(?:the )?weekend\b")

_FULL_DATE = re.compile(
    r"(?<![0-9])(20[0-9]{2})[-/.年]\s?([0-9]{1,2})[-/.月]\s?([0-9]{1,2})(?![0-9])"
)
_HAN_DATE = re.compile(r"(?<![0-9])([0-9]{1,2})月([0-9]{1,2})(?![0-9])")
_HAN_DAY = re.compile(r"(下个?月)?(?<![0-9])([0-9]{1,2})[号號](?![线楼门店柜])")
_LAST_MONTH = re.compile(r"上个?月|\blast month\b")
_MONTH_NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY_MONTH = re.compile(
    rf"(?<![0-9])([0-9]{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH_NAME}(?:,?\s(20[0-9]{{2}}))?\b"
)
_MONTH_DAY = re.compile(
    rf"\b{_MONTH_NAME}\s(?:the\s)?([0-9]{{1,2}})(?:st|nd|rd|th)?\b(?![:.][0-9])(?:,?\s(20[0-9]{{2}}))?"
)
_ENGLISH_DAY = re.compile(
    r"\bthe ([0-9]{1,2})(?:st|nd|rd|th)\b"
    r"(?=$|[,.!?;]|\s(?:at|in|of|on|around|about|after|before|between|from|morning|afternoon|evening"
    r"|please|or|instead|then|would|is|works)\b)"
)
_SLASHED = re.compile(r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2})(?![0-9/])")
_HAN = re.compile(r"[一-鿿]")

_DAYS_AHEAD = re.compile(
    r"\bin ([0-9]+|an?) (days?|weeks?)\b|\b([0-9]+|an?) (days?|weeks?) (?:from now|later)\b"
    r"|(?:过)?([0-9]+)个?(天|周|星期|礼拜)(?:以后|之后|后)"
)


@dataclass(frozen=True, slots=True)
class Days:
    """Days that follow each other, from `first`; `count` is at least 1."""

    first: date
    count: int = 1


def read_days(text: str, today: date) -> Days | None:
    """The days named in the text; None if none are. A date that there is not is none."""
    for reader in (_near, _full_date, _date, _weekday, _ahead, _weekend, _week):
        found = reader(text, today)
        if found is not None:
            return found
    return None


def _near(text: str, today: date) -> Days | None:
    for pattern, days in _NEAR:
        if pattern.search(text):
            return Days(today + timedelta(days=days + _week_later(text)))
    return None


def _full_date(text: str, _today: date) -> Days | None:
    found = _FULL_DATE.search(text)
    return _made(int(found[1]), int(found[2]), int(found[3])) if found else None


def _date(text: str, today: date) -> Days | None:
    if found := _HAN_DATE.search(text):
        return _coming(int(found[1]), int(found[2]), today)
    if found := _DAY_MONTH.search(text):
        return _dated(found[3], _MONTHS[found[2][:3]], int(found[1]), today)
    if found := _MONTH_DAY.search(text):
        return _dated(found[3], _MONTHS[found[1][:3]], int(found[2]), today)
    if found := _SLASHED.search(text):
        return _slashed(int(found[1]), int(found[2]), text, today)
    if found := _HAN_DAY.search(text):
        return _day_of_month(int(found[2]), today, text, next_month=bool(found[1]))
    if found := _ENGLISH_DAY.search(text):
        return _day_of_month(int(found[1]), today, text, next_month="next month" in text)
    return None


def _slashed(one: int, two: int, text: str, today: date) -> Days | None:
    """12/25 and 25/12 are clear; 12/3 is December in Chinese, and unclear in English."""
    if two > 12 or _HAN.search(text):
        return _coming(one, two, today)
    return _coming(two, one, today) if one > 12 else None


def _dated(year: str | None, month: int, day: int, today: date) -> Days | None:
    return _made(int(year), month, day) if year else _coming(month, day, today)


def _coming(month: int, day: int, today: date) -> Days | None:
    """The next such day, this year or in a later one (29 February)."""
    for year in range(today.year, today.year + 9):
        days = _made(year, month, day)
        if days is not None and days.first >= today:
            return days
    return None


def _day_of_month(day: int, today: date, text: str, *, next_month: bool) -> Days | None:
    month = today.replace(day=1)
    if _LAST_MONTH.search(text):  # a day gone by is no day to come
        before = month - timedelta(days=1)
        return _made(before.year, before.month, day)
    if next_month:
        month = _month_after(month)
    for _ in range(3):
        days = _made(month.year, month.month, day)
        if days is not None and days.first >= today:
            return days
        month = _month_after(month)
    return None


def _month_after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _made(year: int, month: int, day: int) -> Days | None:
    try:
        return Days(date(year, month, day))
    except ValueError:
        return None


def _weekday(text: str, today: date) -> Days | None:
    if found := _HAN_WEEKDAY.search(text):
        name = found[2].replace("天", "日")
        number = int(name) - 1 if name.isdigit() else _HAN_WEEKDAYS.index(name)
        return Days(_of_week(number, found[1] or _week_named(text), today))
    for found in _ENGLISH_WEEKDAY.finditer(text):
        if found[0] in _AMBIGUOUS_SHORT and not _SHORT_ALONE.search(text[: found.start()]):
            continue
        which = found[1] or _week_named(text)
        number = _ENGLISH_WEEKDAYS.index(found[2])
        day = _of_week(number, "" if which == "this" else which, today)
        return Days(day + timedelta(days=_week_later(text)))
    return None


def _week_later(text: str) -> int:
    """Days to add for "a week on Friday"."""
    return 7 if _WEEK_LATER.search(text) else 0


def _week_named(text: str) -> str:
    found = _WEEK.search(text)
    return (found[1] or found[2]) if found else ""


def _of_week(weekday: int, which: str, today: date) -> date:
    """Monday is 0. Of no week in particular: the next such day, today included."""
    monday = today - timedelta(days=today.weekday())
    weeks = {"下下": 2, "下": 1, "next": 1, "这": 0, "本": 0, "this": 0, "上": -1, "last": -1}
    if which in weeks:
        return monday + timedelta(days=7 * weeks[which] + weekday)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _ahead(text: str, today: date) -> Days | None:
    found = _DAYS_AHEAD.search(text)
    if not found:
        return None
    number, unit = next((found[i], found[i + 1]) for i in (1, 3, 5) if found[i])
    count = int(number) if number.isdigit() else 1
    if count > 400:
        return None
    return Days(today + timedelta(days=count * (1 if unit[0] in "d天" else 7)))


def _weekend(text: str, today: date) -> Days | None:
    found = _WEEKEND.search(text)
    if not found:
        return None
    which = found[1] or found[2] or ""
    saturday = _of_week(5, which, today)
    if not which and today.weekday() == 6:
        return Days(today)
    return Days(saturday, 2)


def _week(text: str, today: date) -> Days | None:
    which = _week_named(text)
    if not which:
        return None
    monday = _of_week(0, which, today)
    first = max(monday, today)
    return Days(first, 7 - (first - monday).days)
