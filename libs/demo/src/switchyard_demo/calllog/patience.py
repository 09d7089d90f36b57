"""How long callers would have waited, estimated from those who gave up and those who were served.

The patience of a caller who gave up is known. The patience of an answered caller is only known to
exceed the wait (it is censored), so it is drawn from the distribution of patience given that it
exceeds the wait. The distribution is the product-limit estimate of Kaplan and Meier,
"Nonparametric estimation from incomplete observations", JASA 53 (1958), equation (2b). Beyond the
longest wait seen the estimate says nothing; there it is continued with a constant hazard, chosen so
that the curve is continuous (Brown, Hollander and Korwar 1974).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from switchyard_demo.calllog.calls import CallType, LoggedCall

Floats = NDArray[np.float64]

FEWEST_ABANDONMENTS = 200
"""A call type with fewer abandonments than this is described by the curve of all types."""


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Share of callers still waiting after a time: a falling step function with a smooth tail."""

    times: Floats
    """Distinct times of abandonment in seconds, rising."""
    survival: Floats
    """Share of callers whose patience exceeds ``times``, not rising."""
    last_seconds: float
    """Longest wait seen, abandoned or not."""

    @property
    def tail_hazard(self) -> float:
        """Abandonments per second beyond the longest wait; 0 if nobody ever abandoned."""
        last = float(self.survival[-1]) if self.survival.size else 1.0
        if last <= 0.0 or self.last_seconds <= 0.0:
            return 0.0
        return float(-np.log(last) / self.last_seconds)

    def at(self, seconds: ArrayLike) -> Floats:
        """Share of callers whose patience exceeds the given times in seconds."""
        asked = np.asarray(seconds, dtype=np.float64)
        steps = np.concatenate(([1.0], self.survival))
        share = steps[np.searchsorted(self.times, asked, side="right")]
        beyond = np.clip(asked - self.last_seconds, 0.0, None)
        return np.asarray(share * np.exp(-self.tail_hazard * beyond), dtype=np.float64)

    def draw_beyond(self, waited_seconds: ArrayLike, rng: np.random.Generator) -> Floats:
        """Draws patience in seconds given that it exceeds the waits, one draw per wait.

        Infinite where the data hold no abandonment at all; equal to the wait where everybody seen
        had given up by then.
        """
        waited = np.asarray(waited_seconds, dtype=np.float64)
        level = self.at(waited) * (1.0 - rng.random(waited.shape))
        drawn = self._time_of(level)
        return np.maximum(drawn, waited)

    def _time_of(self, level: Floats) -> Floats:
        """First time at which no more than the given share still waits."""
        step = np.searchsorted(-self.survival, -level, side="left")
        in_tail = step >= self.survival.size
        padded = np.concatenate((self.times, [np.inf]))
        time = padded[step].astype(np.float64)
        if in_tail.any() and self.tail_hazard > 0.0:
            last = float(self.survival[-1])
            time[in_tail] = self.last_seconds + np.log(last / level[in_tail]) / self.tail_hazard
        return time


def kaplan_meier(waits_seconds: ArrayLike, abandoned: ArrayLike) -> SurvivalCurve:
    """The product-limit estimate of patience.

    ``waits_seconds`` are the times callers waited, ``abandoned`` says who gave up (true) and who
    was answered (false, censored). A caller answered in the same second in which another gave up
    counts as still waiting at that moment. Raises ``ValueError`` for unequal lengths or no data.
    """
    waits = np.asarray(waits_seconds, dtype=np.float64)
    events = np.asarray(abandoned, dtype=np.bool_)
    if waits.ndim != 1 or waits.shape != events.shape or not waits.size:
        raise ValueError("needs one wait and one flag per caller, and at least one caller")
    times, deaths = np.unique(waits[events], return_counts=True)
    at_risk = waits.size - np.searchsorted(np.sort(waits), times, side="left")
    return SurvivalCurve(times, np.cumprod(1.0 - deaths / at_risk), float(waits.max()))


@dataclass(frozen=True, slots=True)
class Patience:
    """Patience curves by call type, with the curve of all callers where a type is too rare."""

    of_all: SurvivalCurve
    by_type: Mapping[CallType, SurvivalCurve]

    def curve(self, kind: CallType) -> SurvivalCurve:
        """The curve that describes callers of this type."""
        return self.by_type.get(kind, self.of_all)

    def seconds(self, calls: Sequence[LoggedCall], rng: np.random.Generator) -> Floats:
        """Patience of each caller in seconds: as logged if abandoned, else drawn given the wait."""
        waits = np.array([call.wait_seconds for call in calls], dtype=np.float64)
        drawn = waits.copy()
        for kind in CallType:
            chosen = np.array(
                [call.answered and call.type is kind for call in calls], dtype=np.bool_
            )
            drawn[chosen] = self.curve(kind).draw_beyond(waits[chosen], rng)
        return drawn


def estimate_patience(calls: Iterable[LoggedCall]) -> Patience:
    """Patience as the calls of a log tell it, best a month or more; ``ValueError`` if empty."""
    known = list(calls)
    by_type: dict[CallType, SurvivalCurve] = {}
    for kind in CallType:
        mine = [call for call in known if call.type is kind]
        if sum(not call.answered for call in mine) >= FEWEST_ABANDONMENTS:
            by_type[kind] = _curve(mine)
    return Patience(_curve(known), by_type)


def _curve(calls: Sequence[LoggedCall]) -> SurvivalCurve:
    return kaplan_meier([c.wait_seconds for c in calls], [not c.answered for c in calls])
