"""Gauges that are read off the board every two seconds, invariants included."""

import asyncio
from collections import Counter

from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.domain.states import Presence
from switchyard_router.service.auditor import Auditor
from switchyard_router.service.board import Board
from switchyard_router.service.projection import Projection
from switchyard_router.service.store_clock import StoreClock

_SECONDS = 2.0


async def refresh_gauges(
    board: Board,
    auditor: Auditor,
    clock: StoreClock,
    metrics: RouterMetrics,
    projection: Projection,
) -> None:
    """Refresh them until cancelled."""
    while True:
        now = clock.now_ms()
        for queue_id in board.queues:
            line = board.line(queue_id)
            waits = [now - board.contacts[contact].enqueue_ms for _, contact in line]
            metrics.queue(queue_id, len(line), max(waits, default=0) / 1000)
        # All of them each time: one that nobody is in any more must show 0.
        presences = Counter(dict.fromkeys((presence.value for presence in Presence), 0))
        agents = zip(board.agents.ids, board.agents.lives, strict=True)
        presences.update(live.presence for agent_id, live in agents if agent_id)
        metrics.agents(dict(presences))
        metrics.store_up(projection.caught_up.is_set())
        auditor.sweep()
        await asyncio.sleep(_SECONDS)
