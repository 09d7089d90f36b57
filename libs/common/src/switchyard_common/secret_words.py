"""Takes PINs and codes that somebody names out of a text. Pure.

Customers tell them unasked ("my PIN 4829 does not work"), and what they tell is stored, shown to
agents and written into tickets. A mask tells nothing, not even a length.
"""

import re
import unicodedata

MASK = "••••"

_HAN = "零〇一二三四五六七八九十两幺"
_WORDS = "zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|nil|nought"
SIGN = rf"(?:\d\ufe0f?\u20e3?|[{_HAN}]|\b(?:{_WORDS})\b)"
"""Pattern: a digit in whatever writing. Ignore case."""

_BETWEEN = r"[\s,.，、·_*/-]{0,3}"
SECRET = rf"(?<![A-Za-z0-9]){SIGN}(?:{_BETWEEN}{SIGN}){{3,7}}(?![A-Za-z0-9])"
"""Pattern: four to eight digits; more of them are a number of something else."""

_KINDS = (
    "error",
    "fault",
    "zip",
    "postal",
    "post",
    "area",
    "country",
    "product",
    "promo",
    "discount",
)
"""Codes that are no secrets, and that whoever helps needs to know."""

_NAMES = (
    r"(?<![a-z])pin(?![a-z])|pass ?(?:word|code)|(?:security|verification|one[- ]time) code"
    rf"|{''.join(f'(?<!{kind} )' for kind in _KINDS)}(?<![a-z])code(?![a-z])"
    r"|(?<![a-z])otp(?![a-z])|密码|口令|验证码|校验码|动态码|短信码"
)
_NAMED = re.compile(rf"(?:{_NAMES})[^\d\n]{{0,16}}?(?P<secret>{SECRET})", re.IGNORECASE)
_NAMED_AFTER = re.compile(rf"(?P<secret>{SECRET})[^\d\n]{{0,12}}?(?:{_NAMES})", re.IGNORECASE)


def without_named_secrets(text: str) -> str:
    """The text with what is called a PIN, password or code masked; as it is if there is none."""
    plain = unicodedata.normalize("NFKC", text)
    left = plain
    for pattern in (_NAMED, _NAMED_AFTER):
        left = pattern.sub(_cover, left)
    return text if left == plain else left


def _cover(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("secret"))
    whole = found[0]
    return f"{whole[:start]}{MASK}{whole[end:]}"
