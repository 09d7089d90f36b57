"""A centre that is described instead of recorded: its days are drawn, as many as one wants."""

from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.evaluation.days import Day, Floats, Luck, Presence, Staff

_HOUR_S = 3600.0
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls of one queue: how many an hour, how long they take, how long callers wait.

    `hourly`: calls an hour, one number for each hour of the day. `variation`: standard deviation of
    handle times over their mean; exactly 1 draws them exponential, others lognormal (Brown et al.
    2005 found bank calls lognormal). `patience_s` None: nobody gives up.
    """

    name: str
    hourly: tuple[float, ...]
    handle_s: float
    variation: float = 1.0
    patience_s: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Agents alike: what they serve (kinds' names), how long their calls take (1: as usual), when
    they work (hours of the day)."""

    name: str
    agents: int
    serves: tuple[str, ...]
    pace: float = 1.0
    begins_hour: float = 0.0
    ends_hour: float = float(DAY_HOURS)


@dataclass(frozen=True, slots=True)
class Centre:
    """Kinds of calls, agents, and for how many days without a break it is played."""

    kinds: tuple[Kind, ...]
    groups: tuple[Group, ...]
    days: int = 1


@dataclass(frozen=True, slots=True)
class Invented:
    """A centre's agents, and one drawing of its calls."""

    staff: Staff
    day: Day
    luck: Luck


def invented(centre: Centre, seed: int) -> Invented:
    """Draw a centre's calls; the same seed gives the same calls, whatever policy plays them.

    Arrivals are Poisson with each hour's rate, patience is exponential. What policies know of
    handle times is the truth: nothing has to be learned in a centre that is only described.
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
    day = Day("", arrive, kind, nothing, nothing > 0, _presences(centre), staff.true_s)
    return Invented(staff, day, Luck(arrive, kind, noise, patience))


def staff_of(centre: Centre) -> Staff:
    """The agents, group by group."""
    rows = [group for group in centre.groups for _ in range(group.agents)]
    ids = tuple(
        f"{group.name}-{number + 1}" for group in centre.groups for number in range(group.agents)
    )
    serves = np.array([[kind.name in group.serves for group in rows] for kind in centre.kinds])
    true_s = np.array([[kind.handle_s * group.pace for group in rows] for kind in centre.kinds])
    return Staff(ids, tuple(kind.name for kind in centre.kinds), serves, true_s)


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


def _presences(centre: Centre) -> tuple[Presence, ...]:
    found: list[Presence] = []
    row = 0
    for group in centre.groups:
        for _ in range(group.agents):
            found.extend(_shifts(group, row, centre.days))
            row += 1
    return tuple(found)


def _shifts(group: Group, row: int, days: int) -> list[Presence]:
    begins, ends = group.begins_hour * _HOUR_S, group.ends_hour * _HOUR_S
    day = DAY_HOURS * _HOUR_S
    if ends - begins >= day:
        # Who is always there also serves those who still wait when the last day ends.
        return [Presence(row, 0.0, (days + 1) * day)]
    return [Presence(row, begins + day * one, ends + day * one) for one in range(days)]
