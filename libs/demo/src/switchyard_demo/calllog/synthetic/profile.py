"""What the invented call centre is like: its callers, hours and agents.

The defaults are round numbers of the size found in the Anonymous Bank log (Guedj and Mandelbaum
2000; Brown et al., JASA 100, 2005), so that replays of invented days look like those of real ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_demo.calllog.calls import CallType

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
CALLS_PER_EMPLOYEE = 44
FEWEST_AGENTS, MOST_AGENTS = 10, 40


@dataclass(frozen=True, slots=True)
class TypeProfile:
    """Callers of one type; medians in seconds, sigmas are standard deviations of the logarithm."""

    share: float
    vru_median: float
    service_median: float
    service_sigma: float
    patience_median: float
    patience_sigma: float


_TYPES = {
    CallType.REGULAR: TypeProfile(0.69, 6, 136, 0.88, 600, 1.9),
    CallType.NEW_CUSTOMER: TypeProfile(0.16, 10, 76, 0.92, 180, 1.7),
    CallType.STOCKS: TypeProfile(0.09, 6, 190, 1.00, 600, 1.5),
    CallType.LEFT_A_REQUEST: TypeProfile(0.035, 2, 82, 1.10, 240, 1.6),
    CallType.INTERNET: TypeProfile(0.02, 10, 172, 1.00, 250, 1.6),
    CallType.ENGLISH: TypeProfile(0.005, 5, 205, 0.86, 290, 1.6),
}

_WORKDAY = (50, 90, 112, 128, 114, 104, 106, 114, 111, 116, 93, 75, 63, 56, 55, 50, 38)
"""Relative callers per hour from 7:00 to midnight."""


def _hours(first: int, weights: tuple[int, ...]) -> tuple[float, ...]:
    """Weights of the 24 hours as parts of a whole workday's callers."""
    whole = sum(_WORKDAY)
    return tuple(
        weights[h - first] / whole if 0 <= h - first < len(weights) else 0.0 for h in range(24)
    )


_FRIDAY_HOURS = _hours(7, (25, 70, 79, 78, 75, 71, 47))
_SATURDAY_HOURS = _hours(19, (15, 18, 37, 47, 34))
_WORKDAY_HOURS = _hours(7, _WORKDAY)
_SUNDAY_HOURS = tuple(1.15 * weight for weight in _WORKDAY_HOURS)


@dataclass(frozen=True, slots=True)
class CentreProfile:
    """All that a generated log depends on besides its seed and its days."""

    agents: int = 30
    """Employees, 10 to 40; about half of them work on a given day."""
    calls_per_day: float | None = None
    """Callers of a mean workday who ask for a person; ``None``: as many as suits the employees."""
    types: Mapping[CallType, TypeProfile] = field(default_factory=lambda: dict(_TYPES))
    day_variation: float = 0.1
    """Standard deviation of the days' volumes about the expected, as a part of it."""
    planned_utilisation: float = 1.35
    """Share of the planned presence that the expected services would fill if nobody gave up."""
    agent_sigma: float = 0.2
    """How far agents differ in speed: standard deviation of the logarithm of the handle time."""
    hangs_in_vru: float = 0.055
    """Callers who never ask for a person, as a part of those who do."""
    phantoms: float = 0.01
    no_person: float = 0.02
    """Answered calls for which the log names no person."""
    service_missing: float = 0.004
    service_of_nobody: float = 0.015
    customer_known_waited: float = 0.84
    customer_known_unqueued: float = 0.03
    customer_damaged: float = 0.001
    clock_before_entry: float = 0.001

    def __post_init__(self) -> None:
        """Refuses figures that make no log."""
        if not FEWEST_AGENTS <= self.agents <= MOST_AGENTS:
            raise ValueError(
                f"a log needs {FEWEST_AGENTS} to {MOST_AGENTS} agents, not {self.agents}"
            )
        if self.calls_per_day is not None and self.calls_per_day <= 0:
            raise ValueError(f"calls per day must be more than 0, not {self.calls_per_day}")

    @property
    def workday_calls(self) -> float:
        """Expected callers of a workday who ask for a person."""
        return self.calls_per_day or float(CALLS_PER_EMPLOYEE * self.agents)

    def callers_per_hour(self, weekday: int) -> tuple[float, ...]:
        """Expected callers in each of the 24 hours; ``weekday`` counts from Monday = 0."""
        special = {FRIDAY: _FRIDAY_HOURS, SATURDAY: _SATURDAY_HOURS, SUNDAY: _SUNDAY_HOURS}
        return tuple(self.workday_calls * w for w in special.get(weekday, _WORKDAY_HOURS))
