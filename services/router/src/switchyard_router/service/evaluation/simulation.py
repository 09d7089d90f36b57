"""Play a described centre several times, and say what came out, by kind of call and in all."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t as student

from switchyard_router.domain.evaluation.centre import DAY_HOURS, Centre
from switchyard_router.domain.evaluation.contenders import Contender
from switchyard_router.domain.evaluation.days import Day, Floats, Mask
from switchyard_router.domain.evaluation.drawing import invented
from switchyard_router.domain.evaluation.floor import NOBODY, Floor, Played
from switchyard_router.domain.evaluation.theory import Steady, alike
from switchyard_router.domain.plans import ANYONE
from switchyard_router.service.evaluation.knowledge import Knowledge, Known

_HOUR_S = 3600.0
FIGURES = (
    "calls",
    "waits",
    "asa_all_s",
    "asa_served_s",
    "service_level",
    "abandonment",
    "aht_s",
    "refused",
)
"""By kind and in all: number of calls, share that waited, mean wait of all and of the served,
share answered in the target, share that gave up, mean handle time of the served, and offers that
were declined or missed, by call."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean of the replications, and half the width of its 95 % interval (Student's t)."""

    mean: float
    half: float


@dataclass(frozen=True, slots=True)
class Simulated:
    """FIGURES by kind ("all" last), the agents' occupancy, and what theory says, if it does.

    `knowledge`: where policies' handle times came from, None: they knew the truth.
    """

    policy: str
    replications: int
    figures: dict[str, dict[str, Estimate]]
    occupancy: Estimate
    theory: Steady | None
    knowledge: Known | None = None


def simulate(
    centre: Centre,
    contender: Contender,
    *,
    replications: int,
    seed: int,
    target_s: float = 20.0,
    wrap_up_s: float = 0.0,
    warm_up_hours: float = 0.0,
    knowledge: Knowledge | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Play `replications` drawings; calls of the first `warm_up_hours` do not count.

    `knowledge`: what policies go by instead of agents' true means.
    Cost: O(calls x (log(calls) + agents)) for each; memory that of one drawing.
    """
    names = [*(kind.name for kind in centre.kinds), "all"]
    rows, occupancy = [], []
    for number in range(replications):
        made = invented(centre, seed + number, wrap_up_s)
        day = made.day if knowledge is None else replace(made.day, known_s=knowledge.seconds)
        played = Floor(
            day, made.luck, made.staff, contender, wrap_up_s, target_s, seed + number,
            made.rules,
        ).play()  # fmt: skip
        counted = made.luck.arrive_s >= warm_up_hours * _HOUR_S
        kinds = [counted & (made.luck.kind == kind) for kind in range(len(centre.kinds))]
        rows.append([_figures(played, some, target_s) for some in (*kinds, counted)])
        occupancy.append(float(played.busy_s.sum()) / _there_s(made.day, centre))
        progress(number + 1)
    drawn = np.array(rows)
    return Simulated(
        policy=contender.name,
        replications=replications,
        figures={
            name: {
                figure: _estimate(drawn[:, place, column]) for column, figure in enumerate(FIGURES)
            }
            for place, name in enumerate(names)
        },
        occupancy=_estimate(np.array(occupancy)),
        theory=theory_of(centre, wrap_up_s),
        knowledge=None if knowledge is None else knowledge.basis,
    )


def theory_of(centre: Centre, wrap_up_s: float) -> Steady | None:
    """What M/M/n+M says, in seconds; None where the centre is none, or has no steady state."""
    kind = centre.kinds[0]
    plain = len(centre.kinds) == 1 and kind.plan == ANYONE and not (kind.wrap_up_s or wrap_up_s)
    alike_agents = len({group.pace for group in centre.groups}) == 1 and all(
        group.always and not (group.declines or group.misses or group.pauses)
        for group in centre.groups
    )
    if not plain or not alike_agents or centre.answering.answer_s:
        return None
    if kind.variation != 1.0 or len(set(kind.hourly)) != 1:
        return None
    agents = sum(group.agents for group in centre.groups if kind.name in group.serves)
    service = 1 / (kind.handle_s * centre.groups[0].pace)
    gives_up = 0.0 if kind.patience_s is None else 1 / kind.patience_s
    try:
        return alike(kind.hourly[0] / _HOUR_S, service, agents, gives_up)
    except ValueError:
        return None


def _there_s(day: Day, centre: Centre) -> float:
    """Seconds that agents are there while calls come: who works day and night does a day longer."""
    end_s = centre.days * DAY_HOURS * _HOUR_S
    return sum(max(0.0, min(each.end_s, end_s) - each.begin_s) for each in day.presences)


def _figures(played: Played, some: Mask, target_s: float) -> list[float]:
    waited, served = played.waited_s[some], played.agent[some] != NOBODY
    if not len(waited):
        return [0.0] + [float("nan")] * (len(FIGURES) - 1)
    in_target = served & (waited <= target_s)
    return [
        float(len(waited)),
        float((waited > 0).mean()),
        float(waited.mean()),
        float(waited[served].mean()) if served.any() else float("nan"),
        float(in_target.mean()),
        float(1 - served.mean()),
        float(played.handle_s[some][served].mean()) if served.any() else float("nan"),
        float(played.refused[some].mean()),
    ]


def _estimate(values: Floats) -> Estimate:
    if len(values) < 2:
        return Estimate(float(values.mean()), float("nan"))
    half = float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return Estimate(float(values.mean()), half)
