"""Tells in which language to answer. Pure."""

import re

CHINESE = "zh"
ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)

_CLEAR_WORDS = 3
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# An order number's letters say nothing.
_LATIN_WORD = re.compile(r"(?<![A-Za-z])(?!sy[0-9])[A-Za-z']{2,}", re.IGNORECASE)


def choose(text: str, named: object) -> str | None:
    """The language of a message: ``zh``, ``en``, or None when nothing tells.

    ``named`` is the language of the channel's page. It rules, unless the message is clearly in the
    other one: Han characters with few English words, or three English words without any. "OK" on a
    Chinese page is no wish to be answered in English.
    """
    return _clearly(text) or known(named) or _by_script(text)


def known(value: object) -> str | None:
    """A language as a channel names it (``zh-CN``) as ``zh`` or ``en``; None for others."""
    if not isinstance(value, str):
        return None
    primary = re.split(r"[-_]", value.strip().lower(), maxsplit=1)[0]
    return primary if primary in LANGUAGES else None


def _clearly(text: str) -> str | None:
    han, words = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    if han > words:
        return CHINESE
    return ENGLISH if words >= _CLEAR_WORDS and not han else None


def _by_script(text: str) -> str | None:
    if _HAN.search(text):
        return CHINESE
    return ENGLISH if _LATIN_WORD.search(text) else None
