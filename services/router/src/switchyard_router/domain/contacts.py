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
