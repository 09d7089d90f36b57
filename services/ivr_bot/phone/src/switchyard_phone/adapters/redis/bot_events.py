"""Reports of calls on their way to the store: in order, beside the calls, and not without bound."""

import asyncio
from collections.abc import Callable

import structlog
from switchyard_common.bot_events import Event

from switchyard_phone.adapters.redis.reports import Reports
from switchyard_phone.service.surveys import StoreDown

_MOST_WAITING = 10_000
"""What a hundred calls report in some minutes without a store."""
_PAUSE_SECONDS = 1.0


class QueuedBotEvents:
    """The port BotEvents. `lost` hears of each event that could not be kept or written."""

    def __init__(
        self, reports: Reports, lost: Callable[[], None], most_waiting: int = _MOST_WAITING
    ) -> None:
        self._reports = reports
        self._lost = lost
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(most_waiting)
        self._log = structlog.stdlib.get_logger()

    def add(self, event: Event) -> None:
        """Report it; lost if too much waits already."""
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self._lost()

    async def run(self) -> None:
        """Write what is reported, until cancelled. A store that is away is waited for."""
        while True:
            event = await self._waiting.get()
            await self._write(event)
            self._waiting.task_done()

    async def settle(self, seconds: float) -> None:
        """Give the last ones so long; what then still waits is lost."""
        try:
            async with asyncio.timeout(seconds):
                await self._waiting.join()
        except TimeoutError:
            self._log.warning("bot_events_lost", events=self._waiting.qsize())
            for _ in range(self._waiting.qsize()):
                self._lost()

    async def _write(self, event: Event) -> None:
        told = False
        while True:
            try:
                return await self._reports.write(event)
            except StoreDown:
                if not told:
                    self._log.warning("bot_events_wait", reason="STATE_STORE_DOWN")
                told = True
                await asyncio.sleep(_PAUSE_SECONDS)
