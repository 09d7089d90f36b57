"""The patterns of values in a message, each with what its value is. Pure.

They expect normalised text (``text.py``) and are applied by ``entities.py``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from switchyard_bot import numbers
from switchyard_bot.dates import DATE, TIME

ORDER_NUMBER, TICKET_NUMBER, BILL_NUMBER = "order_number", "ticket_number", "bill_number"
PHONE, PHONE_DIGITS, DIGITS, EMAIL = "phone", "phone_digits", "digits", "email"
DATE_NAME, TIME_NAME, AMOUNT, INSTALMENTS = "date", "time", "amount", "instalments"
RATING, NUMBER, ORDINAL, WANTED_LANGUAGE = "rating", "number", "ordinal", "wanted_language"

NAMES = (
    ORDER_NUMBER,  # SY + 8 digits
    TICKET_NUMBER,  # T + 7 digits, CS- and digits, or 8 digits
    BILL_NUMBER,  # B + 12 digits
    PHONE,  # 8 to 15 digits, with + if it was said
    PHONE_DIGITS,  # the last four digits of one, or all
    DIGITS,  # any run that stands alone: a PIN, a code, a bare number of an order
    EMAIL,  # in small letters
    DATE_NAME,  # the customer's words
    TIME_NAME,  # the customer's words
    AMOUNT,  # plain decimal without currency
    INSTALMENTS,  # how many
    RATING,  # 1 to 5
    NUMBER,  # a plain decimal
    ORDINAL,  # which of several: 1 is the first, -1 the last
    WANTED_LANGUAGE,  # zh or en, named in the message
)

NOT_IN_A_WORD = "(?<![A-Za-z0-9])"
NOT_GOING_ON = "(?![A-Za-z0-9])"
_NUMERAL = rf"(?:{numbers.DIGITS}|{numbers.CHINESE_NUMERAL}|{numbers.ENGLISH_NUMERAL})"
_FEW = (
    r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3}"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
)
_CURRENCY = (
    r"元|块钱|块|人民币|美元|美金|英镑|欧元|rmb\b|cny\b|usd\b|gbp\b|yuan\b|kuai\b|dollars?\b|bucks?\b"
    r"|pounds?\b|quid\b|euros?\b"
)
_FIVE = {"满": "5", "五": "5", "四": "4", "三": "3", "二": "2", "两": "2", "一": "1"} | {
    word: str(value) for word, value in numbers.DIGIT_WORDS.items() if 1 <= value <= 5
}
_LANGUAGES = (
    ("zh", r"中文|汉语|国语|普通话|华语|\b(?:chinese|mandarin|putonghua)\b"),
    ("en", r"英文|英语|\benglish\b"),
)
_ORDINALS = (
    ("1", r"第一[个笔单张条家]?|头一个|\bfirst(?: one)?\b|\b1st\b"),
    ("2", r"第二[个笔单张条家]?|\bsecond(?: one)?\b|\b2nd\b"),
    ("3", r"第三[个笔单张条家]?|\bthird(?: one)?\b|\b3rd\b"),
    ("4", r"第四[个笔单张条家]?|\bfourth(?: one)?\b|\b4th\b"),
    ("5", r"第五[个笔单张条家]?|\bfifth(?: one)?\b|\b5th\b"),
    ("-1", r"最后[一那]?[个笔单张条]|\blast one\b"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """One value in a message; ``start`` and ``end`` count its characters."""

    name: str
    value: str
    start: int
    end: int


Step = Callable[[str, bytearray], Iterator[Found]]


def _pattern(name: str, pattern: str, value: Callable[[str], str | None]) -> Step:
    compiled = re.compile(pattern, re.IGNORECASE)

    def step(text: str, _: bytearray) -> Iterator[Found]:
        for match in compiled.finditer(text):
            group = match.lastgroup or 0
            if match.end() > match.start() and (read := value(match[group])) is not None:
                yield Found(name, read, match.start(), match.end())

    return step


def _words(name: str, pattern: "re.Pattern[str]") -> Step:
    def step(text: str, _: bytearray) -> Iterator[Found]:
        for match in pattern.finditer(text):
            words = match[0].strip()
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            yield Found(name, words, start, start + len(words))

    return step


def looks_like_bill(digits: str) -> bool:
    """Whether twelve digits begin with a year and a month, as bills do and telephones do not."""
    return digits.startswith("20") and "01" <= digits[4:6] <= "12"


def _phone(digits: str) -> str | None:
    return None if len(digits) == 12 and looks_like_bill(digits) else digits


def rating_of(text: str) -> str | None:
    """1 to 5 from a digit or a word; None for others."""
    text = text.lower()
    return text if text in {"1", "2", "3", "4", "5"} else _FIVE.get(text)


def _few(text: str) -> str | None:
    count = numbers.value_of(text)
    return count if count is not None and 1 <= int(count) <= 60 else None


def _constant(value: str) -> Callable[[str], str | None]:
    return lambda _: value


_STAR = r"(?P<v>[1-5]|[一二两三四五满]|one|two|three|four|five)"
EXPLAINED: tuple[Step, ...] = (
    _pattern(EMAIL, r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+", str.lower),
    _pattern(ORDER_NUMBER, rf"{NOT_IN_A_WORD}SY[0-9]{{8}}{NOT_GOING_ON}", str.upper),
    _pattern(BILL_NUMBER, rf"{NOT_IN_A_WORD}B[0-9]{{12}}{NOT_GOING_ON}", str.upper),
    _pattern(TICKET_NUMBER, rf"{NOT_IN_A_WORD}T[0-9]{{7}}{NOT_GOING_ON}", str.upper),
    _pattern(
        TICKET_NUMBER,
        rf"{NOT_IN_A_WORD}CS-[0-9]{{4,12}}(?:-[0-9]{{4,8}})?(?![0-9A-Za-z])",
        str.upper,
    ),
    _pattern(PHONE, rf"(?<![A-Za-z0-9+])(?:\+[0-9]{{8,15}}|[0-9]{{10,13}}){NOT_GOING_ON}", _phone),
    _pattern(
        AMOUNT,
        rf"(?:[¥$£€]|\b(?:rmb|cny|usd|gbp) ?) ?(?P<v>{numbers.DIGITS})(?![0-9])",
        numbers.value_of,
    ),
    _pattern(AMOUNT, rf"(?<![0-9A-Za-z.,])(?P<v>{_NUMERAL}) ?(?:{_CURRENCY})", numbers.value_of),
    _pattern(
        RATING,
        rf"(?<![0-9A-Za-z十]){_STAR} ?(?:分(?![钟期之0-9一二三四五六七八九十])|颗?星"
        r"|-?stars?\b|/ ?5\b|out of (?:5|five)\b)",
        rating_of,
    ),
    _pattern(INSTALMENTS, rf"(?:分成?|拆成?|分作) ?(?P<v>{_FEW}) ?个?(?:期|次|月|笔|份)", _few),
    _pattern(
        INSTALMENTS,
        rf"(?<![0-9A-Za-z第])(?P<v>{_FEW}) ?(?:期(?![间待])|个月(?:分期|付清|还清|付完|还完))",
        _few,
    ),
    _pattern(
        INSTALMENTS,
        rf"\b(?P<v>{_FEW}) (?:(?:equal|monthly|month|separate) )?"
        r"(?:instal?l?ments?|payments|parts|chunks)\b",
        _few,
    ),
    _pattern(
        INSTALMENTS, rf"\b(?:over|across|into|spread over) (?P<v>{_FEW}) (?:months|times)\b", _few
    ),
    _words(DATE_NAME, DATE),
    _words(TIME_NAME, TIME),
    *(_pattern(ORDINAL, pattern, _constant(value)) for value, pattern in _ORDINALS),
    *(_pattern(WANTED_LANGUAGE, pattern, _constant(value)) for value, pattern in _LANGUAGES),
)
"""Before bare digits are looked at, in this order."""

LEFT_OVER: tuple[Step, ...] = (
    _pattern(
        NUMBER,
        r"(?<![0-9A-Za-z.,第周月])(?P<v>[0-9]{1,6}(?:\.[0-9]{1,2})?)(?![0-9A-Za-z年%]|[.,:/][0-9])",
        numbers.value_of,
    ),
    _pattern(
        NUMBER,
        r"(?<![第周月])(?P<v>[一二两三四五六七八九十百千万]{1,6})(?=个|次|件|台|条|天|周|期|$)",
        numbers.value_of,
    ),
    _pattern(
        NUMBER, rf"(?P<v>{numbers.ENGLISH_NUMERAL})(?! (?:of|more|thing)\b)", numbers.value_of
    ),
)
"""After bare digits."""
