"""Figures of queues: what goes on, how well, and how long one would wait."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchyard_router.domain.estimate import Estimate, estimate_wait
from switchyard_router.domain.records import QueueCounts, StoredEvent
from switchyard_router.domain.refusals import refusal
from switchyard_router.domain.states import CONVERSING
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock

SERVICE_LEVEL_FORMULA = "answered within target / (answered + abandoned), v1"
_ERROR_WEIGHT = 0.1
_MOST_REMEMBERED = 20_000


class CountStore(Protocol):
    """Counters of queues."""

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        """Counters, in the order asked for."""
        ...


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue now. Times in seconds; shares 0 to 1."""

    queue: str
    waiting: int
    longest_wait_seconds: float
    staffed: int
    available: int
    connected: int
    service_level: float
    answer_seconds: float
    talk_seconds: float
    counts: QueueCounts
    new_arrival: Estimate
    as_of_ms: int


class Figures:
    """Computes figures from the board and the store's counters, and checks its own estimates."""

    def __init__(self, board: Board, store: CountStore, clock: StoreClock) -> None:
        self._board = board
        self._store = store
        self._clock = clock
        self._promised: OrderedDict[str, float] = OrderedDict()
        self._abs_error: dict[str, float] = {}

    def on_event(self, event: StoredEvent) -> None:
        """Compare what was promised with what came true."""
        if event.type != "contact.connected" or event.subject not in self._promised:
            return
        promised = self._promised.pop(event.subject)
        queue = str(event.data["queue"])
        waited = (event.time_ms - int(str(event.data["enqueue_ms"]))) / 1000
        error = abs(waited - promised)
        known = self._abs_error.get(queue, error)
        self._abs_error[queue] = known + _ERROR_WEIGHT * (error - known)

    async def estimate(self, queue_id: str, contact_id: str = "") -> Estimate:
        """The wait of a queued contact, or of one arriving now; QUEUE if there is no such queue."""
        self._must_know(queue_id)
        (counts,) = await self._store.counts((queue_id,))
        estimate = self._estimate(queue_id, contact_id, counts)
        if contact_id and estimate.position and contact_id not in self._promised:
            self._promised[contact_id] = estimate.p50_seconds
            while len(self._promised) > _MOST_REMEMBERED:
                self._promised.popitem(last=False)
        return estimate

    async def read(self, queue_ids: Sequence[str]) -> list[QueueFigures]:
        """Figures of queues, in the order asked for; QUEUE if one does not exist."""
        for queue_id in queue_ids:
            self._must_know(queue_id)
        counts = await self._store.counts(queue_ids)
        return [self._figures(queue, count) for queue, count in zip(queue_ids, counts, strict=True)]

    def _must_know(self, queue_id: str) -> None:
        if queue_id not in self._board.queues:
            raise refusal("QUEUE_UNKNOWN")

    def _estimate(self, queue_id: str, contact_id: str, counts: QueueCounts) -> Estimate:
        board = self._board
        position = board.position(contact_id) if contact_id else len(board.line(queue_id)) + 1
        if not contact_id and position == 1 and board.agents.with_room(queue_id):
            return Estimate(position, 0.0, 0.0, confident=True)
        queue = board.queues.get(queue_id)
        wrap_up = queue.times.wrap_up_ms / 1000 if queue else 0.0
        talk = counts.talk_ms / counts.finished / 1000 if counts.finished else 0.0
        return estimate_wait(
            position=position,
            staffed=board.agents.staffed(queue_id),
            mean_handle_seconds=talk + wrap_up if counts.finished else 0.0,
            finished=counts.finished,
            recent_abs_error_seconds=self._abs_error.get(queue_id, 0.0),
        )

    def _figures(self, queue_id: str, counts: QueueCounts) -> QueueFigures:
        board, now = self._board, self._clock.now_ms()
        mine = [c for c in board.contacts.values() if c.queue == queue_id]
        waits = [now - c.enqueue_ms for c in mine if c.state in ("QUEUED", "OFFERING")]
        decided = counts.answered + counts.abandoned
        return QueueFigures(
            queue=queue_id,
            waiting=len(waits),
            longest_wait_seconds=max(waits, default=0) / 1000,
            staffed=board.agents.staffed(queue_id),
            available=board.agents.with_room(queue_id),
            connected=sum(c.state in CONVERSING for c in mine),
            service_level=counts.answered_in_target / decided if decided else 0.0,
            answer_seconds=counts.answer_wait_ms / counts.answered / 1000
            if counts.answered
            else 0.0,
            talk_seconds=counts.talk_ms / counts.finished / 1000 if counts.finished else 0.0,
            counts=counts,
            new_arrival=self._estimate(queue_id, "", counts),
            as_of_ms=now,
        )
