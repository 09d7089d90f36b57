"""One recorded day again under another policy: who would have gone elsewhere, and what for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from switchyard_router.domain.comparison import Difference, paired
from switchyard_router.domain.evaluation.contenders import BASELINE, Contender, of_policy
from switchyard_router.domain.evaluation.floor import Floor
from switchyard_router.domain.evaluation.measures import FIGURES, figures
from switchyard_router.domain.policies import POLICIES, unknown_terms
from switchyard_router.service.evaluation.recorded import Recorded
from switchyard_router.service.evaluation.study import Scenario, drawn_luck, tally

_KEYS = frozenset({"policy", "weights", "wrap_up_seconds", "target_seconds", "instead_of"})


class PlanRefused(Exception):
    """A plan file that cannot be tried; the text names the field and what it may be."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is tried instead of what; the baseline has no wrap-up."""

    before: Contender
    after: Contender
    wrap_up_s: float = 0.0
    target_s: float = 20.0


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`elsewhere`: share of calls with another agent, or answered in one case only.

    Differences are of FIGURES; intervals are over replications of this one day.
    """

    date: str
    calls: int
    elsewhere: float
    differences: Mapping[str, Difference]


def change_of(plan: object) -> Change:
    """A plan file's contents as a change. Raises PlanRefused."""
    if not isinstance(plan, Mapping):
        raise PlanRefused("the plan is a mapping with a policy: policy: predictive")
    if unknown := sorted(set(plan) - _KEYS):
        raise PlanRefused(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(_KEYS))}")
    weights = plan.get("weights") or {}
    if not isinstance(weights, Mapping) or not all(
        isinstance(weight, int | float) for weight in weights.values()
    ):
        raise PlanRefused("weights: a number for each term, as in {idle: 0.1}")
    if terms := unknown_terms(weights):
        raise PlanRefused(f"weights: no term is called {', '.join(terms)}")
    return Change(
        before=of_policy(_policy(plan, "instead_of")),
        after=of_policy(_policy(plan, "policy"), weights),
        wrap_up_s=_seconds(plan, "wrap_up_seconds", 0.0),
        target_s=_seconds(plan, "target_seconds", 20.0),
    )


def _policy(plan: Mapping[str, object], key: str) -> str:
    name = plan.get(key, BASELINE)
    if name not in POLICIES:
        raise PlanRefused(f"{key}: {name!r} is no policy; there are {', '.join(POLICIES)}")
    return str(name)


def _seconds(plan: Mapping[str, object], key: str, usual: float) -> float:
    value = plan.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise PlanRefused(f"{key}: {value!r} is no number of seconds from 0 to 3600")
    return float(value)


def what_if(recording: Recorded, change: Change, replications: int, seed: int) -> WhatIf:
    """Play the recording's first day both ways, each replication with the same luck."""
    day, staff = recording.days[0], recording.staff
    regimes = (
        (change.before, Scenario(target_s=change.target_s)),
        (change.after, Scenario(wrap_up_s=change.wrap_up_s, target_s=change.target_s)),
    )
    found: list[list[list[float]]] = [[], []]
    elsewhere = []
    for replication in range(replications):
        luck = drawn_luck(recording, day, 1.0, (seed, 0, replication))
        agents = []
        for at, (contender, scenario) in enumerate(regimes):
            played = Floor(
                day, luck, staff, contender, scenario.wrap_up_s, scenario.target_s, replication
            ).play()
            agents.append(played.agent)
            sums = tally(played, luck, day, recording, scenario).sums[0, 0]
            found[at].append(figures(sums).tolist())
        elsewhere.append(float(np.mean(agents[0] != agents[1])))
    before, after = (np.array(each) for each in found)
    differences = {
        name: paired(before[:, at].tolist(), after[:, at].tolist())
        for at, name in enumerate(FIGURES)
    }
    return WhatIf(day.date, len(day.arrive_s), float(np.mean(elsewhere)), differences)
