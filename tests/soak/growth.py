"""Whether a measured series grows: a robust slope, its interval, and a verdict against a budget.

The slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968), pairs
taken within a segment only (a process that was started anew begins another one). Its interval is
a moving-block bootstrap of the residuals (Künsch 1989): blocks keep what is alike in neighbouring
points, such as the teeth of a collector, together. Means of equal bins stand for the points, at
most 120, so that the cost is bounded whatever a run's length: about 7,000 pairs, 300 times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

type Numbers = NDArray[np.float64]

_BINS = 120
_LEAST_BINS = 6
_LEAST_SECONDS = 300.0
_RESAMPLES = 300
_BLOCKS = 5
"""A segment is resampled from so many blocks: each is long beside a collector's period."""
_OUTER_PERCENT = 0.5
_HOUR = 3600.0


class Verdict(StrEnum):
    """What can be said of a series."""

    STEADY = "steady"
    """The interval lies below the budget."""
    UNDECIDED = "undecided"
    """The budget lies within the interval: neither shown."""
    GROWS = "grows"
    """The whole interval lies above the budget."""
    TOO_SHORT = "too short"
    """Fewer than five minutes were left after the warm-up."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A series between two starts: seconds, ascending, and values."""

    times: Numbers
    values: Numbers

    def after(self, seconds: float) -> "Segment":
        """Without its first so many seconds."""
        if not len(self.times):
            return self
        kept = self.times >= self.times[0] + seconds
        return Segment(self.times[kept], self.values[kept])

    @property
    def span_seconds(self) -> float:
        """From the first to the last point."""
        return float(self.times[-1] - self.times[0]) if len(self.times) else 0.0


@dataclass(frozen=True, slots=True)
class Growth:
    """A slope with its 99 % interval, all per hour, and what follows."""

    per_hour: float
    low: float
    high: float
    verdict: Verdict
    judged_seconds: float = 0.0

    def smallest_found(self, budget: float) -> float:
        """The smallest growth per hour that a series as noisy as this one would have shown."""
        return budget + self.per_hour - self.low


def judge(
    segments: Sequence[Segment], budget_per_hour: float, warm_up_seconds: float, seed: int = 1
) -> Growth:
    """Whether the series grows by more than its budget once it is warm."""
    warm = [segment.after(warm_up_seconds) for segment in segments]
    whole = sum(segment.span_seconds for segment in warm)
    binned = [
        _binned(segment, max(_LEAST_BINS, int(_BINS * segment.span_seconds / whole)))
        for segment in warm
        if whole and segment.span_seconds >= _LEAST_SECONDS / 4
    ]
    usable = [segment for segment in binned if len(segment.times) >= _LEAST_BINS]
    judged = sum(segment.span_seconds for segment in usable)
    if judged < _LEAST_SECONDS:
        return Growth(0.0, 0.0, 0.0, Verdict.TOO_SHORT, judged)
    slope = _slope(usable)
    low, high = _interval(usable, slope, np.random.default_rng(seed))
    return Growth(
        slope * _HOUR,
        low * _HOUR,
        high * _HOUR,
        _verdict(low * _HOUR, high * _HOUR, budget_per_hour),
        judged,
    )


def _verdict(low: float, high: float, budget: float) -> Verdict:
    if low > budget:
        return Verdict.GROWS
    return Verdict.STEADY if high <= budget else Verdict.UNDECIDED


def _binned(segment: Segment, bins: int) -> Segment:
    if len(segment.times) <= bins:
        return segment
    parts = zip(
        np.array_split(segment.times, bins), np.array_split(segment.values, bins), strict=True
    )
    means = np.array([(times.mean(), values.mean()) for times, values in parts])
    return Segment(means[:, 0], means[:, 1])


def _slope(segments: Sequence[Segment]) -> float:
    """Per second; the median over pairs within segments."""
    slopes = []
    for segment in segments:
        first, second = np.triu_indices(len(segment.times), 1)
        rise = segment.values[second] - segment.values[first]
        slopes.append(rise / (segment.times[second] - segment.times[first]))
    return float(np.median(np.concatenate(slopes)))


def _interval(
    segments: Sequence[Segment], slope: float, chance: np.random.Generator
) -> tuple[float, float]:
    residuals = [segment.values - slope * segment.times for segment in segments]
    slopes = [
        _slope(
            [
                Segment(segment.times, slope * segment.times + _resampled(left, chance))
                for segment, left in zip(segments, residuals, strict=True)
            ]
        )
        for _ in range(_RESAMPLES)
    ]
    low, high = np.percentile(slopes, (_OUTER_PERCENT, 100 - _OUTER_PERCENT))
    return float(low), float(high)


def _resampled(values: Numbers, chance: np.random.Generator) -> Numbers:
    """As many values, in blocks of neighbours from anywhere."""
    size = len(values)
    length = max(2, size // _BLOCKS)
    starts = chance.integers(0, size - length + 1, -(-size // length))
    places = (starts[:, None] + np.arange(length)).ravel()[:size]
    picked: Numbers = values[places]
    return picked
