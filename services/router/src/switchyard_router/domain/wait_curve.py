"""How long those in a line wait until so many places at agents have become free, by simulation.

Each place at an agent is a renewal process: the rest of the service in hand, then services one
after the other. A run draws them all; the k-th end of a service over all places is when the k-th in
line begins. Services are lognormal (Brown et al. 2005, JASA 100, p. 36, section 4), the rest of one
in hand is drawn from what is left of the distribution beyond the time it has taken already.

Beyond twice as many ends as there are places the renewal limit goes on: with rate r and variance v
of ends per second, the time of k more ends is normal with mean k / r and variance k v / r^3
(Cox 1962, Renewal Theory, section 3.3, for independent processes added up).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

type Floats = NDArray[np.float64]

METHOD = "residuals/1"
_MOST_RUNS, _FEWEST_RUNS = 400, 50
_MOST_DRAWS = 150_000
"""Numbers drawn for one curve, as far as the fewest runs allow; about 5 ms."""
MOST_PLACES = 1000
"""More places are thinned out to so many, and positions with them."""
_GRID_STEP = 1.25
_LEVELS = (0.5, 0.9)
_OWN_UNCERTAINTY = 0.05
_TAIL = 1e-12


@dataclass(frozen=True, slots=True)
class Places:
    """Places at agents, one array element each; times in seconds.

    `talk`: expected conversation. `busy`: how long the conversation in hand has lasted; NaN where
    there is none. `fixed`: time until the place is free where it is known otherwise, without a
    conversation in hand (0: free now). `before` and `after`: time to answer, and paperwork, of each
    service. `spread`: standard deviation of the logarithm of conversations. `observed`: number of
    services behind these expectations.
    """

    talk: Floats
    busy: Floats
    fixed: Floats
    before: float
    after: float
    spread: float
    observed: float

    def __len__(self) -> int:
        return len(self.talk)


@dataclass(frozen=True, slots=True)
class WaitCurve:
    """Quantiles of the wait in seconds by number of ends needed, on a grid of positions."""

    positions: Floats
    median: Floats
    ninth: Floats

    def stretched(self, times: float) -> "WaitCurve":
        """The curve of so many times as many places."""
        return WaitCurve(self.positions * times, self.median, self.ninth)

    def at(self, position: float) -> tuple[float, float]:
        """p50 and p90 of who needs `position` ends, which need not be whole."""
        return (
            float(np.interp(position, self.positions, self.median)),
            float(np.interp(position, self.positions, self.ninth)),
        )


def wait_curve(places: Places, furthest: int, rng: np.random.Generator) -> WaitCurve:
    """The curve up to position `furthest`; ValueError if there is no place.

    Cost: runs × places × a few, bounded by `_MOST_DRAWS` and by the fewest runs times
    `MOST_PLACES` times nine; it does not grow with `furthest`.
    """
    if not len(places) or furthest < 1:
        raise ValueError("a curve needs places and a position")
    share = min(1.0, MOST_PLACES / len(places))
    if share < 1:
        places = _some(places, rng.permutation(len(places))[:MOST_PLACES])
    grid = _grid(max(1, math.ceil(furthest * share)))
    ends = _ends(places, grid, rng)
    quantiles = np.maximum.accumulate(np.quantile(ends, _LEVELS, axis=0), axis=1)
    return WaitCurve(grid / share, quantiles[0], quantiles[1])


def with_leavers(position: float, leave_rate: float, ends_per_second: float) -> float:
    """Ends of services until the one at `position` begins, when those ahead leave at times.

    Fluid limit of n' = -e - l n with e ends and each leaving at rate l a second (Garnett,
    Mandelbaum and Reiman 2002, M&SOM 4, for the model): n reaches 0 after ln(1 + l n / e) / l.
    """
    load = leave_rate * position / ends_per_second if ends_per_second > 0 else 0.0
    return position if load < 1e-9 else position * math.log1p(load) / load


def rate(places: Places) -> float:
    """Ends of services a second when all places are always busy."""
    return float(np.sum(1 / (places.before + places.talk + places.after)))


def _grid(furthest: int) -> Floats:
    """1 to `furthest`, ever wider apart."""
    steps = np.arange(math.ceil(math.log(furthest) / math.log(_GRID_STEP)) + 1)
    return np.unique(np.append(np.minimum(np.rint(_GRID_STEP**steps), furthest), furthest))


def _ends(places: Places, grid: Floats, rng: np.random.Generator) -> Floats:
    """When the ends at the grid's positions happen: one row for each run."""
    number = len(places)
    near = grid[grid <= max(2 * number, 30)]
    each = near[-1] / number
    services = math.ceil(each + 3 * math.sqrt(each)) + 1
    draws = number * (services + 1)
    runs = int(min(_MOST_RUNS, max(_FEWEST_RUNS, _MOST_DRAWS // draws)))
    first = _rest(places, runs, rng)
    later = np.exp(rng.normal(_mu(places), places.spread, (services, runs, number)))
    times = np.cumsum(np.concatenate((first[None], later + places.before + places.after)), axis=0)
    in_order = np.sort(times.transpose(1, 0, 2).reshape(runs, -1), axis=1)
    ends = in_order[:, near.astype(np.intp) - 1]
    further = grid[len(near) :]
    if len(further):
        ends = np.concatenate(
            (ends, _further(places, ends[:, -1:], near[-1], further, rng)), axis=1
        )
    return ends * _level(places, runs, rng)


def _rest(places: Places, runs: int, rng: np.random.Generator) -> Floats:
    """Time until each place is free for the first time."""
    talking = ~np.isnan(places.busy)
    rest = np.broadcast_to(places.fixed, (runs, len(places))).copy()
    if talking.any():
        so_far = np.maximum(places.busy[talking], 1e-3)
        mu = _mu(places)[talking]
        beyond = np.maximum(ndtr((mu - np.log(so_far)) / places.spread), _TAIL)
        drawn = rng.uniform(_TAIL, 1.0, (runs, len(so_far))) * beyond
        whole = np.exp(mu - places.spread * ndtri(drawn))
        rest[:, talking] = np.maximum(whole - so_far, 0.0) + places.after
    return rest


def _further(
    places: Places, last: Floats, last_position: float, further: Floats, rng: np.random.Generator
) -> Floats:
    whole = places.before + places.talk + places.after
    ends_per_second = rate(places)
    variance_of_talk = np.expm1(places.spread**2) * places.talk**2
    growth = float(np.sum(variance_of_talk / whole**3)) / ends_per_second**3
    more = np.diff(further, prepend=last_position)
    steps = rng.normal(more / ends_per_second, np.sqrt(more * growth), (len(last), len(more)))
    return last + np.cumsum(steps, axis=1)


def _level(places: Places, runs: int, rng: np.random.Generator) -> Floats:
    """What is not known of the level of handle times: a factor for each whole run."""
    unknown = _OWN_UNCERTAINTY**2 + places.spread**2 / max(1.0, places.observed)
    return np.exp(rng.normal(0.0, math.sqrt(unknown), (runs, 1)))


def _mu(places: Places) -> Floats:
    """Mean of the logarithm of conversations."""
    return np.log(np.maximum(places.talk, 1e-3)) - places.spread**2 / 2


def _some(places: Places, rows: NDArray[np.intp]) -> Places:
    return Places(
        places.talk[rows],
        places.busy[rows],
        places.fixed[rows],
        places.before,
        places.after,
        places.spread,
        places.observed,
    )
