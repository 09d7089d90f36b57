"""Works on what several callers ask at the same time in one go. Pure.

The encoder reads 15 MB of weights for one sentence, and the same 15 MB for eight: together they
take about as long as two. Nobody waits for company: what is asked while the event loop was busy
goes together, and somebody who is alone goes at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Together(Generic[Asked, Found]):
    """Collects questions and answers them with one call of ``work``, which keeps their order."""

    def __init__(self, work: Callable[[list[Asked]], Sequence[Found]], most: int) -> None:
        """Takes at most ``most`` at once: the event loop stands still meanwhile."""
        self._work = work
        self._most = most
        self._waiting: deque[tuple[Asked, asyncio.Future[Found]]] = deque()
        self._called = False

    async def ask(self, asked: Asked) -> Found:
        """The answer; raises what ``work`` raises for this question alone."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found] = loop.create_future()
        self._waiting.append((asked, future))
        self._call(loop)
        return await future

    def _call(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._called:
            self._called = True
            loop.call_soon(self._answer, loop)

    def _answer(self, loop: asyncio.AbstractEventLoop) -> None:
        self._called = False
        batch: list[tuple[Asked, asyncio.Future[Found]]] = []
        while self._waiting and len(batch) < self._most:
            asked, future = self._waiting.popleft()
            if not future.done():  # nobody waits for it any more
                batch.append((asked, future))
        if self._waiting:
            self._call(loop)
        if batch:
            self._work_on(batch)

    def _work_on(self, batch: list[tuple[Asked, "asyncio.Future[Found]"]]) -> None:
        try:
            found = self._work([asked for asked, _ in batch])
        except Exception as error:  # noqa: BLE001  # it goes to whoever asked what cannot be answered
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for one in batch:
                self._work_on([one])
            return
        for (_, future), answer in zip(batch, found, strict=True):
            future.set_result(answer)
