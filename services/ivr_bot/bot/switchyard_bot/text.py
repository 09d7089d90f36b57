"""Brings what customers type, in many notations, to the one the patterns and the classifier know.

Pure: no Rasa, so that it runs and is tested on any Python.
"""

import re
import unicodedata

MAX_LENGTH = 500
"""Characters of a message that are looked at; the rest cannot change what it is about."""

_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_ENGLISH_DIGITS = {
    word: str(digit)
    for digit, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    )
} | {"oh": "0"}

_GAP = r"[\s,.\-]"
_ENGLISH_WORD = "(?:" + "|".join(_ENGLISH_DIGITS) + ")"
# Three or more in a row are a number that was read out; fewer are ordinary words ("一个").
_READ_OUT_CHINESE = re.compile(
    rf"[零〇一二三四五六七八九幺](?:{_GAP}?[零〇一二三四五六七八九幺]){{2,}}"
)
_READ_OUT_ENGLISH = re.compile(
    rf"\b{_ENGLISH_WORD}(?:{_GAP}+{_ENGLISH_WORD}){{2,}}\b", re.IGNORECASE
)
_ORDER_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])s\s?y[\s\-_.:#]*((?:[0-9][\s\-_.]?){7}[0-9])(?![0-9])", re.IGNORECASE
)
_SPACED_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ .\-][0-9]){3,}(?![0-9])")
_TWO_GROUPS = re.compile(r"(?<![0-9\-])([0-9]{4})-([0-9]{4})(?![0-9\-])")


def normalise(text: str) -> str:
    """Returns the message half-width, numbers as plain digits, order numbers as ``SY`` + 8 digits.

    A text that is already in this form comes back unchanged.
    """
    text = unicodedata.normalize("NFKC", text[:MAX_LENGTH])
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Cf"} else char for char in text)
    text = _READ_OUT_CHINESE.sub(
        lambda found: _digits_only(found[0].translate(_CHINESE_DIGITS)), text
    )
    text = _READ_OUT_ENGLISH.sub(_english_digits, text)
    text = _ORDER_NUMBER.sub(lambda found: "SY" + _digits_only(found[1]), text)
    text = _SPACED_DIGITS.sub(lambda found: _digits_only(found[0]), text)
    text = _TWO_GROUPS.sub(r"\1\2", text)
    return " ".join(text.split())[:MAX_LENGTH]


def mask_digits(text: str) -> str:
    """Replaces every digit by 0: the embedding is to see a number's length, not its value."""
    return re.sub(r"[0-9]", "0", text)


def _digits_only(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _english_digits(found: "re.Match[str]") -> str:
    return "".join(_ENGLISH_DIGITS[word.lower()] for word in re.findall(r"[A-Za-z]+", found[0]))
