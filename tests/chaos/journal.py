"""What clients saw, each with its own monotonic time, written by nobody else."""

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic


@dataclass(frozen=True, slots=True)
class Accept:
    """A desktop was told that its acceptance counts."""

    at: float
    agent: str
    contact: str
    offer: str


@dataclass(slots=True)
class Journal:
    """The clients' own log."""

    created: dict[str, float] = field(default_factory=dict)
    """Contact name to when its creation was acknowledged."""
    lost: dict[str, float] = field(default_factory=dict)
    """Acknowledged contacts that a router no longer knew, as its node found when it attached."""
    accepts: list[Accept] = field(default_factory=list)
    overbooked: list[str] = field(default_factory=list)
    """Agents who were given a second call while, as far as they knew, they had one."""
    hung_up_ms: dict[str, float] = field(default_factory=dict)
    """Contact name to when (milliseconds since 1970) a router took the news that it is over."""
    outages_ms: list[tuple[float, float]] = field(default_factory=list)
    """From when to when (milliseconds since 1970) no server was the store's master."""
    counts: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    """How streams and calls were refused or broken, by who and why."""

    def accepted(self, agent: str, contact: str, offer: str) -> None:
        """A desktop was told so just now."""
        self.accepts.append(Accept(monotonic(), agent, contact, offer))

    def count(self, what: str) -> None:
        """One more of something."""
        self.counts[what] += 1

    def ended(self, who: str, why: str) -> None:
        """A stream or call of somebody's ended badly."""
        self.endings[f"{who}: {why}"] += 1
