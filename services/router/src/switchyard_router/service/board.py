"""The present of one tenant, in memory: agents as columns and waiting contacts in order.

A projection of the event log. Every replica has its own and none is asked for the truth: the
store's scripts decide, and a board that lags only makes a reservation fail.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from switchyard_router.domain.agents import AgentLive, AgentProfile, AgentTable
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.records import ContactRecord, QueueTimes, StoredEvent
from switchyard_router.domain.skills import ANYONE, Plan, SkillNeed
from switchyard_router.domain.states import TERMINAL


@dataclass(frozen=True, slots=True)
class QueueProfile:
    """A queue as dispatching and estimating need it."""

    id: str
    plan: str
    policy: str
    times: QueueTimes
    version: int


class Board:
    """Agents, queues, plans and live contacts. Memory grows with agents and live contacts."""

    def __init__(self) -> None:
        self.agents = AgentTable()
        self.queues: dict[str, QueueProfile] = {}
        self.plans: dict[str, Plan] = {}
        self.contacts: dict[str, Waiting] = {}
        self._lines: dict[str, list[tuple[int, str]]] = {}

    def load(self, agents: Mapping[str, AgentLive], contacts: Iterable[ContactRecord]) -> None:
        """Take over a snapshot of the live state; configuration is set before."""
        self.agents.forget_live()
        for agent_id, live in agents.items():
            self.agents.set_live(agent_id, live)
        self.contacts.clear()
        self._lines.clear()
        for record in contacts:
            self._put(_from_record(record))

    def plan_of(self, queue_id: str) -> Plan:
        """The plan of a queue."""
        queue = self.queues.get(queue_id)
        return self.plans.get(queue.plan, ANYONE) if queue else ANYONE

    def line(self, queue_id: str) -> list[tuple[int, str]]:
        """(place, contact id) of the queued contacts of a queue, first to be served first."""
        return self._lines.get(queue_id, [])

    def position(self, contact_id: str) -> int:
        """Place in the queue counted from 1; 0 for a contact that does not wait."""
        contact = self.contacts.get(contact_id)
        if contact is None or contact.state != "QUEUED":
            return 0
        return bisect_left(self.line(contact.queue), (contact.order_ms, contact_id)) + 1

    def apply(self, event: StoredEvent) -> None:
        """Bring the board up to date with one event; repeated and old events change nothing."""
        family = event.type.partition(".")[0]
        if family == "contact":
            self._apply_contact(event)
        elif family == "agent" and event.type == "agent.state_changed":
            self.agents.set_live(event.subject, agent_live(event))

    def reserved(self, contact: Waiting, agent_id: str, agent_seq: int) -> None:
        """A reservation succeeded: show it at once, unless its events arrived even earlier."""
        if self.contacts.get(contact.id) == contact:
            # The contact keeps its sequence number: its own events are newer and replace this.
            self._put(replace(contact, state="OFFERING", agent=agent_id))
        row = self.agents.row(agent_id)
        if row is not None:
            live = self.agents.lives[row]
            held = {**live.held, contact.id: f"{contact.channel}:offered"}
            self.agents.set_live(agent_id, replace(live, held=held, seq=agent_seq))

    def set_aside(self, contact: Waiting, until_ms: int) -> None:
        """Do not offer a contact before a time, unless something about it changes."""
        if self.contacts.get(contact.id) == contact:
            self._put(replace(contact, hold_until_ms=until_ms))

    def upsert_agent(self, profile: AgentProfile) -> None:
        """Add or change an agent's profile."""
        self.agents.upsert(profile)

    def _apply_contact(self, event: StoredEvent) -> None:
        known = self.contacts.get(event.subject)
        if known is not None and event.seq <= known.seq:
            return
        if event.data["state"] in TERMINAL:
            self._remove(event.subject)
        else:
            self._put(_from_event(event))

    def _put(self, contact: Waiting) -> None:
        self._remove(contact.id)
        self.contacts[contact.id] = contact
        if contact.state == "QUEUED":
            insort(self._lines.setdefault(contact.queue, []), (contact.order_ms, contact.id))

    def _remove(self, contact_id: str) -> None:
        known = self.contacts.pop(contact_id, None)
        if known is not None and known.state == "QUEUED":
            line = self._lines[known.queue]
            del line[bisect_left(line, (known.order_ms, contact_id))]


def _from_record(record: ContactRecord) -> Waiting:
    return Waiting(
        id=record.id,
        state=record.state,
        seq=record.version,
        queue=record.queue,
        channel=record.channel,
        language=record.language,
        order_ms=record.order_ms,
        enqueue_ms=record.enqueue_ms,
        hold_until_ms=record.hold_ms,
        node=record.node,
        agent=record.agent,
        fence=record.fence,
        spared_until_ms=record.spared_until_ms,
        needs=record.needs,
    )


def _from_event(event: StoredEvent) -> Waiting:
    data: Mapping[str, Any] = event.data
    return Waiting(
        id=event.subject,
        state=data["state"],
        seq=event.seq,
        queue=data["queue"],
        channel=data["channel"],
        language=data["language"],
        order_ms=int(data["order_ms"]),
        enqueue_ms=int(data["enqueue_ms"]),
        hold_until_ms=int(data["hold_until_ms"]),
        node=data["node"],
        agent=data["agent"],
        fence=int(data["fence"]),
        spared_until_ms=data["spared_until_ms"],
        needs=tuple(SkillNeed(**need) for need in data.get("needs", ())),
    )


def agent_live(event: StoredEvent) -> AgentLive:
    """The live state that an agent.state_changed event carries."""
    data: Mapping[str, Any] = event.data
    return AgentLive(
        presence=data["presence"],
        ready=data["ready"],
        held=data["held"],
        idle_since_ms=int(data["idle_since_ms"]),
        seq=event.seq,
        epoch=int(data["epoch"]),
        reason=data["reason"],
        next_presence=data["next_presence"],
        since_ms=int(data["since_ms"]),
    )
