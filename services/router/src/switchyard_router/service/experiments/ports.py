"""What comparisons need from outside."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from switchyard_router.domain.experiments.trial import Floats, Trial, Whole


class HistoryUnreadable(Exception):
    """There is no history to be had there; says what to do."""


class NothingCompared(Exception):
    """The history has nothing of what was asked for; says what it has."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which contacts: of a queue, from a time on.

    `turn_ms`: 0 where arms were dealt by contact; None: as the history says.
    """

    queue: str
    since_ms: int
    turn_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """Stretches of agents of the queue, busy or ready; columns of one length."""

    from_ms: Whole
    until_ms: Whole
    busy: Floats


class TrialHistory(Protocol):
    """Where contacts and arms are read from; all raise HistoryUnreadable."""

    async def trial(self, asked: Asked) -> Trial:
        """Every ended contact of the queue; arm '' where it was dealt none."""
        ...

    async def periods(self, asked: Asked, arms: Sequence[str]) -> Set[int]:
        """Lengths of the turns in which contacts were dealt these arms, ms; 0: each by itself.

        No arms: all there are.
        """
        ...

    async def shares(self, asked: Asked) -> dict[str, float]:
        """Each arm's share as decisions logged it."""
        ...

    async def presence(self, asked: Asked) -> Presence:
        """When agents who answered for the queue were ready or busy."""
        ...
