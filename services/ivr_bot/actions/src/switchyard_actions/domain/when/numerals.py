"""Writes the numbers in expressions of time in digits, so that one pattern reads all notations."""

import re
import unicodedata

_HAN = "零〇一二两三四五六七八九十"
HAN_NUMBERS = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {
    "〇": 0,
    "两": 2,
}
"""Numerals of one character. The bot has its own table: it runs apart, on another Python."""

_HAN_UNIT = r"(?=个?半?(?:小时|钟头|钟)|[点點号號日月年分刻天周]|个?(?:月|星期|礼拜)|时(?!候|间))"
_HAN_NUMBER = re.compile(
    rf"(?<![周期拜{_HAN}])([{_HAN}]+){_HAN_UNIT}|(?<=[点點])([{_HAN}]+)(?![{_HAN}个])"
)
# "A bit": 快一点, 有一点疑问.
_A_BIT = re.compile(
    r"(?<=[早晚快慢有多少好便宜些])一[点點]|一[点點](?=[点點]?[儿也都疑问问题小事用])"
)

_SCRIPT_CHANGE = re.compile(r"(?<=[a-z])(?=[一-鿿])|(?<=[一-鿿])(?=[a-z])")

_ONES = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
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
        ]
    )
}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
        ],
        start=1,
    )
} | {"twentieth": 20, "thirtieth": 30}
_ENGLISH_NUMBER = re.compile(
    rf"\b(?:({'|'.join(_TENS)})[\s-]({'|'.join(tuple(_ORDINALS)[:9])}|{'|'.join(tuple(_ONES)[1:10])})"
    rf"|({'|'.join(_TENS | _ONES)})|(?<=\bthe )({'|'.join(_ORDINALS)}))\b"
)


def in_digits(text: str) -> str:
    """Lower case, half-width, 三点四十 as 3点40, "half past three" as "half past 3"."""
    text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    text = _SCRIPT_CHANGE.sub(" ", _A_BIT.sub("", text))
    text = _HAN_NUMBER.sub(lambda found: str(_han_number(found[1] or found[2])), text)
    return _ENGLISH_NUMBER.sub(_english_number, text)


def _han_number(numeral: str) -> int:
    """Up to 99; a year is read digit by digit."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return int("".join(str(HAN_NUMBERS[char]) for char in numeral))
    return (_digits(tens) or 1) * 10 + _digits(ones)


def _digits(numeral: str) -> int:
    return int("".join(str(HAN_NUMBERS.get(char, 0)) for char in numeral) or "0")


def _english_number(found: re.Match[str]) -> str:
    tens, ones, plain, ordinal = found.groups()
    if ordinal:
        return f"{_ORDINALS[ordinal]}th"
    if plain:
        return str(_TENS.get(plain, _ONES.get(plain)))
    if ones in _ORDINALS:
        return f"{_TENS[tens] + _ORDINALS[ones]}th"
    return str(_TENS[tens] + _ONES[ones])
