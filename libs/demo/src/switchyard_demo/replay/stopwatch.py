"""What the router owes at any moment of a replay, and how long it takes to give it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
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
    waited_seconds: float
    """Of the contact, as the router says; real time."""


@dataclass(frozen=True, slots=True)
class _Rung:
    ring: Ring
    at: float


class Stopwatch:
    """Follows agents and calls, without knowing how the router decides.

    It owes an offer when somebody waits whom a free agent can serve, and a connection once a
    desktop has rung, since agents accept at once. `tell` hears whenever that may have changed.
    All times are the event loop's.
    """

    def __init__(
        self,
        tell: Callable[[bool], None],
        now: Callable[[], float] | None = None,
    ) -> None:
        self.offers: list[float] = []
        """From dialling to the offer, for calls that found a free agent."""
        self.connections: list[float] = []
        """From dialling to being joined, for the same calls."""
        self.pauses: list[float] = []
        """From hanging up to the agent's next offer, where somebody waited meanwhile."""
        self._tell = tell
        self._now = now or asyncio.get_running_loop().time
        self._present: dict[str, Collection[str]] = {}
        self._waiting: Counter[str] = Counter()
        self._in_hand: dict[str, str] = {}
        self._unopposed: dict[str, float] = {}
        self._rung: dict[str, _Rung] = {}
        self._to_be_joined: set[str] = set()
        self._freed: dict[str, float] = {}

    def comes(self, agent: str, queues: Collection[str]) -> None:
        """An agent is there and serves these queues."""
        self._present[agent] = queues
        self._changed()

    def leaves(self, agent: str) -> None:
        """An agent is gone, or goes after the call in hand."""
        self._present.pop(agent, None)
        self._freed.pop(agent, None)
        self._changed()

    def dials(self, call: str, queue: str) -> None:
        """A caller dials; `call` is the platform's own id."""
        if not self._waiting[queue] and self._is_anybody_free(queue):
            self._unopposed[call] = self._now()
        self._waiting[queue] += 1
        self._changed()

    def rings(self, ring: Ring) -> None:
        """A desktop rings."""
        now = self._now()
        if ring.contact not in self._rung:
            self._waiting[ring.queue] -= 1
        self._rung[ring.contact] = _Rung(ring, now)
        self._in_hand[ring.contact] = ring.agent
        self._to_be_joined.add(ring.contact)
        freed = self._freed.pop(ring.agent, None)
        # Only a contact that waited already when the agent was freed shows the router's delay.
        if freed is not None and ring.waited_seconds >= now - freed:
            self.pauses.append(now - freed)
        self._changed()

    def joined(self, call: str, contact: str) -> None:
        """Caller and agent talk."""
        dialled = self._unopposed.pop(call, None)
        rung = self._rung.get(contact)
        if dialled is not None and rung is not None:
            self.offers.append(rung.at - dialled)
            self.connections.append(self._now() - dialled)
        self._to_be_joined.discard(contact)
        self._changed()

    def hangs_up(self, contact: str) -> None:
        """A conversation ends: its agent is free for the next."""
        agent = self._in_hand.pop(contact, None)
        if agent is not None and agent in self._present:
            self._freed[agent] = self._now()
        self._changed()

    def ends(self, call: str, contact: str, queue: str) -> None:
        """A call is over, whatever became of it."""
        if self._rung.pop(contact, None) is None:
            self._waiting[queue] -= 1
        self._unopposed.pop(call, None)
        self._in_hand.pop(contact, None)
        self._to_be_joined.discard(contact)
        self._changed()

    def owed(self) -> bool:
        """Whether the router owes an offer or a connection now."""
        return bool(self._to_be_joined) or any(
            waiting > 0 and self._is_anybody_free(queue) for queue, waiting in self._waiting.items()
        )

    def _is_anybody_free(self, queue: str) -> bool:
        busy = set(self._in_hand.values())
        return any(queue in queues for agent, queues in self._present.items() if agent not in busy)

    def _changed(self) -> None:
        self._tell(self.owed())
