"""How sure a difference of mean errors is, when services of one day are alike.

Days are drawn with replacement (Davison and Hinkley 1997, "Bootstrap methods and their
application", section 3.8); both predictors are judged by the same services.
"""

import numpy as np
from numpy.typing import NDArray

from switchyard_router.domain.evaluation.bootstrap import RESAMPLES, Difference
from switchyard_router.domain.handle_time_table import Floats

FEWEST_DAYS = 5
"""Below that an interval says nothing."""


def day_difference(
    days: NDArray[np.int64], baseline: Floats, candidate: Floats, seed: int
) -> Difference:
    """Mean error of a candidate against a baseline's with the 95 % interval of their difference.

    One element for each service. O(services + RESAMPLES x days). ValueError for fewer than
    FEWEST_DAYS days.
    """
    names, of_day = np.unique(days, return_inverse=True)
    if len(names) < FEWEST_DAYS:
        raise ValueError(f"{len(names)} days to measure with; at least {FEWEST_DAYS} are needed")
    count = np.bincount(of_day).astype(np.float64)
    more = np.bincount(of_day, weights=candidate - baseline)
    shares = np.full(len(names), 1 / len(names))
    draws = np.random.default_rng(seed).multinomial(len(names), shares, RESAMPLES)
    low, high = np.quantile((draws @ more) / (draws @ count), (0.025, 0.975)).tolist()
    return Difference(float(baseline.mean()), float(candidate.mean()), low, high)
