"""Work that may take only so long, whatever it does when it is told to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Bounded:
    """Runs coroutines with a time limit that holds even when cancelling them takes long.

    A query in a driver's thread, for instance, cannot be cancelled: it is left to end by itself,
    and `close` waits for it.
    """

    def __init__(self) -> None:
        self._tasks = set[asyncio.Task[Any]]()

    async def run[T](self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        """The result of `work`; TimeoutError after `seconds`, then `work` is being cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait((task,), timeout=max(seconds, 0.0))
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            raise TimeoutError
        return task.result()

    async def close(self) -> None:
        """Wait until nothing is left running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: whoever waited has it, or has gone
