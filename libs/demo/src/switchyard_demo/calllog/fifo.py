"""A small event loop: first come, first served, by the agent idle for longest.

It serves two ends with one piece of code: the generator of logs gets waits that are consistent with
its arrivals and agents, and a replay plan gets the figures that plain first come, first served
would reach on it. Events of one second happen in a fixed order: callers give up, agents leave,
agents become free, callers arrive.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from enum import IntEnum

from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact

ServiceTime = Callable[[PlannedContact, PlannedAgent], float]
"""How many seconds this agent takes for this caller."""


class _Event(IntEnum):
    GIVES_UP = 0
    LEAVES = 1
    IS_FREE = 2
    COMES = 3
    ARRIVES = 4


def planned_service(contact: PlannedContact, _agent: PlannedAgent) -> float:
    """The service time that the plan gives, whoever serves."""
    return contact.service_seconds


def serve_in_order(
    contacts: Sequence[PlannedContact],
    agents: Sequence[PlannedAgent],
    *,
    service_time: ServiceTime = planned_service,
    turnaround_seconds: float = 0.0,
) -> list[CallRecord]:
    """What becomes of each contact, in the order given.

    Agents serve the types they can, finish a service that outlasts their presence, and pause for
    ``turnaround_seconds`` after each. Callers whom nobody ever serves and who never give up are
    reported as abandoned when the last event is over.
    """
    return _Floor(contacts, agents, service_time, turnaround_seconds).run()


class _Floor:
    """State of the loop: who waits, who is idle, what happens next."""

    def __init__(
        self,
        contacts: Sequence[PlannedContact],
        agents: Sequence[PlannedAgent],
        service_time: ServiceTime,
        turnaround_seconds: float,
    ) -> None:
        self._contacts, self._agents = contacts, agents
        self._service_time, self._turnaround = service_time, turnaround_seconds
        self._records: list[CallRecord | None] = [None] * len(contacts)
        self._waiting: dict[int, None] = {}
        """Contacts in order of arrival; a dict because any of them may leave."""
        self._idle: dict[int, None] = {}
        """Agents in order of becoming idle."""
        self._present = [False] * len(agents)
        self._busy = [False] * len(agents)
        self._events: list[tuple[float, _Event, int]] = self._known_events()

    def _known_events(self) -> list[tuple[float, _Event, int]]:
        events = [(c.arrival_seconds, _Event.ARRIVES, i) for i, c in enumerate(self._contacts)]
        for index, agent in enumerate(self._agents):
            for stretch in agent.presence:
                if not stretch.seconds:
                    continue  # its end comes before its beginning: nobody would ever leave again
                events.append((stretch.start, _Event.COMES, index))
                events.append((stretch.end, _Event.LEAVES, index))
        heapq.heapify(events)
        return events

    def run(self) -> list[CallRecord]:
        """Plays all events and returns one record per contact."""
        now = 0.0
        handlers = {
            _Event.GIVES_UP: self._gives_up,
            _Event.LEAVES: self._leaves,
            _Event.IS_FREE: self._is_free,
            _Event.COMES: self._comes,
            _Event.ARRIVES: self._arrives,
        }
        while self._events:
            now, event, index = heapq.heappop(self._events)
            handlers[event](now, index)
        for contact in list(self._waiting):
            self._gives_up(now, contact)
        return [record for record in self._records if record is not None]

    def _arrives(self, now: float, index: int) -> None:
        contact = self._contacts[index]
        self._waiting[index] = None
        agent = next((a for a in self._idle if contact.type in self._agents[a].types), None)
        if agent is not None:
            self._serve(now, index, agent)
        elif math.isfinite(contact.patience_seconds):
            heapq.heappush(self._events, (now + contact.patience_seconds, _Event.GIVES_UP, index))

    def _gives_up(self, now: float, index: int) -> None:
        if index in self._waiting:
            del self._waiting[index]
            arrival = self._contacts[index].arrival_seconds
            self._records[index] = CallRecord(arrival, now - arrival, answered=False)

    def _comes(self, now: float, agent: int) -> None:
        self._present[agent] = True
        if not self._busy[agent]:
            self._look_for_work(now, agent)

    def _leaves(self, now: float, agent: int) -> None:
        self._present[agent] = False
        self._idle.pop(agent, None)

    def _is_free(self, now: float, agent: int) -> None:
        self._busy[agent] = False
        if self._present[agent]:
            self._look_for_work(now, agent)

    def _look_for_work(self, now: float, agent: int) -> None:
        types = self._agents[agent].types
        contact = next((c for c in self._waiting if self._contacts[c].type in types), None)
        self._idle[agent] = None
        if contact is not None:
            self._serve(now, contact, agent)

    def _serve(self, now: float, index: int, agent: int) -> None:
        del self._waiting[index]
        del self._idle[agent]
        self._busy[agent] = True
        contact, who = self._contacts[index], self._agents[agent]
        seconds = self._service_time(contact, who)
        wait = now - contact.arrival_seconds
        self._records[index] = CallRecord(
            contact.arrival_seconds, wait, True, now, seconds, who.code
        )
        heapq.heappush(self._events, (now + seconds + self._turnaround, _Event.IS_FREE, agent))
