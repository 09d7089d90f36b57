"""The invented centre's callers: when they call, what they want, how long they wait and take."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from switchyard_demo.calllog.plan import PlannedContact
from switchyard_demo.calllog.synthetic.profile import CentreProfile


def arrival_times(callers_per_hour: Sequence[float], rng: np.random.Generator) -> NDArray[np.int64]:
    """Seconds after midnight of a Poisson process whose rate is constant within each hour."""
    counts = rng.poisson(callers_per_hour)
    hours = np.repeat(np.arange(len(counts)), counts)
    times: NDArray[np.int64] = np.sort(hours * 3600 + rng.integers(0, 3600, hours.size))
    return times


def callers_of_day(
    callers_per_hour: Sequence[float], profile: CentreProfile, rng: np.random.Generator
) -> list[PlannedContact]:
    """One day's callers who ask for a person, in order of arrival, in whole seconds.

    The day as a whole is busier or quieter than expected; service times are those of an agent of
    mean pace.
    """
    volume = rng.gamma(profile.day_variation**-2, profile.day_variation**2)
    arrivals = arrival_times([volume * callers for callers in callers_per_hour], rng)
    kinds, traits = list(profile.types), list(profile.types.values())
    shares = np.array([what.share for what in traits])
    drawn = rng.choice(len(kinds), size=arrivals.size, p=shares / shares.sum())
    patience = _lognormal([(t.patience_median, t.patience_sigma) for t in traits], drawn, rng)
    service = _lognormal([(t.service_median, t.service_sigma) for t in traits], drawn, rng)
    return [
        PlannedContact(
            name=str(number),
            arrival_seconds=float(arrivals[number]),
            type=kinds[index],
            language=kinds[index].language,
            patience_seconds=float(patience[number]),
            patience_drawn=False,
            service_seconds=float(service[number]),
            service_drawn=False,
        )
        for number, index in enumerate(drawn)
    ]


def _lognormal(
    medians_and_sigmas: Sequence[tuple[float, float]],
    drawn: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Whole seconds, one draw for each caller from the row of the caller's type."""
    median, sigma = np.array(medians_and_sigmas)[drawn].T
    return np.asarray(np.ceil(rng.lognormal(np.log(median), sigma)), dtype=np.float64)
