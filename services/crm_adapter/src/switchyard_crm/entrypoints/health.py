"""Keeps the health answer true: serving while the store answers, and only then."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from switchyard_common.errors import DomainError

from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.service.bounded import Bounded

type Ping = Callable[[], Awaitable[None]]
type SetServing = Callable[[bool], Awaitable[None]]


class StoreWatch:
    """Pings the store every `interval_seconds` and passes on when its answer changes."""

    def __init__(
        self,
        ping: Ping,
        set_serving: SetServing,
        bounded: Bounded,
        metrics: CrmMetrics,
        interval_seconds: float,
    ) -> None:
        self._ping = ping
        self._set_serving = set_serving
        self._bounded = bounded
        self._metrics = metrics
        self._interval_seconds = interval_seconds
        self._up: bool | None = None
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self) -> None:
        """Never returns."""
        while True:
            await self.check()
            await asyncio.sleep(self._interval_seconds)

    async def check(self) -> None:
        """Ping once."""
        up = await self._answers()
        self._metrics.store(up=up)
        if up is self._up:
            return
        if up:
            self._log.info("store_answers")
        else:
            self._log.error("store_lost", retry_seconds=self._interval_seconds)
        self._up = up
        await self._set_serving(up)

    async def _answers(self) -> bool:
        try:
            await self._bounded.run(_once(self._ping), self._interval_seconds)
        except (DomainError, TimeoutError):
            return False
        return True


async def _once(ping: Ping) -> None:
    await ping()
