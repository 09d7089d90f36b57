"""Gives waiting contacts to agents: who changed is matched anew, and reserved in few steps."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError
from switchyard_common.ids import IdFactory
from switchyard_scoring.decision import Decision

from switchyard_router.domain.records import Reservation, StoredEvent
from switchyard_router.domain.refusals import StepFailed
from switchyard_router.service.board import Board
from switchyard_router.service.deciding import Decider
from switchyard_router.service.matchmaking import Choice, Matchmaker
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.waiting_lines import Line, WaitingLines

_RETRY_SECONDS = 0.5
_LONGEST_SLEEP_SECONDS = 1.0
_SHORTEST_SLEEP_SECONDS = 0.001
_AT_ONCE = 50
"""Reservations in one step of the store, during which it does nothing else."""
_ELSEWHERE = ("CONTACT_TAKEN", "CONTACT_OVER", "CONTACT_MOVED")
"""Nobody here can have such a contact now; what happens to it next comes as an event."""
_BUSY = ("AGENT_NOT_AVAILABLE", "AGENT_FULL")
"""Such an agent takes nobody at the moment."""
_CONFLICT_MS = 50
"""The store knew better: its clock is behind ours, or its events are on the way."""
_BROKEN_MS = 5_000
"""A contact whose reservation breaks must not keep the others from being served."""


class ReservationStore(Protocol):
    """Reserves contacts and agents."""

    async def reserve_many(self, reservations: Sequence[Reservation]) -> list[tuple[str, int]]:
        """Reserve at most 50 in one step, each for itself: ("OK", the agent's new version), or
        the reason why not and 0; STEP_FAILED: a defect."""
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
        """A reservation failed: somebody was faster, or something is broken."""
        ...

    def passed(self, seconds: float, waiting: int) -> None:
        """A pass ended that looked at so many lines of waiting contacts."""
        ...


class Dispatcher:
    """Runs passes over the lines of waiting contacts that something, or time, may have changed."""

    def __init__(
        self,
        board: Board,
        decider: Decider,
        store: ReservationStore,
        decisions: DecisionSink,
        ids: IdFactory,
        clock: StoreClock,
        meter: DispatchMeter,
    ) -> None:
        self._board = board
        self._decider = decider
        self._store = store
        self._decisions = decisions
        self._ids = ids
        self._clock = clock
        self._meter = meter
        self._lines = WaitingLines(board, decider)
        self._matchmaker = Matchmaker(board, decider, ids)
        self._pending: dict[Line, None] = {}
        self._doubted: dict[int, int] = {}
        """Rows of agents whom the store knows better, and until when (ms) they are not asked."""
        self._changed = asyncio.Event()
        self._log = structlog.stdlib.get_logger()

    @property
    def lines(self) -> WaitingLines:
        """Lines of waiting contacts as this follows them."""
        return self._lines

    def wake(self) -> None:
        """Something changed: look again."""
        self._changed.set()

    def on_event(self, event: StoredEvent) -> None:
        """Look again, after the board knows of the event."""
        if event.type == "config.queue":
            self._lines.look_again_queue(event.subject)
        elif event.type == "config.plan":
            self._lines.look_again_all()
        self.wake()

    async def run(self) -> None:
        """Dispatch until cancelled; a store that is down is tried again."""
        while True:
            try:
                next_ms = await self.dispatch()
            except DomainError as error:
                self._log.warning("dispatch_paused", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            try:
                await asyncio.wait_for(self._changed.wait(), self._delay(next_ms))
            except TimeoutError:
                continue  # a hold ended, an agent is no longer spared, the board was read anew

    def _delay(self, next_ms: int | None) -> float:
        """Seconds to sleep at most: a board that is read anew wakes nobody."""
        if next_ms is None:
            return _LONGEST_SLEEP_SECONDS
        seconds = (next_ms - self._clock.now_ms()) / 1000
        return min(_LONGEST_SLEEP_SECONDS, max(_SHORTEST_SLEEP_SECONDS, seconds))

    async def dispatch(self) -> int | None:
        """One pass; returns when (store's ms) time alone may make another contact dispatchable."""
        self._changed.clear()
        started = asyncio.get_running_loop().time()
        looked = 0
        while True:
            now = self._clock.now_ms()
            self._pending.update(dict.fromkeys(self._lines.changed(now)))
            self._pending = {line: None for line in self._pending if line.places}
            if not self._pending:
                break
            looked += len(self._pending)
            await self._round(now)
        if looked:
            self._meter.passed(asyncio.get_running_loop().time() - started, looked)
        return self._lines.next_ms()

    async def _round(self, now: int) -> None:
        """Match the pending lines with free agents once, at most one contact for each agent.

        Lines stay pending until nobody is left to serve them; also while the store is down.
        """
        found = self._matchmaker.choose(self._pending, now, self._doubted_rows(now))
        for line, look_ms in found.closed.items():
            del self._pending[line]
            if look_ms is not None:
                self._lines.look_at(line, look_ms)
        for line in found.broken:
            del self._pending[line]
            self._lines.look_at(line, now + _BROKEN_MS)
            self._meter.conflicted("LINE_BROKEN")
        for start in range(0, len(found.choices), _AT_ONCE):
            await self._reserve(found.choices[start : start + _AT_ONCE], now)

    async def _reserve(self, choices: list[Choice], now: int) -> None:
        """Reserve what still holds: while the store was asked for others, events came."""
        choices = [choice for choice in choices if self._holds(choice)]
        if not choices:
            return
        reservations = [self._matchmaker.reservation(choice) for choice in choices]
        try:
            answers = await self._store.reserve_many(reservations)
        except StepFailed as error:
            self._log.error("reservations_failed", problem=str(error), count=len(choices))
            answers = [("STEP_FAILED", 0)] * len(choices)
        for choice, (code, agent_seq) in zip(choices, answers, strict=True):
            if code == "OK":
                self._reserved(choice, agent_seq)
            else:
                self._meter.conflicted(code)
                self._refused(choice, code, now)

    def _holds(self, choice: Choice) -> bool:
        return self._board.contacts.get(
            choice.contact.id
        ) == choice.contact and self._board.agents.has_room(choice.row, choice.contact.channel)

    def _reserved(self, choice: Choice, agent_seq: int) -> None:
        agent_id = self._board.agents.ids[choice.row]
        decision = self._matchmaker.decision(choice)
        self._board.reserved(choice.contact, agent_id, agent_seq)
        self._decisions.note(decision)
        self._meter.reserved(choice.contact.queue, decision.waited_ms / 1000)

    def _refused(self, choice: Choice, code: str, now: int) -> None:
        """Keep what the store refused from being tried again at once."""
        if code in _ELSEWHERE:
            self._lines.leave_out(choice.contact.id)
        elif code in _BUSY:
            self._doubted[choice.row] = now + _CONFLICT_MS
            self._lines.look_at_agent(choice.row, now + _CONFLICT_MS)
        else:
            rest = _BROKEN_MS if code == "STEP_FAILED" else _CONFLICT_MS
            self._board.set_aside(choice.contact, now + rest)

    def _doubted_rows(self, now: int) -> list[int]:
        self._doubted = {row: until for row, until in self._doubted.items() if until > now}
        return list(self._doubted)
