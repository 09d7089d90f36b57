"""Days of a described centre: drawn, as many as one wants."""

from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.centre import Centre
from switchyard_router.domain.evaluation.days import Day, Floats, Luck, Staff
from switchyard_router.domain.evaluation.rules import Rules
from switchyard_router.domain.evaluation.staffing import presences_of, rules_of, staff_of

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Invented:
    """A centre's agents, and one drawing of its calls."""

    staff: Staff
    day: Day
    luck: Luck
    rules: Rules


def invented(centre: Centre, seed: int, wrap_up_s: float = 0.0) -> Invented:
    """Draw a centre's calls; the same seed gives the same calls, whatever policy plays them.

    `wrap_up_s`: of kinds that do not say. Arrivals are Poisson with each hour's rate, patience is
    exponential. What policies know of handle times is the truth: nothing has to be learned in a
    centre that is only described.
    """
    draw = np.random.default_rng(seed)
    arrive, kind = _arrivals(centre, draw)
    noise = np.empty(len(arrive))
    patience = np.full(len(arrive), np.inf)
    for number, each in enumerate(centre.kinds):
        of_kind = kind == number
        count = int(of_kind.sum())
        noise[of_kind] = _noise(each.variation, count, draw)
        if each.patience_s is not None:
            patience[of_kind] = draw.exponential(each.patience_s, count)
    staff = staff_of(centre)
    nothing = np.zeros(len(arrive))
    day = Day("", arrive, kind, nothing, nothing > 0, presences_of(centre), staff.true_s)
    return Invented(
        staff, day, Luck(arrive, kind, noise, patience), rules_of(centre, staff, wrap_up_s)
    )


def _arrivals(centre: Centre, draw: np.random.Generator) -> tuple[Floats, np.ndarray]:
    times, kinds = [], []
    for number, kind in enumerate(centre.kinds):
        hours = np.tile(np.array(kind.hourly), centre.days)
        counts = draw.poisson(hours)
        begins = np.repeat(np.arange(len(hours)) * _HOUR_S, counts)
        times.append(begins + draw.random(len(begins)) * _HOUR_S)
        kinds.append(np.full(len(begins), number))
    arrive, kind_of = np.concatenate(times), np.concatenate(kinds).astype(np.int64)
    order = np.argsort(arrive, kind="stable")
    return arrive[order], kind_of[order]


def _noise(variation: float, count: int, draw: np.random.Generator) -> Floats:
    """Factors with mean 1."""
    if variation == 1.0:
        return draw.exponential(1.0, count)
    if variation == 0.0:
        return np.ones(count)
    square = float(np.log1p(variation**2))
    return draw.lognormal(-square / 2, square**0.5, count)
