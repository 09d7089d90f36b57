"""What expressions read of queues, worked out at most once a second for each."""

from collections.abc import Mapping

from switchyard_router.service.board import Board
from switchyard_router.service.doors import Doors
from switchyard_router.service.store_clock import StoreClock

_FRESH_MS = 1_000


class QueueFacts:
    """Values of the facts in `queue.*`; O(contacts waiting + agents) once a second and queue."""

    def __init__(self, board: Board, doors: Doors, clock: StoreClock) -> None:
        self._board = board
        self._doors = doors
        self._clock = clock
        self._known: dict[str, tuple[int, Mapping[str, object]]] = {}

    def of(self, queue_id: str) -> Mapping[str, object]:
        """The facts of a queue, at most a second old."""
        now = self._clock.now_ms()
        made, facts = self._known.get(queue_id, (-_FRESH_MS, {}))
        if not 0 <= now - made < _FRESH_MS:
            facts = self._work_out(queue_id, now)
            self._known[queue_id] = (now, facts)
        return facts

    def _work_out(self, queue_id: str, now: int) -> Mapping[str, object]:
        board = self._board
        line = board.line(queue_id)
        longest = max((now - board.contacts[contact].enqueue_ms for _, contact in line), default=0)
        return {
            "id": queue_id,
            "waiting": len(line),
            "available": board.agents.with_room(queue_id),
            "staffed": board.agents.staffed(queue_id),
            "longest_wait_seconds": max(0, longest) // 1000,
            "open": self._doors.is_open(queue_id, now),
        }
