"""How sure a difference between two policies is, when calls of one day are alike.

Days are drawn with replacement, both policies' sums of a day together (Efron 1979, "Bootstrap
methods", on clusters as Davison and Hinkley 1997, "Bootstrap methods and their application",
sec. 3.8): calls of a day share its agents and its luck and are no independent observations. Where
replications differ in what agents are truly like, they are drawn as well, independently of the days
(the pigeonhole bootstrap, Owen 2007).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.days import Counts, Floats, Whole
from switchyard_router.domain.evaluation.measures import FIGURES, figures, quantile_s

RESAMPLES = 2000
_RESAMPLES_OF_WAITS = 1000
FEWEST_DAYS = 5
"""Days with calls of a kind from which an interval says anything."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both, candidate - baseline, and that difference's 95 % interval."""

    baseline: float
    candidate: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """Candidate - baseline."""
        return self.candidate - self.baseline

    @property
    def relative(self) -> float:
        """The change as a share of the baseline."""
        return self.change / self.baseline

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def differences(baseline: Floats, candidate: Floats, seed: int) -> dict[str, Difference]:
    """Differences of FIGURES, from sums of the same [days, replications, SUMS]."""
    return dict(zip(FIGURES, sum_differences(baseline, candidate, seed, figures), strict=True))


def sum_differences(
    baseline: Floats, candidate: Floats, seed: int, formula: Callable[[Floats], Floats]
) -> list[Difference]:
    """Differences of a formula's figures, from sums of the same [days, replications, sums].

    `formula`: [..., sums] to [..., figures]. Memory: RESAMPLES x (days + replications + sums). With
    one day and replication the interval is a point that says nothing.
    """
    days, replications = baseline.shape[:2]
    of_days, of_worlds = _draws(days, RESAMPLES, seed), _draws(replications, RESAMPLES, seed + 1)
    after, before = (
        np.einsum("nd,nr,drs->ns", of_days, of_worlds, each, optimize=True)
        for each in (candidate, baseline)
    )
    low, high = _bounds(formula(after) - formula(before))
    was, now = (formula(each.sum(axis=(0, 1))) for each in (baseline, candidate))
    return [Difference(*map(float, each)) for each in zip(was, now, low, high, strict=True)]


def p95_difference(baseline: Counts, candidate: Counts, seed: int) -> Difference:
    """Of one kind's p95 wait (s); see quantile_difference."""
    return quantile_difference(baseline, candidate, seed, 0.95)


def quantile_difference(baseline: Counts, candidate: Counts, seed: int, share: float) -> Difference:
    """Of a quantile of waits (s), from waits by second of the same days, [days, seconds] each.

    Unbounded where calls of the kind came on too few days to tell; nan where none came.
    """
    change = [quantile_s(each.sum(axis=0), share) for each in (baseline, candidate)]
    if np.count_nonzero(baseline.any(axis=1)) < FEWEST_DAYS:
        return _unbounded(float(change[0]), float(change[1]))
    seconds = 1 + max(int(np.flatnonzero(each.any(axis=0))[-1]) for each in (baseline, candidate))
    draws = _draws(len(baseline), _RESAMPLES_OF_WAITS, seed)
    before, after = (
        quantile_s(draws @ each[:, :seconds].astype(np.float64), share)
        for each in (baseline, candidate)
    )
    return _interval(float(change[0]), float(change[1]), after - before)


def mean_difference(baseline: Floats, candidate: Floats, seed: int) -> Difference:
    """Of a figure that each day has, [days] each; days count alike."""
    before, after = float(baseline.mean()), float(candidate.mean())
    if len(baseline) < FEWEST_DAYS:
        return _unbounded(before, after)
    draws = _draws(len(baseline), RESAMPLES, seed) / len(baseline)
    return _interval(before, after, draws @ (candidate - baseline))


def _draws(days: int, resamples: int, seed: int) -> Whole:
    """How often each day is drawn, [resamples, days]."""
    return np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), resamples)


def _bounds(drawn: Floats) -> Floats:
    """Lower and upper ends, [2, figures], of [resamples, figures]; nan where there is no figure."""
    bounds = np.full((2, drawn.shape[1]), np.nan)
    known = ~np.isnan(drawn).all(axis=0)
    bounds[:, known] = np.nanquantile(drawn[:, known], (0.025, 0.975), axis=0)
    return bounds


def _interval(before: float, after: float, drawn: Floats) -> Difference:
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Difference(before, after, float(low), float(high))


def _unbounded(before: float, after: float) -> Difference:
    return Difference(before, after, float("-inf"), float("inf"))
