"""Differences of two arms with intervals that hold however often one looks.

An interval for one look, looked at day after day, excludes no difference sooner or later. Those
here are asymptotic confidence sequences: with probability 1 - alpha the truth is inside at all
looks at once.

Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021), "Time-uniform central limit theory and
asymptotic confidence sequences", theorem 2.2 for the interval and equation (10) for rho; the
mixture behind it is Robbins' (1970).
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from scipy.special import ndtri

from switchyard_router.domain.experiments.trial import Floats, Units

FEWEST_UNITS = 50
"""Units that each arm needs before anything is said: the theory is one of many."""
SHARPEST_AT = 1_000
"""Units at which the interval is narrowest for its alpha, unless a plan says better."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The second arm against the first, in the metric's unit; `low`..`high` is look-safe.

    `units`: draws behind it. Infinite bounds: too few to say anything.
    """

    control: float
    treatment: float
    low: float
    high: float
    error: float
    units: int

    @property
    def value(self) -> float:
        """Treatment minus control."""
        return self.treatment - self.control

    @property
    def told(self) -> bool:
        """Whether no difference at all is excluded."""
        return self.low > 0 or self.high < 0

    @property
    def lift_pct(self) -> float:
        """Per cent of the control arm's mean; NaN where that is 0."""
        return 100 * self.value / self.control if self.control else float("nan")


def rho_of(alpha: float, sharpest_at: int) -> float:
    """The mixture's parameter that makes the interval nearly narrowest at so many units."""
    twice = -2 * log(alpha)
    return sqrt((twice + log(twice) + 1) / sharpest_at)


def half_width(error: float, units: float, alpha: float, rho: float) -> float:
    """Half the interval's width after `units` draws whose mean has this standard error."""
    mixed = units * rho * rho + 1
    return error * sqrt(2 * mixed / (units * rho * rho) * log(sqrt(mixed) / alpha))


def difference(units: Units, alpha: float = 0.05, sharpest_at: int = SHARPEST_AT) -> Difference:
    """Second arm minus first, a ratio of sums in each, with its look-safe interval. O(n)."""
    control, treatment, influence = _influence(units)
    number = len(units)
    error = float(np.std(influence) / sqrt(number)) if number else float("inf")
    fewest = min(np.count_nonzero(units.treated), np.count_nonzero(~units.treated))
    value = treatment - control
    width = float("inf")
    if fewest >= FEWEST_UNITS:
        width = half_width(error, number, alpha, rho_of(alpha, sharpest_at))
    return Difference(control, treatment, value - width, value + width, error, number)


def once(found: Difference, alpha: float = 0.05) -> tuple[float, float]:
    """The interval that is right for a single look, fixed beforehand; for comparison only."""
    width = float(ndtri(1 - alpha / 2)) * found.error
    return found.value - width, found.value + width


def _influence(units: Units) -> tuple[float, float, Floats]:
    """Means of both arms, and how much each unit moves their difference."""
    means: list[float] = []
    parts: list[Floats] = []
    average = float(np.mean(units.counts)) if len(units) else 0.0
    for treated, share in ((False, 1 - units.share), (True, units.share)):
        own = units.treated == treated
        counted = float(np.sum(units.counts[own]))
        mean = float(np.sum(units.totals[own])) / counted if counted else 0.0
        residual = np.where(own, units.totals - mean * units.counts, 0.0)
        parts.append(residual / (share * average) if average else residual)
        means.append(mean)
    return means[0], means[1], parts[1] - parts[0]
