"""How many messages one process has with the bot at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from switchyard_gateway.service.observer import Observer


class Places:
    """`async with` takes one of a bounded number of places, and waits for it.

    Whoever only waits for the bot to come back leaves the place meanwhile (`left`).
    """

    def __init__(self, at_once: int, observer: Observer) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._observer = observer
        self._outside = 0

    async def __aenter__(self) -> Self:
        await self._free.acquire()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._free.release()

    @asynccontextmanager
    async def left(self) -> AsyncGenerator[None]:
        """For who has a place: others may use it while the block lasts."""
        self._free.release()
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)
            await self._free.acquire()

    def _count(self, change: int) -> None:
        self._outside += change
        self._observer.waiting_for_bot(self._outside)
