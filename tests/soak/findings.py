"""What a run found: growth by measure, broken promises, and whether that is all well."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from tests.soak import meters
from tests.soak.growth import Growth, Verdict, judge
from tests.soak.plan import BUDGETS, Plan, budget
from tests.soak.series import Recorded

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One series against its measure's budget."""

    measure: str
    of: str
    now: float
    growth: Growth
    budget: float

    @property
    def smallest_found(self) -> float:
        """The smallest growth per hour that would have been found."""
        return self.growth.smallest_found(self.budget)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report tells. `broken` holds what must not be, in words, by kind."""

    plan: Plan
    seconds: float
    recorded: Recorded
    judged: Sequence[Judged]
    broken: dict[str, list[str]]
    contacts: Counter[str]
    """By the state in which they ended."""
    customers: Counter[str] = field(default_factory=Counter)
    """By how their chats and calls ended."""
    errors: Counter[str] = field(default_factory=Counter)
    """Logged, by process and event."""
    interrupted: bool = False

    @property
    def growing(self) -> list[Judged]:
        """What was shown to grow."""
        return [one for one in self.judged if one.growth.verdict is Verdict.GROWS]

    @property
    def sound(self) -> bool:
        """Whether nothing grows and nothing is broken."""
        return not self.growing and not any(self.broken.values())

    def summary(self) -> dict[str, object]:
        """For one line of JSON."""
        return {
            "sound": self.sound,
            "minutes": round(self.seconds / 60, 1),
            "interrupted": self.interrupted,
            "contacts": sum(self.contacts.values()),
            "faults": len(self.recorded.marks),
            "errors_logged": sum(self.errors.values()),
            **{kind.replace(" ", "_"): len(found) for kind, found in self.broken.items()},
            "growing": [f"{one.measure} of {one.of}" for one in self.growing],
            "verdicts": Counter(one.growth.verdict.value for one in self.judged),
            "memory_mb_per_hour": {
                one.of: [
                    round(x, 1) for x in (one.growth.per_hour, one.growth.low, one.growth.high)
                ]
                for one in self.judged
                if one.measure == "memory" and one.growth.verdict is not Verdict.TOO_SHORT
            },
        }


def judged(
    recorded: Recorded, warm_up_seconds: float, until: float = inf, contacts: int = 0
) -> list[Judged]:
    """Every series that has a budget, measure by measure, as far as `until`, the load's end."""
    rate = contacts * _HOUR / until
    found = []
    for measure in BUDGETS:
        for of in recorded.names(measure):
            allowed = budget(measure, of, rate)
            growth = judge(recorded.segments(measure, of, until), allowed, warm_up_seconds)
            found.append(Judged(measure, of, recorded.last(measure, of), growth, allowed))
    return found


def invariants(recorded: Recorded) -> Iterator[str]:
    """Metrics of routers that must stay 0; gauges may pass while something is away."""
    for name in meters.MUST_STAY_0:
        for router in recorded.names(name):
            counted = name.endswith("_total")
            value = recorded.most(name, router) if counted else recorded.last(name, router)
            if value:
                yield f"{name} of {router} is {value:g}"
