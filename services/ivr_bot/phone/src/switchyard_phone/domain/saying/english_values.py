"""Which parts of an English text are values, and how each is said."""

import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying import english
from switchyard_phone.domain.saying.digits import spelled
from switchyard_phone.domain.saying.pieces import SHORT, Piece
from switchyard_phone.domain.saying.scanning import Reader, reader

EN = Language.ENGLISH
LEXICON = ("yesterday", "today", "tomorrow", "noon", "on", "at", "to", "and", "times", "percent")
_SIGNS = {"$": "USD", "£": "GBP", "€": "EUR", "HK$": "HKD"}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_MONTHS = {name[:3]: place for place, name in enumerate(english.MONTHS, 1)}
_LONG_MONTH = "|".join(english.MONTHS)
_MONTH = rf"(?P<month>(?:{_LONG_MONTH})|(?:{'|'.join(_MONTHS)})\b)"
_DAYS = {name[:3]: name for name in english.WEEKDAYS}
_DAY = rf"(?P<weekday>(?:{'|'.join(english.WEEKDAYS)})|(?:{'|'.join(_DAYS)})\b)"


def _value(match: "re.Match[str]") -> Decimal:
    value = Decimal(match["number"].replace(",", ""))
    return -value if match["minus"] else value


def _signed(match: "re.Match[str]") -> Sequence[str]:
    return english.amount(_value(match), _SIGNS[match["sign"]])


def _coded(match: "re.Match[str]") -> Sequence[str]:
    return english.amount(_value(match), "CNY" if match["unit"] == "yuan" else match["unit"])


def _date(match: "re.Match[str]") -> Sequence[Piece | str] | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    named = match["weekday"]
    weekday: tuple[Piece | str, ...] = (_DAYS[named[:3]], SHORT) if named else ()
    year = english.year(int(match["year"])) if match["year"] else ()
    return (*weekday, *english.month_day(day, _MONTHS[match["month"][:3]]), *year)


def _month(match: "re.Match[str]") -> Sequence[str]:
    name = english.MONTHS[_MONTHS[match["month"][:3]] - 1]
    return (name, *(english.year(int(match["year"])) if match["year"] else ()))


def _iso(match: "re.Match[str]") -> Sequence[str] | None:
    try:
        return english.whole_date(date.fromisoformat(match[0]))
    except ValueError:
        return None


def _halved(match: "re.Match[str]") -> Sequence[str] | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if not 1 <= hour <= 12 or minute > 59:
        return None
    return english.clock(time(hour % 12 or 12, minute), match["half"])


def _clock(match: "re.Match[str]") -> Sequence[str] | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    return english.clock(time(hour, minute)) if hour <= 23 and minute <= 59 else None


def _number(text: str) -> tuple[str, ...]:
    return english.decimal(Decimal(text.replace(",", "")))


READERS: tuple[Reader, ...] = (
    reader(r"(?<![A-Za-z0-9])[A-Z]{1,4}-?\d{4,}(?![A-Za-z0-9])", lambda m: spelled(m[0], EN)),
    reader(rf"(?P<minus>-?)(?P<sign>HK\$|[$£€]) ?(?P<number>{_NUMBER})", _signed),
    reader(rf"(?P<minus>(?<!\w)-|)(?P<number>{_NUMBER}) (?P<unit>yuan|[A-Z]{{3}})\b(?!-)", _coded),
    reader(r"\d{4}-\d{2}-\d{2}", _iso),
    reader(rf"(?:{_DAY},? )?(?P<day>\d{{1,2}}) {_MONTH}(?: (?P<year>\d{{4}})\b)?", _date),
    # Short names mean a day or a month only in a date: "sun" and "mar" are words as well.
    reader(rf"(?<!\w)(?P<month>{_LONG_MONTH})(?: (?P<year>\d{{4}})\b)?(?!\w)", _month),
    reader(rf"(?<!\w)(?:{'|'.join(english.WEEKDAYS)})(?!\w)", lambda m: (m[0],)),
    reader(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))? ?(?P<half>am|pm)\b", _halved),
    reader(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)", _clock),
    reader(r"\+?\d{7,15}(?!\d)", lambda m: spelled(m[0].removeprefix("+86"), EN, phone=True)),
    reader(r"0\d+(?![\d.])", lambda m: spelled(m[0], EN)),
    reader(r"(?<=ending in )\d{3,6}", lambda m: spelled(m[0], EN, phone=True)),
    reader(rf"(?P<number>{_NUMBER}) ?%", lambda m: (*_number(m["number"]), "percent")),
    reader(r"× ?(?=\d)", lambda _: ("times",)),
    reader(rf"(?<![A-Za-z0-9])(?:{_NUMBER})(?![A-Za-z0-9])", lambda m: _number(m[0])),
    reader(r" ?[–—] ?(?=\d)", lambda _: ("to",)),
    reader(rf"(?<!\w)(?:{'|'.join(LEXICON)})(?!\w)", lambda m: (m[0],)),
)
"""Every kind of value, the most particular first."""


def inventory() -> frozenset[str]:
    """Every clip that a value may need."""
    return english.inventory() | {*LEXICON}
