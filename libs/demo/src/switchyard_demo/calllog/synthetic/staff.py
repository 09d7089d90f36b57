"""The invented centre's employees, and who of them works when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from switchyard_demo.calllog.calls import CallType
from switchyard_demo.calllog.plan import PlannedAgent
from switchyard_demo.calllog.presence import Interval
from switchyard_demo.calllog.row import BANK_NOT_PERSONS
from switchyard_demo.calllog.synthetic.profile import CentreProfile

SHIFT_SECONDS = 7 * 3600
SHORTEST_SHIFT_SECONDS = 3 * 3600
_BREAKS = ((0.3, 15 * 60), (0.6, 30 * 60))
"""Where in the shift a break begins, and how long it is."""
_KNOWS = {
    CallType.NEW_CUSTOMER: 0.85,
    CallType.LEFT_A_REQUEST: 0.85,
    CallType.STOCKS: 0.65,
    CallType.INTERNET: 0.4,
    CallType.ENGLISH: 0.3,
}
_HANGS_UP = 0.25
"""Share of callers whom one employee hangs up on: the trap that raw handle times fall into."""


@dataclass(frozen=True, slots=True)
class Employee:
    """One agent of the invented centre."""

    code: str
    types: frozenset[CallType]
    pace: float
    """Factor on the service time; below 1 is faster."""
    hangs_up: float
    """Share of callers whom the agent gets rid of within seconds."""


def hire(profile: CentreProfile, rng: np.random.Generator) -> tuple[Employee, ...]:
    """The employees: all serve regular callers, every third at least knows each other type."""
    codes = [f"agent_{n:02}" for n in range(1, profile.agents + len(BANK_NOT_PERSONS) + 1)]
    codes = [code for code in codes if code not in BANK_NOT_PERSONS][: profile.agents]
    pace = np.exp(rng.normal(0.0, profile.agent_sigma, profile.agents))
    hangs_up = rng.beta(1.0, 24.0, profile.agents)
    hangs_up[rng.integers(profile.agents)] = _HANGS_UP
    employees = []
    for index, code in enumerate(codes):
        sure = tuple(_KNOWS)[index % 3 :: 3]
        known = {kind for kind, share in _KNOWS.items() if kind in sure or rng.random() < share}
        types = frozenset({CallType.REGULAR, *known})
        employees.append(Employee(code, types, float(pace[index]), float(hangs_up[index])))
    return tuple(employees)


def rota(
    employees: Sequence[Employee],
    callers_per_hour: Sequence[float],
    profile: CentreProfile,
    rng: np.random.Generator,
) -> tuple[PlannedAgent, ...]:
    """Who works when on one day: shifts begin wherever the hours before leave callers uncovered."""
    needed = [_needed(callers, profile) for callers in callers_per_hour]
    closing = max((hour + 1 for hour, callers in enumerate(callers_per_hour) if callers), default=0)
    free = [employees[i] for i in rng.permutation(len(employees))]
    on_duty: list[PlannedAgent] = []
    for hour, wanted in enumerate(needed):
        present = sum(any(_covers(i, hour) for i in agent.presence) for agent in on_duty)
        for _ in range(min(max(0, wanted - present), len(free))):
            who = free.pop()
            on_duty.append(PlannedAgent(who.code, _shift(hour, closing, rng), who.types))
    return tuple(sorted(on_duty, key=lambda agent: agent.code))


def _needed(callers: float, profile: CentreProfile) -> int:
    """Agents needed in an hour for its callers at the planned utilisation; at least 2 when open."""
    mean = sum(
        kind.share * kind.service_median * math.exp(kind.service_sigma**2 / 2)
        for kind in profile.types.values()
    ) / sum(kind.share for kind in profile.types.values())
    load = callers * mean / 3600
    return max(2, math.ceil(load / profile.planned_utilisation)) if callers else 0


def _covers(stretch: Interval, hour: int) -> bool:
    return stretch.start < (hour + 0.5) * 3600 <= stretch.end


def _shift(hour: int, closing: int, rng: np.random.Generator) -> tuple[Interval, ...]:
    """A shift from about the hour, with two breaks, never beyond closing."""
    start = hour * 3600 + int(rng.integers(-300, 300))
    latest_start = closing * 3600 - SHORTEST_SHIFT_SECONDS
    start = min(start, latest_start)
    end = min(start + SHIFT_SECONDS, closing * 3600)
    bounds = [start]
    for part, length in _BREAKS:
        pause = int(start + (end - start) * part + rng.integers(-600, 600))
        bounds += [pause, pause + length]
    bounds.append(end)
    return tuple(Interval(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=True))
