"""Tells in which language to answer. Pure."""

import re

CHINESE = "zh"
ENGLISH = "en"
LANGUAGES = (CHINESE, ENGLISH)

_CLEAR_WORDS = 3
_HAN_OF_A_WORD = 2  # a Chinese word has two characters on average
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_ADDRESS = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+", re.IGNORECASE)
# The letters of a number or a model (SY20261234, CS-20260001, R2) say nothing.
_LATIN_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z']{2,}(?![A-Za-z0-9]|-[0-9])")


def choose(text: str, named: object) -> str | None:
    """The language of a message: ``zh``, ``en``, or None when nothing tells.

    ``named`` is the language of the channel's page. It rules, unless the message is clearly in the
    other one: more Han characters than English words, or three English words and more of them than
    of Chinese ones. "OK" on a Chinese page is no wish to be answered in English.
    """
    text = _ADDRESS.sub(" ", text)
    han, words = len(_HAN.findall(text)), len(_LATIN_WORD.findall(text))
    return _clearly(han, words) or known(named) or _by_script(han, words)


def known(value: object) -> str | None:
    """A language as a channel names it (``zh-CN``) as ``zh`` or ``en``; None for others."""
    if not isinstance(value, str):
        return None
    primary = re.split(r"[-_]", value.strip().lower(), maxsplit=1)[0]
    return primary if primary in LANGUAGES else None


def _clearly(han: int, words: int) -> str | None:
    if han > words:
        return CHINESE
    return ENGLISH if words >= _CLEAR_WORDS and words * _HAN_OF_A_WORD > han else None


def _by_script(han: int, words: int) -> str | None:
    if han:
        return CHINESE
    return ENGLISH if words else None
