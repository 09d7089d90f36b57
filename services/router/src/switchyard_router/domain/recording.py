"""A stretch of the event log as a simulation needs it: contacts, what became of them, agents."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.records import StoredEvent

_CREDIT = 20.0
"""Offers at everybody's shares that each agent is credited with."""
_READY = ("AVAILABLE", "ON_CONTACT", "AFTER_CONTACT_WORK")


class Left(StrEnum):
    """How a contact left the queue."""

    ANSWERED = "ANSWERED"
    ABANDONED = "ABANDONED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    OPEN = "OPEN"
    """Not at all before the log ended."""


_ENDS = {
    "contact.abandoned": Left.ABANDONED,
    "contact.cancelled": Left.WITHDRAWN,
    "contact.expired": Left.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class RecordedContact:
    """A contact as it arrived (store's ms), and what the log says of it.

    `left_ms`: when it left the queue, 0 while open; `agent`: who answered first; `talk_ms`: time in
    conversation, 0 if unknown.
    """

    contact: Waiting
    left: Left = Left.OPEN
    left_ms: int = 0
    agent: str = ""
    talk_ms: int = 0

    @property
    def waited_ms(self) -> int:
        """From its arrival until it left the queue; 0 while open."""
        return max(0, self.left_ms - self.contact.enqueue_ms) if self.left_ms else 0


@dataclass(frozen=True, slots=True)
class ReadyChange:
    """An agent begins or ceases to want contacts, at a time of the store's clock."""

    at_ms: int
    agent: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Refusals:
    """Shares of an agent's offers that were declined, and that rang out."""

    declined: float = 0.0
    missed: float = 0.0


@dataclass(frozen=True, slots=True)
class Recording:
    """What happened. `contacts` in order of arrival; `ready_at_start`: agents the log tells of.

    `answer_ms`: mean time from an offer to the conversation, `wrap_up_ms`: mean paperwork, both by
    queue. `refusals`: by agent; who is not named answers every offer. `day_edges_ms`: where days
    begin, and the last one ends; none: all is one day.
    """

    contacts: tuple[RecordedContact, ...]
    ready_at_start: Mapping[str, bool]
    changes: tuple[ReadyChange, ...]
    answer_ms: Mapping[str, float]
    wrap_up_ms: Mapping[str, float]
    events: int
    until_ms: int
    refusals: Mapping[str, Refusals] = field(default_factory=dict)
    day_edges_ms: tuple[int, ...] = ()

    def ready_ms(self, agent: str) -> int:
        """How long an agent wanted contacts, from the first arrival to the end of the log."""
        return sum(end - begin for begin, end in self.ready_spans().get(agent, ()))

    def ready_spans(self) -> dict[str, list[tuple[int, int]]]:
        """When agents wanted contacts, from the first arrival to the end of the log. O(changes)."""
        start = self.contacts[0].contact.enqueue_ms
        since = {agent: start for agent, ready in self.ready_at_start.items() if ready}
        spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for change in self.changes:
            begin = since.pop(change.agent, None)
            at = max(start, min(change.at_ms, self.until_ms))
            if begin is not None:
                spans[change.agent].append((begin, at))
            if change.ready:
                since[change.agent] = at
        for agent, begin in since.items():
            spans[agent].append((begin, self.until_ms))
        return spans


@dataclass(slots=True)
class _Contact:
    arrived: Waiting
    left: Left = Left.OPEN
    left_ms: int = 0
    agent: str = ""
    talk_ms: int = 0
    offered_ms: int = 0


@dataclass(slots=True)
class _Mean:
    total: float = 0.0
    count: int = 0

    def add(self, value: float) -> None:
        self.total += value
        self.count += 1


@dataclass(slots=True)
class _Asked:
    """Offers to an agent."""

    made: int = 0
    declined: int = 0
    missed: int = 0


@dataclass(slots=True)
class Recorder:
    """Folds events into a recording; O(1) for each. Contacts that arrive in [from, to) count."""

    from_ms: int
    to_ms: int
    _contacts: dict[str, _Contact] = field(default_factory=dict)
    _ready: dict[str, bool] = field(default_factory=dict)
    _start: dict[str, bool] = field(default_factory=dict)
    _changes: list[ReadyChange] = field(default_factory=list)
    _answers: dict[str, _Mean] = field(default_factory=dict)
    _wraps: dict[str, _Mean] = field(default_factory=dict)
    _asked: dict[str, _Asked] = field(default_factory=dict)
    _events: int = 0
    _until_ms: int = 0

    @property
    def arrived(self) -> int:
        """Contacts that arrived in time so far."""
        return len(self._contacts)

    def arrives(self, contact: Waiting) -> None:
        """A contact entered its queue for the first time."""
        if self.from_ms <= contact.enqueue_ms < self.to_ms:
            self._contacts.setdefault(contact.id, _Contact(contact))

    def on_event(self, event: StoredEvent) -> None:
        """Take in what became of contacts and agents; arrivals are told by `arrives`."""
        self._events += 1
        self._until_ms = event.time_ms
        if event.type == "agent.state_changed":
            self._agent(event)
            return
        known = self._contacts.get(_contact_id(event))
        if known is None:
            return
        if event.type.startswith("offer."):
            self._offer(known, event)
        elif event.type == "contact.connected":
            self._connected(known, event)
        elif event.type == "contact.wrap_up":
            known.talk_ms = int(str(event.data.get("talk_ms", 0)))
        elif event.type == "contact.completed":
            self._completed(event)
        elif event.type in _ENDS and known.left is Left.OPEN:
            known.left, known.left_ms = _ENDS[event.type], event.time_ms

    def recording(self) -> Recording:
        """What was recorded."""
        made = [
            RecordedContact(one.arrived, one.left, one.left_ms, one.agent, one.talk_ms)
            for one in self._contacts.values()
        ]
        made.sort(key=lambda one: (one.contact.enqueue_ms, one.contact.id))
        return Recording(
            contacts=tuple(made),
            ready_at_start=dict(self._start),
            changes=tuple(self._changes),
            answer_ms=_means(self._answers),
            wrap_up_ms=_means(self._wraps),
            events=self._events,
            until_ms=self._until_ms,
            refusals=_refusals(self._asked),
        )

    def _offer(self, known: _Contact, event: StoredEvent) -> None:
        asked = self._asked.setdefault(str(event.data.get("agent", "")), _Asked())
        if event.type == "offer.created":
            known.offered_ms = event.time_ms
            asked.made += 1
        elif event.type == "offer.declined":
            asked.declined += 1
        elif event.type == "offer.timed_out":
            asked.missed += 1

    def _connected(self, known: _Contact, event: StoredEvent) -> None:
        if known.left is not Left.OPEN:
            return
        known.left, known.left_ms = Left.ANSWERED, event.time_ms
        known.agent = str(event.data["agent"])
        if known.offered_ms:
            queue = str(event.data["queue"])
            mean = self._answers.setdefault(queue, _Mean())
            mean.add(event.time_ms - known.offered_ms)

    def _completed(self, event: StoredEvent) -> None:
        if event.data.get("previous_state") == "WRAP_UP":
            mean = self._wraps.setdefault(str(event.data["queue"]), _Mean())
            mean.add(float(str(event.data.get("previous_state_ms", 0))))

    def _agent(self, event: StoredEvent) -> None:
        data: Mapping[str, Any] = event.data
        agent, ready = event.subject, bool(data["ready"])
        if agent not in self._start:
            # The first event of an agent tells of the presence before it.
            self._start[agent] = self._ready[agent] = data.get("previous_presence") in _READY
        if self._ready[agent] != ready:
            self._ready[agent] = ready
            self._changes.append(ReadyChange(event.time_ms, agent, ready))


def _contact_id(event: StoredEvent) -> str:
    return str(event.data.get("contact", "")) or event.subject


def _means(sums: Mapping[str, _Mean]) -> dict[str, float]:
    return {name: mean.total / mean.count for name, mean in sums.items()}


def _refusals(asked: Mapping[str, _Asked]) -> dict[str, Refusals]:
    """Shares, those of agents who were asked seldom drawn towards everybody's."""
    made = sum(one.made for one in asked.values())
    declined = sum(one.declined for one in asked.values())
    missed = sum(one.missed for one in asked.values())
    if not made or not declined + missed:
        return {}
    return {
        agent: Refusals(
            (one.declined + _CREDIT * declined / made) / (one.made + _CREDIT),
            (one.missed + _CREDIT * missed / made) / (one.made + _CREDIT),
        )
        for agent, one in asked.items()
    }
