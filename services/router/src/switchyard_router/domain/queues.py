"""A queue as dispatching and estimating need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from switchyard_router.domain.hours import Hours
from switchyard_router.domain.records import QueueTimes


class TargetKind(StrEnum):
    """What a target names; as in the contract's Target."""

    EXPRESSION = "expression"
    QUEUE = "queue"
    AGENT = "agent"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Target:
    """Where contacts go: an id of the kind, the text of an expression, or an address outside."""

    kind: TargetKind
    value: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a comparison of policies."""

    name: str
    policy: str
    share: float


@dataclass(frozen=True, slots=True)
class QueueProfile:
    """A queue's configuration. Times in ms, shares 0 to 1; see the contract's Queue."""

    id: str
    plan: str
    policy: str
    times: QueueTimes
    version: int
    service_level_goal: float = 0.8
    occupancy_cap: float = 0.0
    max_overtakes: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)
    few_agents: int = 0
    break_guard_ms: int = 0
    arms: tuple[Arm, ...] = ()
    arm_period_ms: int = 0
    no_agents: Target | None = None
    closed: Target | None = None
    full: Target | None = None
    hours: Hours | None = None
    """None: always open."""
