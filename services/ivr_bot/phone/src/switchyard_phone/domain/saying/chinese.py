"""Numbers, amounts, days and times in Chinese."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

from switchyard_phone.domain.saying.digits import CHINESE as DIGITS
from switchyard_phone.domain.saying.digits import LETTERS, YAO

_HUNDRED, _THOUSAND, _WAN, _YI = 100, 1000, 10_000, 100_000_000
MOST = 10**12 - 1
"""The greatest number that is said as one."""

UNITS: Mapping[str, str] = {
    "CNY": "元",
    "USD": "美元",
    "GBP": "英镑",
    "EUR": "欧元",
    "HKD": "港元",
    "TWD": "新台币",
    "JPY": "日元",
}
WEEKDAYS = tuple(f"星期{day}" for day in "一二三四五六日")
PARTS = ("凌晨", "早上", "上午", "中午", "下午", "晚上")


def small(number: int) -> str:
    """0 to 99 in one word."""
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def number(value: int) -> tuple[str, ...]:
    """A number as it is counted: 2018 → 两千, 零, 一十八. Digits one by one beyond `MOST`."""
    if value < 0:
        return ("负", *number(-value))
    if value > MOST:
        return tuple(DIGITS[int(sign)] for sign in str(value))
    if value < _HUNDRED:
        return (small(value),)
    said: list[str] = []
    for unit, name in ((_YI, "亿"), (_WAN, "万"), (1, "")):
        count, value = divmod(value, unit)
        if count:
            skipped = ["零"] if said and count < _THOUSAND else []
            section = _section(count, inside=bool(said), leading=unit > 1)
            said.extend((*skipped, *section, *filter(None, [name])))
    return tuple(said)


def _section(value: int, *, inside: bool, leading: bool = False) -> list[str]:
    """1 to 9999. `inside`: more was said before; `leading`: it counts 万 or 亿."""
    if value == 2 and leading:
        return ["两"]
    thousands, rest = divmod(value, _THOUSAND)
    said = [f"{'两' if thousands == 2 else DIGITS[thousands]}千"] if thousands else []
    hundreds, rest = divmod(rest, _HUNDRED)
    if hundreds:
        said.append(f"{DIGITS[hundreds]}百")
    elif said and rest:
        said.append("零")
    if rest:
        if hundreds and rest < 10:
            said.append("零")
        within = inside or bool(said)
        said.append(f"一{small(rest)}" if within and 10 <= rest < 20 else small(rest))
    return said


def counted(value: int) -> tuple[str, ...]:
    """A number before a measure word: two is 两."""
    return ("两",) if value == 2 else number(value)


def decimal(value: Decimal) -> tuple[str, ...]:
    """With what is behind the point: 2.05 → 二, 点, 零, 五."""
    whole, _, rest = format(abs(value), "f").partition(".")
    rest = rest.rstrip("0")
    sign = ("负",) if value < 0 else ()
    behind = ("点", *(DIGITS[int(one)] for one in rest)) if rest else ()
    return (*sign, *number(int(whole)), *behind)


def amount(value: Decimal, currency: str) -> tuple[str, ...]:
    """Money: 28.05 CNY → 二十八, 元, 零, 五分; 28.99 USD → 二十八, 点, 九, 九, 美元."""
    unit = UNITS.get(currency, currency)
    if value < 0:
        return ("负", *amount(-value, currency))
    cents = round(value * 100)
    if currency == "CNY" and value * 100 == cents:
        return _yuan(*divmod(cents, 100))
    said = counted(int(value)) if value == int(value) else decimal(value)
    return (*said, unit)


def _yuan(yuan: int, cents: int) -> tuple[str, ...]:
    jiao, fen = divmod(cents, 10)
    said = [*counted(yuan), "元"] if yuan or not cents else []
    if jiao:
        said.append(f"{DIGITS[jiao]}角")
    elif fen and said:
        said.append("零")
    if fen:
        said.append(f"{DIGITS[fen]}分")
    return tuple(said)


def year(value: int) -> tuple[str, ...]:
    """A year, digit by digit."""
    return (*(DIGITS[int(sign)] for sign in str(value)), "年")


def month(value: int) -> str:
    """A month of a date."""
    return f"{small(value)}月"


def day(value: int) -> str:
    """A day of a month."""
    return f"{small(value)}日"


def whole_date(value: date) -> tuple[str, ...]:
    """Year, month and day."""
    return (*year(value.year), month(value.month), day(value.day))


def clock(value: time) -> tuple[str, ...]:
    """Hours as they stand, and minutes: 2:05 → 两点, 零五分."""
    hour = f"{'两' if value.hour == 2 else small(value.hour)}点"
    if not value.minute:
        return (hour,)
    return (hour, minutes(value.minute))


def minutes(value: int) -> str:
    """Minutes after an hour."""
    return f"{'零' if value < 10 else ''}{small(value)}分"


def inventory() -> frozenset[str]:
    """Every clip that functions here may name."""
    said = {small(value) for value in range(100)} | {f"一{small(value)}" for value in range(10, 20)}
    for one in DIGITS[1:]:
        said |= {f"{one}百", f"{one}千", f"{one}角", f"{one}分"}
    said |= {
        "两千",
        "两",
        "万",
        "亿",
        "点",
        "负",
        "年",
        YAO,
        *LETTERS,
        *UNITS.values(),
        *WEEKDAYS,
        *PARTS,
    }
    said |= {month(value) for value in range(1, 13)} | {day(value) for value in range(1, 32)}
    said |= {piece for hour in range(24) for piece in clock(time(hour))}
    return frozenset(said | {minutes(value) for value in range(1, 60)})
