"""How sure a difference between two policies is, when calls of one day are alike.

Days are drawn with replacement, both policies' sums of a day together (Efron 1979, "Bootstrap
methods", on clusters as Davison and Hinkley 1997, "Bootstrap methods and their application",
sec. 3.8): calls of a day share its agents and its luck and are no independent observations.
"""

from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.days import Floats
from switchyard_router.domain.evaluation.measures import FIGURES, figures

RESAMPLES = 2000


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
    """Differences of FIGURES, from sums of the same days, [days, SUMS] each.

    Memory: RESAMPLES x days. With one day the interval is a point that says nothing.
    """
    days = len(baseline)
    draws = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), RESAMPLES)
    drawn = figures(draws @ candidate) - figures(draws @ baseline)
    low, high = np.nanquantile(drawn, (0.025, 0.975), axis=0)
    before, after = figures(baseline.sum(axis=0)), figures(candidate.sum(axis=0))
    return {
        name: Difference(float(before[at]), float(after[at]), float(low[at]), float(high[at]))
        for at, name in enumerate(FIGURES)
    }
