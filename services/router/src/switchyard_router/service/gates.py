"""Queues that send their waiting contacts on: closed ones, and those that nobody serves."""

from collections.abc import Iterator

from switchyard_router.domain.moves import MoveReason
from switchyard_router.domain.queues import QueueProfile, Target
from switchyard_router.service.board import Board
from switchyard_router.service.doors import Doors

_EMPTY_MS = 2_000
"""A queue is left by its last agent for so long before its contacts go on: a reconnect is short."""


class Gates:
    """Asks every queue that says where contacts go then; O(such queues), and agents of them."""

    def __init__(self, board: Board, doors: Doors) -> None:
        self._board = board
        self._doors = doors
        self._empty_since: dict[str, int] = {}

    def shut(self, now_ms: int) -> Iterator[tuple[str, Target, MoveReason]]:
        """Queues with contacts whose contacts go elsewhere now, where to, and why."""
        for queue_id, queue in list(self._board.queues.items()):
            if not self._board.line(queue_id):
                self._empty_since.pop(queue_id, None)
                continue
            if queue.closed is not None and not self._doors.is_open(queue_id, now_ms):
                yield queue_id, queue.closed, MoveReason.QUEUE_CLOSED
            elif queue.no_agents is not None and self._left_alone(queue, now_ms):
                yield queue_id, queue.no_agents, MoveReason.NO_AGENTS

    def _left_alone(self, queue: QueueProfile, now_ms: int) -> bool:
        if self._board.agents.staffed(queue.id):
            self._empty_since.pop(queue.id, None)
            return False
        return now_ms - self._empty_since.setdefault(queue.id, now_ms) >= _EMPTY_MS
