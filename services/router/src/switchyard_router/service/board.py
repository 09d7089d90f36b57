"""The present of one tenant, in memory: agents as columns and waiting contacts in order.

A projection of the event log. Every replica has its own and none is asked for the truth: the
store's scripts decide, and a board that lags only makes a reservation fail.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from switchyard_router.domain.agents import AgentLive, AgentProfile, AgentTable
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.plans import ANYONE, Plan
from switchyard_router.domain.queues import QueueProfile
from switchyard_router.domain.records import ContactRecord, StoredEvent
from switchyard_router.domain.skills import SkillNeed
from switchyard_router.domain.states import TERMINAL


class Board:
    """Agents, queues, plans and live contacts. Memory grows with agents and live contacts."""

    def __init__(self) -> None:
        self.agents = AgentTable()
        self.queues: dict[str, QueueProfile] = {}
        self.plans: dict[str, Plan] = {}
        self.contacts: dict[str, Waiting] = {}
        self.loads = 0
        """How often a snapshot was taken over."""
        self.touched: dict[str, None] = {}
        """Ids of contacts that changed, for whoever follows them; agents have their own."""
        self._lines: dict[str, list[tuple[int, str]]] = {}

    def load(self, agents: Mapping[str, AgentLive], contacts: Iterable[ContactRecord]) -> None:
        """Take over a snapshot of the live state; configuration is set before."""
        self.loads += 1
        self.agents.forget_live()
        for agent_id, live in agents.items():
            self.agents.set_live(agent_id, live)
        self.touched.update(dict.fromkeys(self.contacts))
        self.contacts.clear()
        self._lines.clear()
        for record in contacts:
            self._put(_from_record(record))

    def plan_of(self, queue_id: str) -> Plan:
        """The plan of a queue."""
        queue = self.queues.get(queue_id)
        return self.plans.get(queue.plan, ANYONE) if queue else ANYONE

    def plan_for(self, contact: Waiting) -> Plan:
        """The plan in force for a contact: its own, else its queue's."""
        own = self.plans.get(contact.plan)
        return own if own is not None else self.plan_of(contact.queue)

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

    def touch(self, contact_id: str) -> None:
        """Something changed that says who may take a contact."""
        if contact_id in self.contacts:
            self.touched[contact_id] = None

    def upsert_agent(self, profile: AgentProfile) -> None:
        """Add or change an agent's profile."""
        self.agents.upsert(profile)

    def forget(self, kind: str, resource_id: str) -> None:
        """A queue, an agent or a plan was deleted."""
        if kind == "agent":
            self.agents.forget(resource_id)
        elif kind == "queue":
            self.queues.pop(resource_id, None)
        else:
            self.plans.pop(resource_id, None)

    def known(self, kind: str) -> list[str]:
        """Ids of the queues, agents or plans."""
        if kind == "agent":
            return [agent_id for agent_id in self.agents.ids if agent_id]
        return list(self.queues if kind == "queue" else self.plans)

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
        self.touched[contact_id] = None
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
        priority=record.priority,
        plan=record.plan,
        step=record.step,
        step_ms=record.step_ms,
        preferred_agent=record.preferred_agent,
        preferred_until_ms=record.preferred_until_ms,
        excluded_agents=frozenset(record.excluded_agents),
        overtaken=record.overtaken,
        arm=record.arm,
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
        priority=int(data.get("priority", 0)),
        plan=data.get("plan", ""),
        step=int(data.get("step", 0)),
        step_ms=int(data.get("step_ms", 0)),
        preferred_agent=data.get("preferred_agent", ""),
        preferred_until_ms=int(data.get("preferred_until_ms", 0)),
        excluded_agents=frozenset(data.get("excluded_agents", ())),
        overtaken=int(data.get("overtaken", 0)),
        arm=data.get("arm", ""),
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
        occupancy=float(data.get("occupancy", 0)),
        occupancy_ms=int(data.get("occupancy_ms", 0)),
        offered_ms=int(data.get("offered_ms", 0)),
    )
