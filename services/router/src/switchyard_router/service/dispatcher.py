"""Gives waiting contacts to agents: eligible agents, best first, one atomic reservation each."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from heapq import merge
from typing import Protocol

import orjson
import structlog
from switchyard_common.errors import DomainError
from switchyard_common.ids import IdFactory

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.decision import Decision
from switchyard_router.domain.policies import DEFAULT_POLICY, POLICIES, Rows, candidates
from switchyard_router.domain.refusals import StepFailed
from switchyard_router.domain.skills import Plan, SkillNeed
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock

_RETRY_SECONDS = 0.5
_SKIPPED = "SKIPPED"
_SETTLED = ("OK", "CONTACT_TAKEN", "CONTACT_OVER")
"""Nobody else can have such a contact now; what happens to it next comes as an event."""
_CONFLICT_MS = 50
"""The store knew better: its clock is behind ours, or its events are on the way."""
_BROKEN_MS = 5_000
"""A contact whose reservation breaks must not keep the others from being served."""
_EVENT_FIELDS = (
    "decision",
    "contact",
    "agent",
    "policy",
    "eligible_count",
    "rejected_counts",
    "step",
)

type _Group = tuple[str, str, str, int, tuple[SkillNeed, ...]]


class ReservationStore(Protocol):
    """Reserves contact and agent in one step."""

    async def reserve(
        self, contact_id: str, agent_id: str, offer_id: str, decision_id: str, decided: bytes
    ) -> tuple[str, int]:
        """("OK", the agent's new version), or the reason why not and 0."""
        ...


class DecisionSink(Protocol):
    """Keeps decisions, without making the dispatcher wait."""

    def note(self, decision: Decision) -> None:
        """Take a decision for storing; never blocks, never raises."""
        ...


class DispatchMeter(Protocol):
    """Counts what the dispatcher does."""

    def reserved(self, queue: str, waited_seconds: float) -> None:
        """A reservation succeeded."""
        ...

    def conflicted(self, code: str) -> None:
        """A reservation failed: somebody was faster."""
        ...

    def passed(self, seconds: float, waiting: int) -> None:
        """A pass over the waiting contacts ended."""
        ...


class Dispatcher:
    """Runs passes over the waiting contacts when something, or time, changed who can be served."""

    def __init__(
        self,
        board: Board,
        store: ReservationStore,
        decisions: DecisionSink,
        ids: IdFactory,
        clock: StoreClock,
        meter: DispatchMeter,
    ) -> None:
        self._board = board
        self._store = store
        self._decisions = decisions
        self._ids = ids
        self._clock = clock
        self._meter = meter
        self._changed = asyncio.Event()
        self._log = structlog.stdlib.get_logger()

    def wake(self) -> None:
        """Something changed: look again."""
        self._changed.set()

    async def run(self) -> None:
        """Dispatch until cancelled; a store that is down is tried again."""
        while True:
            try:
                next_ms = await self.dispatch()
            except DomainError as error:
                self._log.warning("dispatch_paused", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            delay = None if next_ms is None else max(0.001, (next_ms - self._clock.now_ms()) / 1000)
            try:
                await asyncio.wait_for(self._changed.wait(), delay)
            except TimeoutError:
                continue  # a hold ended, a step changed or an agent is no longer spared

    async def dispatch(self) -> int | None:
        """One pass; returns when (store's ms) time alone may make another contact dispatchable."""
        self._changed.clear()
        started = asyncio.get_running_loop().time()
        now = self._clock.now_ms()
        groups: dict[_Group, Rows] = {}
        next_ms: int | None = None
        waiting = 0
        for contact in self._in_order():
            waiting += 1
            later = await self._try(contact, now, groups)
            if later is not None and (next_ms is None or later < next_ms):
                next_ms = later
        self._meter.passed(asyncio.get_running_loop().time() - started, waiting)
        return next_ms

    def _in_order(self) -> Iterator[Waiting]:
        """Queued contacts of all queues with anybody free, by their place."""
        board = self._board
        lines = [list(board.line(queue)) for queue in board.queues if board.line(queue)]
        for _, contact_id in merge(*lines):
            contact = board.contacts.get(contact_id)
            if contact is not None and contact.state == "QUEUED":
                yield contact

    async def _try(self, contact: Waiting, now: int, groups: dict[_Group, Rows]) -> int | None:
        """Offer a contact to the best agent; else when (ms) to look again, if time can help."""
        if contact.hold_until_ms > now:
            return contact.hold_until_ms
        plan = self._board.plan_of(contact.queue)
        waited = (now - contact.enqueue_ms) / 1000
        step = plan.step_at(waited)
        group = (contact.queue, contact.channel, contact.language, step, contact.needs)
        needs = _needs(contact, plan.steps[step].needs)
        rows = groups.get(group)
        if rows is None:
            rows = groups[group] = self._rank(contact, needs)
        times = _later(contact, plan, waited, now)
        for row in rows:
            code = await self._offer(contact, int(row), rows, needs, step, now)
            if code in _SETTLED:
                return None
            if code != _SKIPPED:
                times.append(now + _CONFLICT_MS)
            if code == "CONTACT_HELD":
                break
        return min(times, default=None)

    def _rank(self, contact: Waiting, needs: tuple[SkillNeed, ...]) -> Rows:
        agents = self._board.agents
        queue = self._board.queues[contact.queue]
        eligible = agents.eligible(contact.queue, contact.channel, needs)
        return POLICIES.get(queue.policy, POLICIES[DEFAULT_POLICY])(agents, eligible)

    async def _offer(
        self,
        contact: Waiting,
        row: int,
        rows: Rows,
        needs: tuple[SkillNeed, ...],
        step: int,
        now: int,
    ) -> str:
        agents = self._board.agents
        agent_id = agents.ids[row]
        spared = contact.spared_until_ms.get(agent_id, 0) > now
        if spared or not agents.has_room(row, contact.channel):
            return _SKIPPED
        decision = self._decide(contact, row, rows, needs, step, now)
        try:
            code, agent_seq = await self._store.reserve(
                contact.id, agent_id, self._ids.new(), decision.id, _event_json(decision)
            )
        except StepFailed as error:
            self._log.error("reservation_failed", contact=contact.id, problem=str(error))
            self._meter.conflicted("STEP_FAILED")
            self._board.set_aside(contact, now + _BROKEN_MS)
            return "CONTACT_HELD"
        if code != "OK":
            self._meter.conflicted(code)
            return code
        self._board.reserved(contact, agent_id, agent_seq)
        self._decisions.note(decision)
        self._meter.reserved(contact.queue, decision.waited_ms / 1000)
        return code

    def _decide(
        self,
        contact: Waiting,
        row: int,
        rows: Rows,
        needs: tuple[SkillNeed, ...],
        step: int,
        now: int,
    ) -> Decision:
        agents, queue = self._board.agents, self._board.queues[contact.queue]
        return Decision(
            id=self._ids.new(),
            contact=contact.id,
            agent=agents.ids[row],
            queue=contact.queue,
            policy=queue.policy,
            plan_version=self._board.plan_of(contact.queue).version,
            step=step,
            time_ms=now,
            waited_ms=max(0, now - contact.enqueue_ms),
            eligible_count=len(rows),
            rejected_counts=agents.rejections(contact.queue, contact.channel, needs),
            candidates=candidates(agents, rows, row, now),
        )


def _later(contact: Waiting, plan: Plan, waited_seconds: float, now_ms: int) -> list[int]:
    """When (ms) the plan's step changes, and when agents are no longer spared the contact."""
    times = [until for until in contact.spared_until_ms.values() if until > now_ms]
    change = plan.next_change(waited_seconds)
    if change is not None:
        times.append(contact.enqueue_ms + int(change * 1000) + 1)
    return times


def _needs(contact: Waiting, step_needs: tuple[SkillNeed, ...]) -> tuple[SkillNeed, ...]:
    asked = (need.for_language(contact.language) for need in (*step_needs, *contact.needs))
    return tuple(need for need in asked if need is not None)


def _event_json(decision: Decision) -> bytes:
    data = asdict(decision) | {"decision": decision.id}
    return orjson.dumps({name: data[name] for name in _EVENT_FIELDS})
