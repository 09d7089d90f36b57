"""Whether a new model may replace the last: not when it is worse beyond what chance explains. Pure.

Both answered the same phrases, so that only those count on which they differ: if the new one were
as good as the last, it would lose such a phrase as often as win it (exact sign test, McNemar 1947).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import comb

CHANCE = 0.05
"""A new model is called worse when an equally good one would look so bad this rarely or less."""
_HASH_CHARS = 12

Marks = Mapping[str, bool]
"""Fingerprint of a phrase → whether it was understood as it should."""


@dataclass(frozen=True)
class Change:
    """How one measure changed; ``gained`` and ``lost`` count phrases that both were asked."""

    measure: str
    before: float  # share of the common phrases, 0 to 1
    now: float
    gained: int
    lost: int

    @property
    def chance(self) -> float:
        """How often an equally good model would lose that many more, or more still."""
        differing = self.gained + self.lost
        tail = sum(comb(differing, lost) for lost in range(self.lost, differing + 1))
        return float(tail / 2**differing)

    @property
    def worse(self) -> bool:
        """Whether chance does not explain it."""
        return self.lost > self.gained and self.chance <= CHANCE


def fingerprint(phrase: str) -> str:
    """Names a phrase without showing it."""
    return hashlib.sha256(phrase.encode()).hexdigest()[:_HASH_CHARS]


def compare(before: Mapping[str, Marks], now: Mapping[str, Marks]) -> list[Change]:
    """One change per measure that both have phrases in common for."""
    found = []
    for measure, marks in now.items():
        old = before.get(measure, {})
        common = sorted(set(marks) & set(old))
        if common:
            found.append(_change(measure, [(old[one], marks[one]) for one in common]))
    return found


def refusals(changes: Iterable[Change]) -> list[str]:
    """Why the new model must not be shipped; empty when it may."""
    return [
        f"{change.measure}: {change.before:.1%} before, {change.now:.1%} now on the same phrases "
        f"({change.lost} lost, {change.gained} gained; by chance in {change.chance:.1%} of cases)"
        for change in changes
        if change.worse
    ]


def _change(measure: str, pairs: list[tuple[bool, bool]]) -> Change:
    return Change(
        measure,
        before=sum(old for old, _ in pairs) / len(pairs),
        now=sum(new for _, new in pairs) / len(pairs),
        gained=sum(new and not old for old, new in pairs),
        lost=sum(old and not new for old, new in pairs),
    )
