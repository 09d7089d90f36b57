"""Where a new contact goes: its queue, or where that sends contacts while it cannot take them."""

from dataclasses import replace

from switchyard_router.domain.queues import QueueProfile, Target, TargetKind
from switchyard_router.domain.records import NewContact
from switchyard_router.service.board import Board
from switchyard_router.service.doors import Doors
from switchyard_router.service.store_clock import StoreClock

_CLOSED = "QUEUE_CLOSED"


class Reception:
    """Looks at opening hours and staff before a contact is stored. Chains of queues are bounded:
    a contact that comes back to a queue it was sent away from is refused there."""

    def __init__(self, board: Board, doors: Doors, clock: StoreClock) -> None:
        self._board = board
        self._doors = doors
        self._clock = clock

    def knows(self, queue_id: str) -> bool:
        """Whether there is such a queue, as far as this process has heard."""
        return queue_id in self._board.queues

    def receive(self, new: NewContact) -> NewContact:
        """The contact as it is to be stored: in this queue, in another, sent outside or refused.

        Refusing is left to the store, which knows whether it has the contact already.
        """
        been: set[str] = set()
        wanted_ms = max(self._clock.now_ms(), new.not_before_ms)
        while (queue := self._board.queues.get(new.queue)) is not None:
            closed = not self._doors.is_open(queue.id, wanted_ms)
            target = queue.closed if closed else self._deserted(queue)
            if queue.id in been or (closed and target is None):
                return replace(new, refusal=_CLOSED)
            if target is None:
                break
            been.add(queue.id)
            new = sent(new, target, queue)
            if target.kind is not TargetKind.QUEUE:
                break
        return new

    def instead_of_full(self, new: NewContact, been: frozenset[str]) -> NewContact | None:
        """Where a contact goes whose queue is full; None: nowhere. `been`: queues it tried."""
        queue = self._board.queues.get(new.queue)
        if queue is None or queue.full is None:
            return None
        instead = sent(new, queue.full, queue)
        if queue.full.kind is TargetKind.QUEUE:
            instead = self.receive(instead)
        elif queue.full.kind is TargetKind.AGENT:
            return None  # one agent does not make the line shorter
        return None if instead.queue in been and not instead.sent_to else instead

    def _deserted(self, queue: QueueProfile) -> Target | None:
        if queue.no_agents is None or self._board.agents.staffed(queue.id):
            return None
        return queue.no_agents


def sent(new: NewContact, target: Target, queue: QueueProfile) -> NewContact:
    """A contact sent on from a queue before it was stored."""
    if target.kind is TargetKind.QUEUE:
        return replace(new, queue=target.value, plan="")
    if target.kind is TargetKind.AGENT:
        wait_ms = queue.times.max_wait_ms
        return replace(new, preferred_agent=target.value, preferred_wait_ms=wait_ms)
    return replace(new, sent_to=target.value)
