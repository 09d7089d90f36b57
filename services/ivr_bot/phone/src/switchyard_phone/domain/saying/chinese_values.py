"""Which parts of a Chinese text are values, and how each is said."""

import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

from switchyard_phone.domain.language import Language
from switchyard_phone.domain.saying import chinese
from switchyard_phone.domain.saying.digits import spelled
from switchyard_phone.domain.saying.pieces import Piece
from switchyard_phone.domain.saying.scanning import Reader, reader

ZH = Language.CHINESE
LEXICON = ("大前天", "大后天", "前天", "昨天", "今天", "明天", "后天", "到", "至", "个", "百分之")
_CURRENCIES = {name: code for code, name in chinese.UNITS.items()}
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_PART = f"(?P<part>{'|'.join(chinese.PARTS)})?"
_DAYS = "一二三四五六日"


def _amount(match: "re.Match[str]") -> Sequence[str]:
    value = Decimal(match["number"].replace(",", ""))
    currency = _CURRENCIES.get(match["unit"], match["unit"])
    return chinese.amount(-value if match["minus"] else value, currency)


def _date(match: "re.Match[str]") -> Sequence[str] | None:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    year = chinese.year(int(match["year"])) if match["year"] else ()
    return (*year, chinese.month(month), chinese.day(day))


def _month(match: "re.Match[str]") -> Sequence[str] | None:
    month = int(match["month"])
    if not 1 <= month <= 12:
        return None
    return (*(chinese.year(int(match["year"])) if match["year"] else ()), chinese.month(month))


def _iso(match: "re.Match[str]") -> Sequence[str] | None:
    try:
        return chinese.whole_date(date.fromisoformat(match[0]))
    except ValueError:
        return None


def _clock(match: "re.Match[str]") -> Sequence[str] | None:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 23 or minute > 59:
        return None
    return (*([match["part"]] if match["part"] else []), *chinese.clock(time(hour, minute)))


def _weekday(match: "re.Match[str]") -> Sequence[str]:
    return (chinese.WEEKDAYS[_DAYS.index(match["day"].replace("天", "日"))],)


def _phone(match: "re.Match[str]") -> Sequence[Piece]:
    return spelled(match["digits"].removeprefix("+86"), ZH, phone=True)


def _number(text: str) -> tuple[str, ...]:
    return chinese.decimal(Decimal(text.replace(",", "")))


def _many(match: "re.Match[str]") -> Sequence[str]:
    if match["times"]:
        return (*chinese.counted(int(match["times"])), "个")
    return chinese.counted(int(match["number"]))


_MEASURE = "[个件张单笔份次位台部小条家期天]"

READERS: tuple[Reader, ...] = (
    reader(r"(?<![A-Za-z0-9])[A-Z]{1,4}-?\d{4,}(?![A-Za-z0-9])", lambda m: spelled(m[0], ZH)),
    reader(rf"(?P<minus>-?)(?P<number>{_NUMBER}) ?(?P<unit>{'|'.join(_CURRENCIES)})", _amount),
    reader(r"\d{4}-\d{2}-\d{2}", _iso),
    reader(r"(?:(?P<year>\d{4}) ?年 ?)?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?[日号]", _date),
    reader(r"(?:(?P<year>\d{4}) ?年 ?)?(?P<month>\d{1,2}) ?月(?!份?\d)", _month),
    reader(rf"{_PART} ?(?P<hour>\d{{1,2}})[:：](?P<minute>\d{{2}})", _clock),
    reader(rf"{_PART} ?(?P<hour>\d{{1,2}}) ?点(?: ?(?P<minute>\d{{1,2}}) ?分)?", _clock),
    reader("(?:星期|周|礼拜)(?P<day>[一二三四五六日天])", _weekday),
    reader(r"(?P<digits>\+?\d{7,15})(?!\d)", _phone),
    reader(r"0\d+(?![\d.])", lambda m: spelled(m[0], ZH)),
    reader(r"(?<=尾号)(?: |为|是)*\d{3,6}", lambda m: spelled(m[0], ZH)),
    reader(rf"(?P<number>{_NUMBER})[%％]", lambda m: ("百分之", *_number(m["number"]))),
    reader(rf"[×x] ?(?P<times>\d{{1,6}})|(?P<number>\d{{1,6}}) ?(?={_MEASURE})", _many),
    reader(_NUMBER, lambda m: _number(m[0])),
    reader(r" ?[–—~～-] ?(?=\d|凌|早|上|中|下|晚)", lambda _: ("到",)),
    reader("|".join(LEXICON), lambda m: (m[0],)),
    reader("|".join(chinese.PARTS), lambda m: (m[0],)),
)
"""Every kind of value, the most particular first."""


def inventory() -> frozenset[str]:
    """Every clip that a value may need."""
    return chinese.inventory() | {*LEXICON}
