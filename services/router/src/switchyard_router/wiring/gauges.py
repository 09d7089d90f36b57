"""Gauges that are read off the board every two seconds, invariants included."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from switchyard_common.errors import DomainError

from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.domain.states import Presence
from switchyard_router.service.auditor import Auditor
from switchyard_router.service.board import Board
from switchyard_router.service.event_lag import EventLag
from switchyard_router.service.projection import Projection
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.wait_estimates import CountStore

_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is looked at, and where it is shown."""

    board: Board
    counts: CountStore
    auditor: Auditor
    clock: StoreClock
    lag: EventLag
    projection: Projection
    metrics: RouterMetrics

    async def run(self) -> None:
        """Refresh them until cancelled."""
        while True:
            self.refresh()
            await self.count()
            await asyncio.sleep(_SECONDS)

    def refresh(self) -> None:
        """Show what the board tells now. Costs O(waiting contacts + agents x queues)."""
        board, metrics, now = self.board, self.metrics, self.clock.now_ms()
        for queue_id in board.queues:
            line = board.line(queue_id)
            waits = [now - board.contacts[contact].enqueue_ms for _, contact in line]
            metrics.queue(queue_id, len(line), max(waits, default=0) / 1000)
        staffed = {queue_id: board.agents.staffed(queue_id) for queue_id in board.queues}
        metrics.queues.show(board.queues, staffed)
        # All of them each time: one that nobody is in any more must show 0.
        presences = Counter(dict.fromkeys((presence.value for presence in Presence), 0))
        agents = zip(board.agents.ids, board.agents.lives, strict=True)
        presences.update(live.presence for agent_id, live in agents if agent_id)
        metrics.agents(dict(presences))
        metrics.store_up(self.projection.caught_up.is_set())
        metrics.event_lag(self.lag.take_seconds())
        self.auditor.sweep()

    async def count(self) -> None:
        """Show what the store has counted: one round trip with a read for each queue.

        A store that is away leaves what was shown before, and holds up the next look by as long as
        a command may take.
        """
        queue_ids = list(self.board.queues)
        if not queue_ids:
            return
        try:
            counts = await self.counts.counts(queue_ids)
        except DomainError:  # `store_up` tells
            return
        self.metrics.queues.counted(dict(zip(queue_ids, counts, strict=True)))
