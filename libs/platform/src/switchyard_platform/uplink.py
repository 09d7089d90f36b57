"""What goes up one stream: messages in their order, and heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Uplink[M]:
    """The way up of one stream. Closing it tells the server that nothing more comes."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[M | None] = asyncio.Queue()

    def send(self, message: M) -> None:
        """Send it after those before it."""
        self._queue.put_nowait(message)

    def close(self) -> None:
        """Send no more; repeated closing changes nothing."""
        self._queue.put_nowait(None)

    async def messages(self) -> AsyncIterator[M]:
        """What is sent, for the call."""
        while (message := await self._queue.get()) is not None:
            yield message


@asynccontextmanager
async def beating(interval_seconds: float, beat: Callable[[], None]) -> AsyncIterator[None]:
    """Calls `beat` at this interval for the length of the block."""

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(interval_seconds)
            beat()

    task = asyncio.create_task(again_and_again())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))
