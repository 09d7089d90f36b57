"""Brings what customers type, in many notations, to the one the patterns and the classifier know.

Pure: no Rasa, so that it runs and is tested on any Python.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from switchyard_bot.numbers import DIGIT_WORDS, TEEN_WORDS, TENS_WORDS

MAX_LENGTH = 500
"""Characters of a message that are looked at; the rest cannot change what it is about."""

_SIMPLIFIED = Path(__file__).with_name("simplified.txt")
_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_SAID_DIGITS = DIGIT_WORDS | {"oh": 0}
_TIMES = {"double": 2, "triple": 3}

_GAP = r"[\s,.\-]"
_HAN_DIGIT = "[零〇一二三四五六七八九幺0-9]"
# Three or more in a row are a number that was read out; fewer are ordinary words ("一个").
_READ_OUT_CHINESE = re.compile(
    rf"[零〇一二三四五六七八九幺](?:{_GAP}?[零〇一二三四五六七八九幺]){{2,}}"
)
_READ_OUT_MIXED = re.compile(rf"{_HAN_DIGIT}{{4,}}")
_SMALL_WORD = "|".join(sorted(_SAID_DIGITS | TEEN_WORDS | TENS_WORDS, key=len, reverse=True))
_ENGLISH_WORD = rf"(?:(?:double|triple)\s(?:{'|'.join(_SAID_DIGITS)})|{_SMALL_WORD})"
_READ_OUT_ENGLISH = re.compile(
    rf"\b{_ENGLISH_WORD}(?:{_GAP}+{_ENGLISH_WORD}){{2,}}\b(?!\s(?:hundred|thousand|percent))",
    re.IGNORECASE,
)

_START = r"(?<![A-Za-z0-9'])"
_MARK = r"[\s\-_.:#]*"
_ORDER_NUMBER = re.compile(
    rf"{_START}s[\s.]?y{_MARK}((?:[0-9][\s\-_.]?){{7}}[0-9])(?![0-9])", re.IGNORECASE
)
_TICKET_NUMBER = re.compile(rf"{_START}t[\s\-_.:#]?((?:[0-9][\s\-.]?){{6}}[0-9])(?![0-9])", re.I)
_CASE_NUMBER = re.compile(
    rf"{_START}c\s?s[\s\-_.:#]*([0-9]{{6,12}}|[0-9]{{4}}[\s\-]+[0-9]{{4,8}})(?![0-9])", re.I
)
_BILL_NUMBER = re.compile(rf"{_START}b{_MARK}((?:[0-9][\s\-_.]?){{11}}[0-9])(?![0-9])", re.I)

_SPACED_DIGITS = re.compile(r"(?<![0-9.])[0-9](?:[ .\-][0-9]){3,}(?![0-9])")
_TWO_GROUPS = re.compile(r"(?<![0-9\-+])(?<![0-9] )([0-9]{4})[ \-]([0-9]{4})(?![0-9\-])(?! [0-9])")
_MOBILE = re.compile(
    r"(?<![0-9A-Za-z])((?:\+?86)[\s\-]*)?(1[3-9][0-9])[\s\-]*([0-9]{4})[\s\-]*([0-9]{4})(?![0-9])"
)
_INTERNATIONAL = re.compile(r"(?<![0-9A-Za-z])\+[0-9](?:[\s\-.()]{0,2}[0-9]){7,14}(?![0-9])")
_GROUPED_PHONE = re.compile(
    r"(?<![0-9\-])\(?([0-9]{3,5})\)?[\s.\-]{1,2}([0-9]{3,4})[\s.\-]([0-9]{3,4})(?![0-9\-])"
)
_AREA_AND_LINE = re.compile(r"(?<![0-9\-])\(?(0[0-9]{2,4})\)?[\s\-]([0-9]{6,8})(?![0-9\-])")

_DRAWN_OUT = re.compile(r"(?<![A-Za-z@.])([A-Za-z]*?([A-Za-z])\2{2,}[A-Za-z]*)(?![A-Za-z@.])")
_HAN_DRAWN_OUT = re.compile(r"([\u3400-\u9fff])\1{3,}")
_PUNCTUATION_DRAWN_OUT = re.compile(r"([!?,.~。、…])\1+")


def normalise(text: str) -> str:
    """Returns the message half-width, numbers as plain digits, order numbers as ``SY`` + 8 digits.

    Ticket numbers become ``T`` + 7 digits or ``CS-`` and their digits, bill numbers ``B`` + 12
    digits, phone numbers one run of digits with the plus sign they came with. A text that is
    already in this form comes back unchanged.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_LENGTH])
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Cf"} else char for char in text)
    for _ in range(len(_STEPS)):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())[:MAX_LENGTH].rstrip()


def simplified(text: str) -> str:
    """The text with traditional characters as simplified ones, one for one.

    For understanding only: what a customer wrote is kept and shown as it is, names above all.
    """
    return text.translate(_simplified_characters())


@lru_cache(maxsize=1)
def _simplified_characters() -> dict[int, str]:
    lines = _SIMPLIFIED.read_text(encoding="utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    return {ord(pair[0]): pair[1] for pair in pairs}


def mask_digits(text: str) -> str:
    """Replaces every digit by 0: the embedding is to see a number's length, not its value."""
    return re.sub(r"[0-9]", "0", text)


def _digits_only(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _prefixed(prefix: str) -> Callable[["re.Match[str]"], str]:
    return lambda found: prefix + _digits_only(found[1])


def _han_digits(found: "re.Match[str]") -> str:
    return _digits_only(found[0].translate(_CHINESE_DIGITS))


def _english_digits(found: "re.Match[str]") -> str:
    """The digits of words read out one by one: "two oh", "twenty twenty-six", "double five"."""
    digits, times, after_tens = "", 1, False
    for word in re.findall(r"[a-z]+", found[0].lower()):
        if word in _TIMES:
            times, after_tens = _TIMES[word], False
        elif word in TENS_WORDS or word in TEEN_WORDS:
            digits += str((TENS_WORDS | TEEN_WORDS)[word])
            after_tens = word in TENS_WORDS
        elif after_tens and _SAID_DIGITS[word] > 0:
            digits, after_tens = digits[:-1] + str(_SAID_DIGITS[word]), False
        else:
            digits += str(_SAID_DIGITS[word]) * times
            times, after_tens = 1, False
    return digits


def _case_number(found: "re.Match[str]") -> str:
    return "CS-" + re.sub(r"[\s\-]+", "-", found[1])


def _phone(found: "re.Match[str]") -> str:
    plus = "+" if found[0].startswith("+") else ""
    return plus + _digits_only(found[0])


def _grouped_phone(found: "re.Match[str]") -> str:
    digits = _digits_only(found[0])
    return digits if len(digits) in (10, 11) else found[0]


def _shorter(found: "re.Match[str]") -> str:
    return re.sub(r"([A-Za-z])\1{2,}", r"\1\1", found[1])


_STEPS: tuple[tuple["re.Pattern[str]", "str | Callable[[re.Match[str]], str]"], ...] = (
    (_READ_OUT_CHINESE, _han_digits),
    (_READ_OUT_MIXED, _han_digits),
    (_READ_OUT_ENGLISH, _english_digits),
    (_ORDER_NUMBER, _prefixed("SY")),
    (_BILL_NUMBER, _prefixed("B")),
    (_TICKET_NUMBER, _prefixed("T")),
    (_CASE_NUMBER, _case_number),
    (_SPACED_DIGITS, lambda found: _digits_only(found[0])),
    (_MOBILE, _phone),
    (_INTERNATIONAL, _phone),
    (_GROUPED_PHONE, _grouped_phone),
    (_AREA_AND_LINE, lambda found: _digits_only(found[0])),
    (_TWO_GROUPS, r"\1\2"),
    (_DRAWN_OUT, _shorter),
    (_HAN_DRAWN_OUT, r"\1\1\1"),
    (_PUNCTUATION_DRAWN_OUT, r"\1"),
)
