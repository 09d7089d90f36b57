"""Tells Chinese from English by the script of the message. Pure."""

import re

CHINESE = "zh"
ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"(?<![A-Za-z])(?!sy[0-9])[A-Za-z]{2,}", re.IGNORECASE)


def detect(text: str) -> str | None:
    """Returns ``zh`` for any Han character, else ``en`` for Latin words, else None.

    Chinese speakers mix English words in, hardly ever the other way round; an order number alone
    says nothing.
    """
    if _HAN.search(text):
        return CHINESE
    return ENGLISH if _LATIN_WORD.search(text) else None


def known(value: object) -> str | None:
    """Returns a language as a channel names it (``zh-CN``) as ``zh`` or ``en``; None for others."""
    if not isinstance(value, str):
        return None
    primary = re.split(r"[-_]", value.strip().lower(), maxsplit=1)[0]
    return primary if primary in LANGUAGES else None
