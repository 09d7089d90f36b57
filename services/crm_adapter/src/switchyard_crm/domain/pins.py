"""Personal identification numbers: which can be set, and which everybody would guess."""

import itertools
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum

SHORTEST, LONGEST = 4, 8
CODE_DIGITS = 6
_SEPARATORS = frozenset(" -")
_WRITTEN_BIRTH_DATES = (
    "%Y",
    "%m%d",
    "%d%m",
    "%y%m",
    "%m%y",
    "%Y%m",
    "%m%Y",
    "%y%m%d",
    "%d%m%y",
    "%m%d%y",
    "%Y%m%d",
    "%d%m%Y",
    "%m%d%Y",
)


class WeakPin(StrEnum):
    """Why a PIN cannot be set; the value is the reason in the contract."""

    TOO_SIMPLE = "PIN_TOO_SIMPLE"
    TOO_PERSONAL = "PIN_TOO_PERSONAL"


def digits_of(text: str) -> str | None:
    """The ASCII digits of a text in any usual notation (１２３４, 12 34); None if there is more."""
    plain = unicodedata.normalize("NFKC", text).strip()
    kept = "".join(character for character in plain if character not in _SEPARATORS)
    return kept if kept.isascii() and kept.isdigit() else None


def is_pin(digits: str) -> bool:
    """Whether digits are as many as a PIN has."""
    return SHORTEST <= len(digits) <= LONGEST


def weakness(pin: str, birth_dates: Collection[date], phones: Collection[str]) -> WeakPin | None:
    """Why everybody would try this PIN first; None for a good one.

    Dates, repeated digits and runs are what most people choose (Bonneau, Preibusch and Anderson,
    "A birthday present every eleven wallets?", 2012), and own dates and numbers are what
    acquaintances try. `phones` are E.164.
    """
    if _is_repeated(pin) or _is_run(pin):
        return WeakPin.TOO_SIMPLE
    written = {text for day in birth_dates for text in _written(day)}
    if pin in written or any(phone.endswith(pin) for phone in phones):
        return WeakPin.TOO_PERSONAL
    return None


def _is_repeated(pin: str) -> bool:
    """0000, 1212, 123123: one piece of up to half the digits, again and again."""
    halves = range(1, len(pin) // 2 + 1)
    return any(len(pin) % size == 0 and pin[:size] * (len(pin) // size) == pin for size in halves)


def _is_run(pin: str) -> bool:
    """1234, 8765, 7890: each digit is the next one, up or down, nine and nought being neighbours.

    Doubled digits (1122, 112233) count as one.
    """
    single = [digit for digit, _ in itertools.groupby(pin)]
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(single)}
    even = len({len(list(group)) for _, group in itertools.groupby(pin)}) == 1
    return even and steps in ({1}, {9})


def _written(day: date) -> Iterator[str]:
    """A date as people write it in digits."""
    return (day.strftime(form) for form in _WRITTEN_BIRTH_DATES)
