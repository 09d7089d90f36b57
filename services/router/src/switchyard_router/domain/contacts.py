"""A waiting contact, as far as choosing an agent needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from switchyard_router.domain.skills import SkillNeed


@dataclass(frozen=True, slots=True)
class Waiting:
    """One contact of the board. Times are ms by the store's clock; lower `order_ms` goes first."""

    id: str
    state: str
    seq: int
    queue: str
    channel: str
    language: str
    order_ms: int
    enqueue_ms: int
    hold_until_ms: int = 0
    node: str = ""
    agent: str = ""
    fence: int = 0
    spared_until_ms: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[SkillNeed, ...] = ()
    priority: int = 0
    plan: str = ""
    """A routing plan of its own; empty: the queue's."""
    step: int = 0
    step_ms: int = 0
    """When it entered the step."""
    preferred_agent: str = ""
    preferred_until_ms: int = 0
    """Until then only the preferred agent may have it."""
    excluded_agents: frozenset[str] = frozenset()
    overtaken: int = 0
    arm: str = ""
