"""What a caller keys in: collected key by key, with time passing as it is told, shown to nobody."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf

from switchyard_phone.domain.menus import END_KEY, KEYS, PERSON_KEY, REPEAT_KEY

MASK = "•••"
"""Stands for what was keyed in; it does not even tell how long that is."""


@dataclass(frozen=True, slots=True, repr=False)
class Keyed:
    """Digits that a caller keyed in. Personal, whatever they are.

    No repr, log or error text shows them; only `reveal` gives them, for whom they are meant.
    """

    _digits: str
    secret: bool = False

    def __repr__(self) -> str:
        return f"Keyed({MASK})"

    def __str__(self) -> str:
        return MASK

    def reveal(self) -> str:
        """The digits themselves."""
        return self._digits


@dataclass(frozen=True, slots=True)
class Rule:
    """Which keys are waited for.

    `least` and `most` digits; `only` are those values that will do, if not all. Seconds are how
    long the caller may take for the first key and for each further one.
    """

    least: int
    most: int
    first_seconds: float
    between_seconds: float
    secret: bool = False
    only: frozenset[str] = frozenset()

    def allows(self, digits: str) -> bool:
        """Whether these are what was asked for."""
        fits = self.least <= len(digits) <= self.most
        return fits and (not self.only or digits in self.only)


class Got(StrEnum):
    """What became of a wait for keys."""

    DIGITS = "digits"
    """What was asked for."""
    BAD = "bad"
    """Keys, but too few of them or others than will do."""
    NOTHING = "nothing"
    """No key in time."""
    END = "end"
    """`#` alone."""
    STAR = "star"
    """`*` alone."""
    PERSON = "person"
    """`0` alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A wait is over. `keyed` holds digits only with DIGITS."""

    got: Got
    keyed: Keyed = Keyed("")


@dataclass(frozen=True, slots=True)
class Collector:
    """A wait for keys. Each step gives the wait as it goes on, or its outcome.

    Where one key is enough, it counts at once. Else `0` is the beginning of a number, unless
    nothing follows it; `*` takes back what was keyed in so far. `due` is when time is up, by the
    same clock as `now`; before `armed` it never is, because the caller is still being told what
    to do.
    """

    rule: Rule
    due: float = inf
    _typed: str = field(default="", repr=False)

    @property
    def begun(self) -> bool:
        """Whether there are keys already."""
        return bool(self._typed)

    def armed(self, now: float) -> "Collector":
        """All was said: from now on time runs."""
        return self if self.due < inf else replace(self, due=now + self.rule.first_seconds)

    def pressed(self, key: str, now: float) -> "Collector | Outcome":
        """One more key; it counts even if time was up a moment ago. Unknown ones change nothing."""
        if key not in KEYS or len(key) != 1:
            return self
        if key == END_KEY:
            return self._ended() if self._typed else Outcome(Got.END)
        if key == REPEAT_KEY:
            return self._taken_back(now) if self._typed else Outcome(Got.STAR)
        typed = self._typed + key
        if len(typed) == self.rule.most:
            return replace(self, _typed=typed)._ended()
        return replace(self, _typed=typed, due=now + self.rule.between_seconds)

    def waited(self, now: float) -> "Collector | Outcome":
        """Time has passed."""
        if now < self.due:
            return self
        return self._ended() if self._typed else Outcome(Got.NOTHING)

    def _taken_back(self, now: float) -> "Collector":
        return replace(self, _typed="", due=now + self.rule.first_seconds)

    def _ended(self) -> Outcome:
        if self._typed == PERSON_KEY:
            return Outcome(Got.PERSON)
        if not self.rule.allows(self._typed):
            return Outcome(Got.BAD)
        return Outcome(Got.DIGITS, Keyed(self._typed, self.rule.secret))
