"""Whether queues are open."""

from datetime import UTC, datetime
from enum import StrEnum

from switchyard_router.service.board import Board


class Door(StrEnum):
    """Whether a queue takes contacts now."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Doors:
    """Looks up opening hours; a queue without any, or unknown, is always open."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def check(self, queue_id: str, now_ms: int) -> Door:
        """Whether a queue is open at a time of the store's clock."""
        return Door.OPEN if self.is_open(queue_id, now_ms) else Door.CLOSED

    def is_open(self, queue_id: str, now_ms: int) -> bool:
        """Whether a queue is open at a time of the store's clock."""
        queue = self._board.queues.get(queue_id)
        return queue is None or queue.hours is None or queue.hours.is_open(_moment(now_ms))

    def changes_at(self, queue_id: str, now_ms: int) -> int | None:
        """When (ms) a queue opens or closes next; None: it stays as it is."""
        queue = self._board.queues.get(queue_id)
        if queue is None or queue.hours is None:
            return None
        moment = queue.hours.next_change(_moment(now_ms))
        return None if moment is None else int(moment.timestamp() * 1000)

    def opens_at(self, queue_id: str, now_ms: int) -> int | None:
        """When (ms) a closed queue opens next; None: not within 400 days."""
        queue = self._board.queues.get(queue_id)
        if queue is None or queue.hours is None:
            return now_ms
        moment = queue.hours.next_opening(_moment(now_ms))
        return None if moment is None else int(moment.timestamp() * 1000)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
