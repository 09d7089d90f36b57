"""Numbers as customers say them: Chinese numerals, English number words, digits. Pure."""

import re

_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "幺": 1,
}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = 10_000

DIGIT_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
}
TEEN_WORDS = {
    word: value
    for value, word in enumerate(
        [
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
        ],
        start=10,
    )
}
TENS_WORDS = {
    word: value * 10
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_SMALL_WORDS = DIGIT_WORDS | TEEN_WORDS | TENS_WORDS
_ENGLISH_UNITS = {"hundred": 100, "thousand": 1000}

CHINESE_NUMERAL = "[零〇一二两三四五六七八九十百千万]{1,12}"
"""Pattern of what ``value_of`` reads as Chinese."""

_SMALL = "|".join(sorted(_SMALL_WORDS, key=len, reverse=True))
ENGLISH_NUMERAL = (
    rf"\b(?:{_SMALL}|hundred|thousand)(?:(?:[ \-]|\sand\s)(?:{_SMALL}|hundred|thousand)\b){{0,8}}"
)
"""Pattern of what ``value_of`` reads as English."""

DIGITS = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?|[0-9]{1,12}(?:\.[0-9]{1,2})?"
"""Pattern of a number in digits, with or without separators of thousands."""


def value_of(text: str) -> str | None:
    """The number that a text names, as a plain decimal ("1280", "19.50"); None if it names none.

    Understands digits with separators, Chinese numerals up to 99,999,999 (三百二, 两千零五) and
    English words up to 999,999 ("two hundred and five").
    """
    text = text.strip().lower()
    if re.fullmatch(DIGITS, text):
        return _plain(text.replace(",", ""))
    if re.fullmatch(CHINESE_NUMERAL, text):
        return _known(_chinese(text))
    if re.fullmatch(ENGLISH_NUMERAL, text):
        return _known(_english(text))
    return None


def _plain(digits: str) -> str:
    whole, point, rest = digits.partition(".")
    return (whole.lstrip("0") or "0") + point + rest


def _known(value: int | None) -> str | None:
    return None if value is None else str(value)


def _chinese(text: str) -> int | None:
    if not set(text) & {*_CHINESE_UNITS, "万"}:
        return int("".join(str(_CHINESE_DIGITS[char]) for char in text))
    head, myriad, tail = text.partition("万")
    if "万" in tail:
        return None
    if not myriad:
        return _below_myriad(head)
    upper, lower = _below_myriad(head), _below_myriad(tail) if tail else 0
    if not upper or lower is None:
        return None
    # 一万二 is 12,000: a last digit without a unit counts in the next lower one.
    if len(tail) == 1 and tail in _CHINESE_DIGITS:
        lower *= 1000
    return upper * _MYRIAD + lower


def _below_myriad(text: str) -> int | None:
    total, digit, unit = 0, None, _MYRIAD
    for place, char in enumerate(text):
        if char in _CHINESE_UNITS:
            smaller = _CHINESE_UNITS[char]
            if smaller >= unit or (digit is None and (smaller != 10 or place)):
                return None
            total, digit, unit = total + (1 if digit is None else digit) * smaller, None, smaller
        elif digit not in (None, 0):
            return None
        else:
            digit = _CHINESE_DIGITS.get(char)
            if digit == 0 and place:
                unit = min(unit, 100)
    if digit is None:
        return total or None
    # 三百二 is 320, 三百零二 is 302.
    return total + digit * (unit // 10 if unit < _MYRIAD and text[-2] in _CHINESE_UNITS else 1)


def _english(text: str) -> int | None:
    total = part = 0
    previous = _MYRIAD
    for word in re.findall(r"[a-z]+", text):
        if word == "and":
            continue
        if word == "thousand":
            total, part, previous = total + (part or 1) * 1000, 0, _MYRIAD
        elif word == "hundred":
            part, previous = (part or 1) * 100, 100
        elif (value := _SMALL_WORDS[word]) < previous:
            part, previous = part + value, 10 if value >= 20 else 0
        else:
            return None
    return total + part
