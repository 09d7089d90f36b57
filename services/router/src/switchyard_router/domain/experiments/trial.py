"""What became of the contacts of a comparison, in columns, and the units that were dealt."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]
type Flags = NDArray[np.bool_]

SHORT_SECONDS = 10.0
"""A conversation shorter than this solved nothing: it is a fault, not speed."""


class Metric(StrEnum):
    """What is compared; everything but the service level is better when it is lower."""

    HANDLE = "handle"
    WAIT = "wait"
    ABANDONED = "abandoned"
    LEVEL = "level"
    SHORT = "short"

    @property
    def lower_is_better(self) -> bool:
        """Whether a fall is an improvement."""
        return self is not Metric.LEVEL


@dataclass(frozen=True, slots=True)
class Trial:
    """One row for each contact that was dealt an arm, answered or not; columns of one length.

    `arm` and `kind` are indices into `arms` and `kinds`; `turn` is the period it arrived in.
    Conversation and wrap-up of contacts nobody answered are 0.
    """

    arms: tuple[str, ...]
    kinds: tuple[str, ...]
    arm: Whole
    kind: Whole
    turn: Whole
    arrived_ms: Whole
    wait_seconds: Floats
    talk_seconds: Floats
    handle_seconds: Floats
    answered: Flags

    def __len__(self) -> int:
        return len(self.arm)

    def only(self, rows: Flags) -> Self:
        """The contacts of a mask."""
        return type(self)(
            self.arms,
            self.kinds,
            self.arm[rows],
            self.kind[rows],
            self.turn[rows],
            self.arrived_ms[rows],
            self.wait_seconds[rows],
            self.talk_seconds[rows],
            self.handle_seconds[rows],
            self.answered[rows],
        )

    def measured(self, metric: Metric, target_seconds: float) -> tuple[Flags, Floats]:
        """Which contacts count for a metric, and the value of every contact (others: 0)."""
        short = self.answered & (self.talk_seconds < SHORT_SECONDS)
        everybody = np.ones(len(self), dtype=np.bool_)
        match metric:
            case Metric.HANDLE:
                counted = self.answered & ~short
                return counted, np.where(counted, self.handle_seconds, 0.0)
            case Metric.SHORT:
                return self.answered, short.astype(np.float64)
            case Metric.WAIT:
                return everybody, self.wait_seconds
            case Metric.ABANDONED:
                return everybody, (~self.answered).astype(np.float64)
            case Metric.LEVEL:
                within = self.answered & (self.wait_seconds <= target_seconds)
                return everybody, within.astype(np.float64)


@dataclass(frozen=True, slots=True)
class Units:
    """What the lot was drawn for: contacts, or whole turns of a switchback.

    `treated`: got the second arm. `counts`, `totals`: contacts that count, and the sum of their
    values. `share`: of the second arm.
    """

    treated: Flags
    counts: Floats
    totals: Floats
    share: float

    def __len__(self) -> int:
        return len(self.treated)


def units_of(
    trial: Trial, metric: Metric, share: float, target_seconds: float, *, by_turn: bool
) -> Units:
    """Two arms' contacts as the units that were dealt, in the order of time. O(n log n).

    Contacts of one turn share agents, the time of day and the arm: they count as one draw.
    """
    counted, values = trial.measured(metric, target_seconds)
    if not by_turn:
        rows = np.flatnonzero(counted)
        rows = rows[np.argsort(trial.arrived_ms[rows], kind="stable")]
        return Units(trial.arm[rows] == 1, np.ones(len(rows)), values[rows], share)
    turns, place = np.unique(trial.turn * 2 + trial.arm, return_inverse=True)
    counts = np.bincount(place, weights=counted, minlength=len(turns))
    totals = np.bincount(place, weights=values, minlength=len(turns))
    return Units(turns % 2 == 1, counts, totals, share)
