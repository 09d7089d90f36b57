"""Answers to pick from, on channels that show nothing but text. Pure."""

import unicodedata
from collections.abc import Sequence


def listed(text: str, choices: Sequence[str]) -> str:
    """The text with its choices by number below, one a line."""
    lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
    return "\n".join((text, *lines)).strip()


def picked(said: str, choices: Sequence[str]) -> str:
    """The choice whose number was written, else what was written.

    A number that is a choice itself (a rating, say) stands for itself.
    """
    plain = unicodedata.normalize("NFKC", said).strip().rstrip(".。)")
    if not plain.isdecimal() or len(plain) > _LONGEST or plain in choices:
        return said
    number = int(plain)
    return choices[number - 1] if 1 <= number <= len(choices) else said


_LONGEST = 2
