"""A centre that is described instead of recorded: its calls, its agents, and how these work."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_router.domain.plans import ANYONE, Plan

DAY_HOURS = 24
MOST_CALLS = 5_000_000
"""In one drawing: all of them are kept in memory."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Calls of one queue: how many an hour, how long they take, how long callers wait.

    `hourly`: calls an hour, one number for each hour of the day. `variation`: standard deviation of
    handle times over their mean; exactly 1 draws them exponential, others lognormal (Brown et al.
    2005 found bank calls lognormal). `patience_s` None: nobody gives up. `wrap_up_s` None: as the
    centre's. `plan`: steps as the router follows them; a point of priority counts a second.
    """

    name: str
    hourly: tuple[float, ...]
    handle_s: float
    variation: float = 1.0
    patience_s: float | None = None
    wrap_up_s: float | None = None
    plan: Plan = ANYONE


@dataclass(frozen=True, slots=True)
class Group:
    """Agents alike: what they serve (kinds' names), how long their calls take (1: as usual), when
    they work (hours of the day).

    `skills`: levels from 1 to 10; `breaks`: from one hour to another, inside the working time.
    `declines`, `misses`: shares of offers; `pauses`: share of calls after which they are away for
    `pause_s`.
    """

    name: str
    agents: int
    serves: tuple[str, ...]
    pace: float = 1.0
    begins_hour: float = 0.0
    ends_hour: float = float(DAY_HOURS)
    skills: Mapping[str, int] = field(default_factory=dict)
    breaks: tuple[tuple[float, float], ...] = ()
    declines: float = 0.0
    misses: float = 0.0
    pauses: float = 0.0
    pause_s: float = 0.0

    @property
    def always(self) -> bool:
        """Whether they are there day and night."""
        return self.ends_hour - self.begins_hour >= DAY_HOURS and not self.breaks


@dataclass(frozen=True, slots=True)
class Answering:
    """How offers go: seconds until somebody answers or declines, until one has rung out, how many
    missed ones in a row make an agent not ready (RONA), and for how long."""

    answer_s: float = 0.0
    ring_s: float = 20.0
    rona_limit: int = 1
    not_ready_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Centre:
    """Kinds of calls, agents, and for how many days without a break it is played."""

    kinds: tuple[Kind, ...]
    groups: tuple[Group, ...]
    days: int = 1
    answering: Answering = Answering()

    @property
    def calls_a_day(self) -> float:
        """Calls that are expected, on each day."""
        return sum(sum(kind.hourly) for kind in self.kinds)
