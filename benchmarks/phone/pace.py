"""Work at a steady pace."""

import asyncio
from collections.abc import Callable

_MOST_BEHIND = 25


class Ticker:
    """Calls something every so many seconds; late beats are made up for, half a second at most."""

    def __init__(self, seconds: float, work: Callable[[], None]) -> None:
        self._seconds = seconds
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; raises what the work raised."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            if not self._task.cancelled() and (error := self._task.exception()) is not None:
                raise error

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self._seconds, loop.time() - _MOST_BEHIND * self._seconds)
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._work()
