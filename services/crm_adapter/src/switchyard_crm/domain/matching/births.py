"""Comparing dates of birth."""

from datetime import date
from enum import Enum

from rapidfuzz.distance import OSA

# What forms and migrations write when nobody said it.
_PLACEHOLDERS = frozenset(
    (date(1, 1, 1), date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(9999, 12, 31))
)
_NEW_YEAR = (1, 1)


class Births(Enum):
    """How two dates of birth stand to each other; the value is the evidence."""

    SAME = "birth dates equal"
    CLOSE = "birth dates nearly equal"
    DIFFERENT = "birth dates differ"
    UNKNOWN = "birth date not known of both"


def known_birth(birth: date | None) -> date | None:
    """The date, unless it stands for not knowing."""
    return None if birth in _PLACEHOLDERS else birth


def compare_births(a: date | None, b: date | None) -> Births:
    """CLOSE is what a slip makes: day and month swapped, one digit wrong, two digits swapped.

    So is the first of January of the same year, which stands for a year alone.
    """
    if a is None or b is None:
        return Births.UNKNOWN
    if a == b:
        return Births.SAME
    swapped = a.year == b.year and (a.month, a.day) == (b.day, b.month)
    year_alone = a.year == b.year and _NEW_YEAR in ((a.month, a.day), (b.month, b.day))
    slip = OSA.distance(a.isoformat(), b.isoformat(), score_cutoff=1) <= 1
    return Births.CLOSE if swapped or year_alone or slip else Births.DIFFERENT
