"""Figures of queues: what goes on, how well, and how long one would wait."""

from collections.abc import Sequence
from dataclasses import dataclass

from switchyard_router.domain.agents import CHANNELS
from switchyard_router.domain.contacts import Waiting
from switchyard_router.domain.estimate import Estimate
from switchyard_router.domain.records import QueueCounts
from switchyard_router.domain.refusals import refusal
from switchyard_router.domain.states import CONVERSING, ContactState
from switchyard_router.service.board import Board
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.wait_estimates import CountStore, WaitEstimates

SERVICE_LEVEL_FORMULA = "answered within target / (answered + abandoned), v1"
_WAITING = (ContactState.QUEUED, ContactState.OFFERING)


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


@dataclass(slots=True)
class _Present:
    """Live contacts of a queue. `oldest_ms`: when the first of those who wait came."""

    waiting: int = 0
    connected: int = 0
    oldest_ms: int | None = None

    def add(self, contact: Waiting) -> None:
        if contact.state in _WAITING:
            self.waiting += 1
            if self.oldest_ms is None or contact.enqueue_ms < self.oldest_ms:
                self.oldest_ms = contact.enqueue_ms
        elif contact.state in CONVERSING:
            self.connected += 1


class Figures:
    """Computes figures from the board and the store's counters.

    One round over all queues costs O(live contacts), and an estimate for each queue.
    """

    def __init__(
        self, board: Board, store: CountStore, clock: StoreClock, waits: WaitEstimates
    ) -> None:
        self._board = board
        self._store = store
        self._clock = clock
        self._waits = waits

    async def estimate(self, queue_id: str, contact_id: str = "") -> Estimate:
        """The wait of a queued contact, or of one arriving now; QUEUE if there is no such queue."""
        self._must_know(queue_id)
        contact = self._board.contacts.get(contact_id)
        if contact_id and contact is None:
            contact = _gone(contact_id, queue_id)
        if contact is not None:
            return await self._waits.waiting(contact)
        return await self._waits.newcomer(self._newcomer(queue_id))

    def shows(self, contact_id: str) -> bool:
        """Whether the board has the contact; if not, it is over, or only on its way here."""
        return contact_id in self._board.contacts

    async def newcomer(self, contact: Waiting) -> Estimate:
        """The wait of a contact that is nowhere stored; QUEUE if there is no such queue."""
        self._must_know(contact.queue)
        return await self._waits.newcomer(contact)

    async def read(self, queue_ids: Sequence[str]) -> list[QueueFigures]:
        """Figures of queues, in the order asked for; QUEUE if one does not exist."""
        for queue_id in queue_ids:
            self._must_know(queue_id)
        counts = await self._store.counts(queue_ids)
        arrivals = [await self.estimate(queue_id) for queue_id in queue_ids]
        present: dict[str, _Present] = {queue_id: _Present() for queue_id in queue_ids}
        for contact in self._board.contacts.values():
            if contact.queue in present:
                present[contact.queue].add(contact)
        return [
            self._figures(queue_id, present[queue_id], count, arrival)
            for queue_id, count, arrival in zip(queue_ids, counts, arrivals, strict=True)
        ]

    def _must_know(self, queue_id: str) -> None:
        if queue_id not in self._board.queues:
            raise refusal("QUEUE_UNKNOWN")

    def _newcomer(self, queue_id: str) -> Waiting:
        now = self._clock.now_ms()
        channel = self._channel(queue_id)
        delta = self._board.plan_of(queue_id).at(0).priority_delta
        order_ms = now - delta * self._board.queues[queue_id].times.credit_ms
        return Waiting(
            "", ContactState.QUEUED, 0, queue_id, channel, "", order_ms, now, step_ms=now
        )

    def _channel(self, queue_id: str) -> str:
        """The channel of whoever came last, else the first one that an agent of the queue takes."""
        line = self._board.line(queue_id)
        if line:
            return self._board.contacts[line[-1][1]].channel
        agents = self._board.agents
        taken = {
            channel
            for row in agents.serving(queue_id).nonzero()[0].tolist()
            for channel in agents.profiles[row].capacity
        }
        return next((channel for channel in CHANNELS if channel in taken), CHANNELS[0])

    def _figures(
        self, queue_id: str, present: _Present, counts: QueueCounts, arrival: Estimate
    ) -> QueueFigures:
        board, now = self._board, self._clock.now_ms()
        decided = counts.answered + counts.abandoned
        oldest_ms = now if present.oldest_ms is None else present.oldest_ms
        return QueueFigures(
            queue=queue_id,
            waiting=present.waiting,
            longest_wait_seconds=max(0, now - oldest_ms) / 1000,
            staffed=board.agents.staffed(queue_id),
            available=board.agents.with_room(queue_id),
            connected=present.connected,
            service_level=counts.answered_in_target / decided if decided else 0.0,
            answer_seconds=_mean_seconds(counts.answer_wait_ms, counts.answered),
            talk_seconds=_mean_seconds(counts.talk_ms, counts.finished),
            counts=counts,
            new_arrival=arrival,
            as_of_ms=now,
        )


def _mean_seconds(total_ms: int, count: int) -> float:
    return total_ms / count / 1000 if count else 0.0


def _gone(contact_id: str, queue_id: str) -> Waiting:
    """A contact that the board does not show: it is over, or only on its way here."""
    return Waiting(contact_id, "", 0, queue_id, CHANNELS[0], "", 0, 0)
