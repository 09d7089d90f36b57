"""Numbers, amounts, days and times in English, as in Britain: "one hundred and five"."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from switchyard_phone.domain.saying.digits import ENGLISH as DIGITS
from switchyard_phone.domain.saying.digits import LETTERS, OH

MOST = 10**12 - 1
"""The greatest number that is said as one."""

_TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {
    1: "first",
    2: "second",
    3: "third",
    5: "fifth",
    8: "eighth",
    9: "ninth",
    12: "twelfth",
    20: "twentieth",
    30: "thirtieth",
}
_SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
MONTHS = tuple(calendar.month_name)[1:]
WEEKDAYS = tuple(calendar.day_name)
_LAST_OF_THE_MONTH = 31
_NOON = 12


@dataclass(frozen=True, slots=True)
class Unit:
    """What an amount is counted in: one and many, and the same of its hundredth part."""

    one: str
    many: str
    hundredth: str = ""
    hundredths: str = ""


UNITS: Mapping[str, Unit] = {
    "CNY": Unit("yuan", "yuan"),
    "USD": Unit("dollar", "dollars", "cent", "cents"),
    "GBP": Unit("pound", "pounds", "penny", "pence"),
    "EUR": Unit("euro", "euros", "cent", "cents"),
    "HKD": Unit("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "JPY": Unit("yen", "yen"),
    "TWD": Unit("Taiwan dollar", "Taiwan dollars", "cent", "cents"),
}


def small(value: int) -> str:
    """0 to 99 in one word."""
    if value < 10:
        return DIGITS[value]
    if value < 20:
        return _TEENS[value - 10]
    tens, ones = divmod(value, 10)
    return _TENS[tens - 2] + (f"-{DIGITS[ones]}" if ones else "")


def number(value: int) -> tuple[str, ...]:
    """A number as it is counted: 1005 → one, thousand, and, five. Digits beyond `MOST`."""
    if value < 0:
        return ("minus", *number(-value))
    if value > MOST:
        return tuple(DIGITS[int(sign)] for sign in str(value))
    said: list[str] = []
    for unit, name in _SCALES:
        count, value = divmod(value, unit)
        if count:
            said.extend((*_below_thousand(count), name))
    if value or not said:
        if said and value < 100:
            said.append("and")
        said.extend(_below_thousand(value))
    return tuple(said)


def _below_thousand(value: int) -> list[str]:
    hundreds, rest = divmod(value, 100)
    said = [f"{DIGITS[hundreds]} hundred"] if hundreds else []
    if hundreds and rest:
        said.append("and")
    if rest or not hundreds:
        said.append(small(rest))
    return said


def decimal(value: Decimal) -> tuple[str, ...]:
    """With what is behind the point: 2.05 → two, point, zero, five."""
    whole, _, rest = format(abs(value), "f").partition(".")
    rest = rest.rstrip("0")
    sign = ("minus",) if value < 0 else ()
    behind = ("point", *(DIGITS[int(one)] for one in rest)) if rest else ()
    return (*sign, *number(int(whole)), *behind)


def amount(value: Decimal, currency: str) -> tuple[str, ...]:
    """Money: 28.99 USD → twenty-eight, dollars, and, ninety-nine, cents. Others by their code."""
    if value < 0:
        return ("minus", *amount(-value, currency))
    unit = UNITS.get(currency)
    cents = round(value * 100)
    if unit is None or not unit.hundredth or value * 100 != cents:
        name = [unit.one if value == 1 else unit.many] if unit else [*currency]
        return (*decimal(value), *name)
    return _coins(*divmod(cents, 100), unit)


def _coins(whole: int, cents: int, unit: Unit) -> tuple[str, ...]:
    said: list[str] = []
    if whole or not cents:
        said.extend((*number(whole), unit.one if whole == 1 else unit.many))
    if cents:
        if said:
            said.append("and")
        said.extend((small(cents), unit.hundredth if cents == 1 else unit.hundredths))
    return tuple(said)


def ordinal(value: int) -> str:
    """1 to 31: a day of a month."""
    if value in _ORDINALS:
        return _ORDINALS[value]
    tens, ones = divmod(value, 10)
    if tens >= 2:
        return f"{_TENS[tens - 2]}-{_ORDINALS.get(ones) or DIGITS[ones] + 'th'}"
    return f"{small(value)}th"


def year(value: int) -> tuple[str, ...]:
    """A year: twenty, twenty-six; nineteen, oh five; two, thousand, and, five."""
    century, rest = divmod(value, 100)
    if not 10 <= century <= 99 or (century % 10 == 0 and rest < 10):
        return number(value)
    if not rest:
        return (small(century), "hundred")
    return (small(century), oh(rest) if rest < 10 else small(rest))


def oh(value: int) -> str:
    """1 to 9 behind a greater part: oh five."""
    return f"{OH} {DIGITS[value]}"


def month_day(day: int, month: int) -> tuple[str, ...]:
    """A day of a year: the, twenty-eighth, of November."""
    return ("the", ordinal(day), f"of {MONTHS[month - 1]}")


def whole_date(value: date) -> tuple[str, ...]:
    """Day, month and year."""
    return (*month_day(value.day, value.month), *year(value.year))


def clock(value: time, half: str = "") -> tuple[str, ...]:
    """Hours and minutes; `half` is am or pm, as it was given; without, noon and later are pm."""
    hour = value.hour
    if not half and hour > _NOON:
        hour, half = hour - _NOON, "pm"
    said = [small(hour)]
    if value.minute:
        said.append(oh(value.minute) if value.minute < 10 else small(value.minute))
    elif not half:
        said.append("o'clock")
    return (*said, half) if half else tuple(said)


def inventory() -> frozenset[str]:
    """Every clip that functions here may name."""
    said = {small(value) for value in range(100)}
    said |= {f"{digit} hundred" for digit in DIGITS[1:]} | {oh(value) for value in range(1, 10)}
    said |= {ordinal(value) for value in range(1, _LAST_OF_THE_MONTH + 1)}
    said |= {f"of {name}" for name in MONTHS} | {*MONTHS, *WEEKDAYS, *LETTERS}
    said |= {"and", "minus", "point", "the", "hundred", "o'clock", "am", "pm", "noon", OH}
    said |= {name for _, name in _SCALES}
    for unit in UNITS.values():
        said |= {unit.one, unit.many, unit.hundredth, unit.hundredths}
    return frozenset(said - {""})
