"""Moves waiting contacts through the steps of their plans.

Each replica watches all contacts; the store lets one of them move a contact, and says to the others
that it moved. Contacts whose step ends are found by a heap of due times.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.moves import MoveReason, NotKnownYet, towards
from switchyard_router.domain.queues import Target
from switchyard_router.domain.records import Move, StoredEvent
from switchyard_router.domain.refusals import StepFailed
from switchyard_router.service.board import Board
from switchyard_router.service.departures import Departures
from switchyard_router.service.gates import Gates
from switchyard_router.service.step_judge import Entry, StepJudge, is_there
from switchyard_router.service.store_clock import StoreClock

_AT_ONCE = 50
_RETRY_SECONDS = 0.5
_AGAIN_MS = 2_000
"""A contact whose target is full stays where it is, and is looked at again so much later."""
_LOOK_SECONDS = 1.0
"""How often opening hours and staff are looked at."""
_FRESH_MS = 5_000
"""A step entered so recently may not have been judged yet by whoever is gone."""
_NO_WAY_ON = ("TARGET_UNKNOWN", "TARGET_VISITED", "STEP_FAILED")


class MoveStore(Protocol):
    """Moves waiting contacts."""

    async def move(self, contact_id: str, from_step: int, move: Move) -> str:
        """OK, or why not: CONTACT_OVER, _TAKEN, _MOVED, TARGET_UNKNOWN, _FULL, _VISITED."""
        ...


class StepMeter(Protocol):
    """Counts moves."""

    def moved(self, reason: str) -> None:
        """A contact moved."""
        ...

    def move_refused(self, code: str) -> None:
        """A contact that should have moved did not."""
        ...


class Steps:
    """Follows the board. An event costs O(log n) for n waiting contacts, and so does a due time.

    Memory grows with the waiting contacts. All of them are looked at only after the board was
    loaded and after queues or plans changed.
    """

    def __init__(
        self,
        board: Board,
        store: MoveStore,
        judge: StepJudge,
        departures: Departures,
        gates: Gates,
        clock: StoreClock,
        meter: StepMeter,
    ) -> None:
        self._board = board
        self._store = store
        self._judge = judge
        self._departures = departures
        self._gates = gates
        self._clock = clock
        self._meter = meter
        self._entered: dict[str, Entry] = {}
        self._stuck: dict[str, Entry] = {}
        self._pending: set[str] = set()
        self._armed: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._moves: dict[str, tuple[int, Move]] = {}
        self._loads = -1
        self._changed = asyncio.Event()
        self._log = structlog.stdlib.get_logger()

    def on_event(self, event: StoredEvent) -> None:
        """Look at what an event changed; the board has applied it."""
        if event.type in ("config.plan", "config.queue"):
            self._loads = -1
        elif event.type.startswith("contact."):
            self._look(event.subject)
        else:
            return
        self._changed.set()

    def on_facts(self, contact_ids: Sequence[str]) -> None:
        """Attributes arrived: judge the steps that waited for them."""
        for contact_id in contact_ids:
            if contact_id in self._pending:
                self._look(contact_id)
        self._changed.set()

    async def run(self) -> None:
        """Move contacts until cancelled; a store that is down is tried again."""
        while True:
            try:
                wait_seconds = await self.turn()
            except DomainError as error:
                self._log.warning("steps_paused", reason=error.reason)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            try:
                await asyncio.wait_for(self._changed.wait(), wait_seconds)
            except TimeoutError:
                continue  # a step is over, or it is time to look at the doors

    async def turn(self) -> float:
        """Move who is to move now; returns the seconds until it is worth looking again."""
        self._changed.clear()
        if self._loads != self._board.loads:
            self._look_at_all()
        for queue_id, target, reason in self._gates.shut(self._clock.now_ms()):
            for _, contact_id in self._board.line(queue_id):
                self._send_away(contact_id, target, reason)
        self._take_due()
        await self._make_moves()
        if self._moves:
            return 0.0
        if not self._heap:
            return _LOOK_SECONDS
        return min(_LOOK_SECONDS, max(0.0, (self._heap[0][0] - self._clock.now_ms()) / 1000))

    def _look_at_all(self) -> None:
        self._loads = self._board.loads
        for known in (self._entered, self._stuck, self._armed, self._moves):
            known.clear()
        self._pending.clear()
        self._heap.clear()
        self._departures.clear()
        for contact_id in list(self._board.contacts):
            self._look(contact_id, judged=True)
            self._board.touch(contact_id)  # its plan may admit others now

    def _look(self, contact_id: str, *, judged: bool = False) -> None:
        """See where a contact stands. `judged`: somebody did so unless it came just now."""
        contact = self._board.contacts.get(contact_id)
        self._pending.discard(contact_id)
        if contact is None or contact.state != "QUEUED":
            self._rest(contact_id, over=contact is None)
            return
        entry = self._judge.entry(contact)
        if self._entered.get(contact_id) == entry:
            self._arm_expiry(contact)
            return
        self._moves.pop(contact_id, None)
        if self._stuck.get(contact_id) == entry:
            self._stay(contact, entry)
            return
        try:
            fresh = not judged or self._clock.now_ms() - contact.step_ms < _FRESH_MS
            move = self._judge.on_entering(contact) if fresh else self._judge.away(contact)
        except NotKnownYet:
            self._departures.add(contact_id)
            self._await_facts(contact_id)
            return
        if move is None:
            self._stay(contact, entry)
        else:
            self._leave(contact, move)

    def _await_facts(self, contact_id: str) -> None:
        self._pending.add(contact_id)
        self._arm(contact_id, self._judge.facts_due_ms(contact_id) or self._clock.now_ms())

    def _stay(self, contact: Waiting, entry: Entry) -> None:
        self._departures.discard(contact.id)
        self._entered[contact.id] = entry
        self._arm_expiry(contact)

    def _leave(self, contact: Waiting, move: Move) -> None:
        self._departures.add(contact.id)
        self._moves[contact.id] = (contact.step, move)

    def _rest(self, contact_id: str, *, over: bool) -> None:
        """Somebody is asked, or serves it: nothing ends meanwhile."""
        self._departures.discard(contact_id)
        self._armed.pop(contact_id, None)
        self._moves.pop(contact_id, None)
        if over:
            self._entered.pop(contact_id, None)
            self._stuck.pop(contact_id, None)

    def _arm_expiry(self, contact: Waiting) -> None:
        ends_ms = self._judge.ends_at(contact)
        if ends_ms is None or self._stuck.get(contact.id) == self._entered.get(contact.id):
            self._armed.pop(contact.id, None)
        elif contact.id not in self._moves:
            self._arm(contact.id, ends_ms)

    def _arm(self, contact_id: str, due_ms: int) -> None:
        if self._armed.get(contact_id) == due_ms:
            return
        self._armed[contact_id] = due_ms
        heappush(self._heap, (due_ms, contact_id))
        # What was armed before stays in the heap until it is due; not more of it than of the rest.
        if len(self._heap) > 64 + 2 * len(self._armed):
            self._heap = [(due, contact) for contact, due in self._armed.items()]
            heapify(self._heap)

    def _take_due(self) -> None:
        now = self._clock.now_ms()
        while self._heap and self._heap[0][0] <= now:
            due_ms, contact_id = heappop(self._heap)
            if self._armed.get(contact_id) == due_ms:
                del self._armed[contact_id]
                self._due(contact_id, now)

    def _due(self, contact_id: str, now: int) -> None:
        contact = self._board.contacts.get(contact_id)
        if contact is None or contact.state != "QUEUED" or contact_id in self._moves:
            return
        ends_ms = self._judge.ends_at(contact)
        if contact_id in self._pending or ends_ms is None or ends_ms > now:
            # Its attributes did not come, or a move was refused: judge it again.
            self._entered.pop(contact_id, None)
            self._look(contact_id)
            return
        try:
            move = self._judge.on_expiry(contact)
        except NotKnownYet:
            self._arm(contact_id, max(now + 1, self._judge.facts_due_ms(contact_id) or 0))
            return
        if move is not None:
            self._leave(contact, move)

    def _send_away(self, contact_id: str, target: Target, reason: MoveReason) -> None:
        contact = self._board.contacts.get(contact_id)
        if contact is None or is_there(contact, target) or contact_id in self._moves:
            return
        if self._stuck.get(contact_id) != self._judge.entry(contact):
            self._leave(contact, towards(target, contact.step, reason))

    async def _make_moves(self) -> None:
        batch = list(self._moves.items())[:_AT_ONCE]
        await asyncio.gather(*(self._make(contact_id, *move) for contact_id, move in batch))

    async def _make(self, contact_id: str, from_step: int, move: Move) -> None:
        try:
            code = await self._store.move(contact_id, from_step, self._with_delta(move))
        except StepFailed as error:
            self._log.error("move_failed", contact=contact_id, problem=str(error))
            code = "STEP_FAILED"
        if self._moves.get(contact_id) == (from_step, move):
            del self._moves[contact_id]
        if code == "OK":
            self._meter.moved(move.reason)
            return
        self._meter.move_refused(code)
        if code in _NO_WAY_ON:
            self._remain(contact_id, code)
            return
        if code == "TARGET_FULL":
            self._departures.discard(contact_id)
        # Somebody else was faster, and the event that says so is on its way.
        self._arm(contact_id, self._clock.now_ms() + _AGAIN_MS)

    def _with_delta(self, move: Move) -> Move:
        """Into another queue: with what its plan's first step adds to the priority."""
        if not move.queue:
            return move
        first = self._board.plan_of(move.queue).at(0)
        return replace(move, priority_delta=first.priority_delta)

    def _remain(self, contact_id: str, code: str) -> None:
        """There is no way on: the contact stays in its step, and its agents may answer it."""
        self._log.warning("contact_cannot_move", contact=contact_id, code=code)
        self._departures.discard(contact_id)
        contact = self._board.contacts.get(contact_id)
        if contact is not None:
            self._stuck[contact_id] = self._entered[contact_id] = self._judge.entry(contact)
