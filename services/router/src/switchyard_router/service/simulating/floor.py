"""A floor in memory: contacts come, wait, are offered, talk and leave, routed by the router's code.

Dispatcher, decider, filters and steps are those of the router; in the place of the store stands
this floor. Cost: one dispatching pass for each moment at which something happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Protocol

import numpy as np

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.evaluation.offers import Reaction
from switchyard_router.domain.outcomes import ABANDONED, ANSWERED, ELSEWHERE, NOBODY, Outcomes
from switchyard_router.domain.recording import Left, Recording
from switchyard_router.domain.records import Move, Reservation, StoredEvent
from switchyard_router.service.board import Board
from switchyard_router.service.simulating.agenda import Agenda, SimulatedClock
from switchyard_router.service.simulating.answers import Answers
from switchyard_router.service.simulating.draws import Draws, Floats
from switchyard_router.service.simulating.people import People

_OPEN = -1
_FAR_MS = 1 << 46
_SEEDS = 1 << 32


class Router(Protocol):
    """What routes on a floor."""

    def on_event(self, event: StoredEvent) -> None:
        """Something happened; the board knows."""
        ...

    async def route(self) -> int | None:
        """Offer what can be offered now; when (ms) to look again, None: when something happens."""
        ...


class Floor:
    """One repetition on one board. Also the store that reservations and moves are made in."""

    def __init__(
        self,
        board: Board,
        clock: SimulatedClock,
        recording: Recording,
        draws: Draws,
        lend: Callable[[str, bytes], None],
    ) -> None:
        self._board = board
        self._clock = clock
        self._recording = recording
        self._draws = draws
        self._lend = lend
        self._agenda = Agenda()
        self._people = People(board.agents, recording.day_edges_ms)
        self._router: Router | None = None
        self._index = {one.contact.id: at for at, one in enumerate(recording.contacts)}
        size = len(recording.contacts)
        self._how = np.full(size, _OPEN, dtype=np.int8)
        self._waited, self._talked = np.zeros(size), np.zeros(size)
        self._agent = np.full(size, NOBODY, dtype=np.int64)
        self._target = np.zeros(size)
        self._expires_ms = np.zeros(size, dtype=np.int64)
        self._answers = Answers(recording)
        self._queue = [one.contact.queue for one in recording.contacts]
        self._seq: dict[str, int] = {}
        self._visited: dict[str, set[str]] = {}
        self._left = size
        self._look_ms = 0

    async def run(self, router: Router, talk: Floats, patience: Floats) -> Outcomes:
        """Play until every contact has left; `talk`, `patience`: uniform numbers by contact."""
        self._router = router
        self._prepare(talk, patience)
        while self._left and (now := self._agenda.next_ms) is not None:
            self._clock.ms = now
            self._agenda.do(now)
            again = await router.route()
            if again is not None and (self._look_ms <= now or again < self._look_ms):
                self._look_ms = max(again, now + 1)
                self._agenda.at(self._look_ms, _nothing)
        self._finish()
        how = np.where(self._how == _OPEN, 0, self._how).astype(np.int8)
        return Outcomes(
            how, self._waited, self._talked, self._agent, self._target,
            tuple(self._queue), self._people.busy_ms(),
        )  # fmt: skip

    def _finish(self) -> None:
        """Let agents end what they have in hand."""
        while (now := self._agenda.next_ms) is not None:
            self._clock.ms = now
            self._agenda.do(now)

    def _prepare(self, talk: Floats, patience: Floats) -> None:
        # Both regimes of a repetition are given the same numbers, other repetitions others.
        self._answers.begin(int(talk[0] * _SEEDS))
        recording, start = self._recording, self._recording.contacts[0].contact.enqueue_ms
        self._clock.ms = start - 1
        self._people.begin(
            [agent for agent, ready in recording.ready_at_start.items() if ready], start - 1
        )
        for change in recording.changes:
            self._agenda.at(
                change.at_ms,
                partial(self._people.set_ready, change.agent, change.ready, change.at_ms),
            )
        for at, one in enumerate(recording.contacts):
            come = one.contact.enqueue_ms
            self._agenda.at(come, partial(self._arrive, at, float(talk[at])))
            gives_up = come + self._draws.patience_ms(one, float(patience[at]))
            how = ELSEWHERE if one.left is Left.WITHDRAWN else ABANDONED
            self._agenda.at(gives_up, partial(self._leave, at, how))

    def _arrive(self, at: int, talk: float) -> None:
        contact = self._recording.contacts[at].contact
        queue = self._board.queues[contact.queue]
        self._target[at] = queue.times.target_ms
        self._talked[at] = talk  # the uniform number, until it is answered
        self._lend(contact.id, b"")
        self._tell(replace(contact, state="QUEUED"), "contact.queued")
        self._expire_later(at, contact.queue)

    def _expire_later(self, at: int, queue_id: str) -> None:
        ends_ms = self._clock.ms + self._board.queues[queue_id].times.max_wait_ms
        self._expires_ms[at] = ends_ms
        self._agenda.at(ends_ms, partial(self._expire, at, queue_id))

    def _expire(self, at: int, queue_id: str) -> None:
        contact = self._waiting(at)
        if contact is not None and contact.queue == queue_id and contact.state == "QUEUED":
            self._end(at, 0)

    def _leave(self, at: int, how: int) -> None:
        contact = self._waiting(at)
        if contact is None:
            return
        if contact.state == "OFFERING":
            self._people.release(contact.agent, contact.id, self._clock.ms)
        self._end(at, how)

    def _refuse(self, at: int, agent_id: str) -> None:
        """An agent declines, or it has rung out: the contact goes back to its place."""
        contact, now = self._waiting(at), self._clock.ms
        if contact is None or contact.state != "OFFERING" or contact.agent != agent_id:
            return
        self._people.release(agent_id, contact.id, now)
        until = now + self._answers.spared_ms(at, agent_id)
        spared = {**contact.spared_until_ms, agent_id: until}
        back = replace(contact, state="QUEUED", agent="", spared_until_ms=spared)
        self._tell(back, "contact.queued")
        if now >= self._expires_ms[at]:
            self._expire(at, contact.queue)

    def _answer(self, at: int, agent_id: str) -> None:
        contact = self._waiting(at)
        if contact is None or contact.state != "OFFERING" or contact.agent != agent_id:
            return
        row = self._board.agents.row(agent_id)
        uniform, self._agent[at] = float(self._talked[at]), row if row is not None else NOBODY
        self._talked[at] = self._draws.talk_ms(contact, int(self._agent[at]), uniform)
        wrap_up = self._recording.wrap_up_ms.get(contact.queue, 0.0)
        done = self._clock.ms + int(self._talked[at] + wrap_up)
        self._agenda.at(done, partial(self._people.release, agent_id, contact.id, done))
        self._end(at, ANSWERED)

    def _end(self, at: int, how: int) -> None:
        contact = self._recording.contacts[at].contact
        self._how[at] = how
        self._waited[at] = self._clock.ms - contact.enqueue_ms
        if how != ANSWERED:
            self._talked[at] = 0.0
        self._left -= 1
        known = self._board.contacts[contact.id]
        self._tell(replace(known, state="COMPLETED", agent=""), "contact.completed")

    def _waiting(self, at: int) -> Waiting | None:
        if self._how[at] != _OPEN:
            return None
        return self._board.contacts.get(self._recording.contacts[at].contact.id)

    def _tell(self, contact: Waiting, kind: str) -> None:
        """Bring the board, and who follows it, up to date."""
        seq = self._seq[contact.id] = self._seq.get(contact.id, 0) + 1
        event = StoredEvent("", kind, contact.id, "", self._clock.ms, seq, _event_data(contact))
        self._board.apply(event)
        if self._router is not None:
            self._router.on_event(event)

    async def reserve_many(self, reservations: Sequence[Reservation]) -> list[tuple[str, int]]:
        """As the store's. Agents answer or decline after the queue's mean time from offer to
        answer, or let it ring for the queue's ring time."""
        return [self._reserve(asked) for asked in reservations]

    def _reserve(self, asked: Reservation) -> tuple[str, int]:
        at, now = self._index[asked.contact], self._clock.ms
        contact = self._waiting(at)
        if contact is None or contact.state != "QUEUED":
            return "CONTACT_OVER", 0
        version = self._people.offered(asked.agent, contact.id, contact.channel, now)
        reaction = self._answers.of(at, asked.agent)
        react = self._answer if reaction is Reaction.ANSWERS else self._refuse
        delay = self._recording.answer_ms.get(contact.queue, 0.0)
        if reaction is Reaction.MISSES:
            delay = self._board.queues[contact.queue].times.ring_ms
        self._agenda.at(now + delay, partial(react, at, asked.agent))
        for other in asked.overtaken:
            passed = self._board.contacts.get(other)
            if passed is not None:
                self._tell(replace(passed, overtaken=passed.overtaken + 1), "contact.overtaken")
        return "OK", version

    async def move(self, contact_id: str, from_step: int, move: Move) -> str:
        """As the store's: a compare-and-set on the step."""
        at = self._index[contact_id]
        contact = self._waiting(at)
        if contact is None or contact.state != "QUEUED":
            return "CONTACT_TAKEN"
        if contact.step != from_step:
            return "CONTACT_MOVED"
        if move.external:
            self._end(at, ELSEWHERE)
            return "OK"
        if move.queue and move.queue != contact.queue:
            refused = self._refuses(contact, move.queue)
            if refused:
                return refused
            self._visited.setdefault(contact_id, set()).add(contact.queue)
            self._queue[at] = move.queue
            contact = replace(contact, queue=move.queue, plan=move.plan)
            self._expire_later(at, move.queue)
        if move.agent:
            contact = replace(contact, preferred_agent=move.agent, preferred_until_ms=_FAR_MS)
        self._tell(self._in_step(contact, at, move), "contact.moved")
        return "OK"

    def _refuses(self, contact: Waiting, queue_id: str) -> str:
        if queue_id in self._visited.get(contact.id, ()):
            return "TARGET_VISITED"
        queue = self._board.queues.get(queue_id)
        if queue is None:
            return "TARGET_UNKNOWN"
        full = 0 < queue.times.max_size <= len(self._board.line(queue_id))
        return "TARGET_FULL" if full else ""

    def _in_step(self, contact: Waiting, at: int, move: Move) -> Waiting:
        """Entering a step; a priority point counts as much waiting as the queue's credit."""
        arrived = self._recording.contacts[at].contact
        credit = self._board.queues[contact.queue].times.credit_ms
        first = self._board.queues[arrived.queue].times.credit_ms
        base_ms = arrived.order_ms + arrived.priority * first
        points = contact.priority + move.priority_delta
        return replace(
            contact,
            step=move.step,
            step_ms=self._clock.ms,
            order_ms=base_ms - points * credit,
        )


def _nothing() -> None:
    """Only the time passes."""


def _event_data(contact: Waiting) -> Mapping[str, Any]:
    return {
        **{name: getattr(contact, name) for name in Waiting.__dataclass_fields__},
        "needs": [asdict(need) for need in contact.needs],
        "excluded_agents": list(contact.excluded_agents),
    }
