"""How much of a replay's time is the router's own, and not the log's."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Latency:
    """Quantiles of one kind of delay, in real seconds."""

    samples: int
    p50_seconds: float
    p99_seconds: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency | None":
        """The quantiles of the samples; None without any."""
        if not seconds:
            return None
        p50, p99 = np.quantile(np.array(seconds), (0.5, 0.99))
        return cls(len(seconds), float(p50), float(p99))


@dataclass(frozen=True, slots=True)
class Ring:
    """An offer that reached a desktop. Names are full resource names."""

    contact: str
    queue: str
    agent: str
    at: float
    """The event loop's clock."""
    waited_seconds: float
    """Of the contact, as the router says."""


class Stopwatch:
    """Times calls that found a free agent, and agents who were freed while somebody waited.

    Neither takes any time in the log: the first would be connected at once, and the second would
    have their next call at once.
    """

    def __init__(self) -> None:
        self.offers: list[float] = []
        """From dialling to the offer, for calls that found a free agent."""
        self.connections: list[float] = []
        """From dialling to being joined, for the same calls."""
        self.pauses: list[float] = []
        """From the end of a call to the agent's next offer, where somebody waited meanwhile."""
        self._present: dict[str, Collection[str]] = {}
        self._waiting: Counter[str] = Counter()
        self._in_hand: dict[str, str] = {}
        self._rings: dict[str, Ring] = {}
        self._last_ring: dict[str, Ring] = {}
        self._freed: dict[str, float] = {}

    def comes(self, agent: str, queues: Collection[str]) -> None:
        """An agent is there and serves these queues."""
        self._present[agent] = queues

    def leaves(self, agent: str) -> None:
        """An agent is gone, or goes after the call in hand."""
        self._present.pop(agent, None)
        self._freed.pop(agent, None)

    def dials(self, queue: str) -> bool:
        """A caller dials; whether an agent is free for the call and nobody waits before it."""
        busy = set(self._in_hand.values())
        free = any(queue in serves for a, serves in self._present.items() if a not in busy)
        unopposed = free and not self._waiting[queue]
        self._waiting[queue] += 1
        return unopposed

    def rings(self, ring: Ring) -> None:
        """A desktop rings."""
        if ring.contact not in self._rings:
            self._rings[ring.contact] = ring
            self._waiting[ring.queue] -= 1
        self._in_hand[ring.contact] = ring.agent
        self._last_ring[ring.agent] = ring
        freed = self._freed.pop(ring.agent, None)
        if freed is not None:
            self._pause(ring, freed)

    def served(self, contact: str, arrived: float, connected: float, unopposed: bool) -> None:
        """A call was joined with an agent at some time."""
        if unopposed and contact in self._rings:
            self.offers.append(self._rings[contact].at - arrived)
            self.connections.append(connected - arrived)

    def ends(self, contact: str, queue: str, at: float) -> None:
        """A call is over, whatever became of it."""
        if self._rings.pop(contact, None) is None:
            self._waiting[queue] -= 1
        agent = self._in_hand.pop(contact, None)
        if agent not in self._present:
            return
        last = self._last_ring.get(agent)
        if last is not None and last.contact != contact and last.at > at:
            self._pause(last, at)  # the next offer was faster than the news of the end
        elif any(self._waiting[name] > 0 for name in self._present[agent]):
            self._freed[agent] = at

    def _pause(self, ring: Ring, freed: float) -> None:
        """Only a contact that waited already when the agent was freed shows the router's delay."""
        pause = ring.at - freed
        if ring.waited_seconds >= pause:
            self.pauses.append(pause)
