"""Remembers answers, so that a message sent twice is handled once. Pure."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

Answer = dict[str, Any]
Key = tuple[str, str]


class AnswerBook:
    """The last answers by (sender, message id); bounded: the oldest are forgotten first."""

    def __init__(self, capacity: int) -> None:
        """Keeps ``capacity`` answers, and more only while they are still being worked on."""
        self._capacity = capacity
        self._answers: OrderedDict[Key, asyncio.Future[Answer]] = OrderedDict()

    async def answer_once(
        self, key: Key, work: Callable[[], Awaitable[Answer]]
    ) -> tuple[Answer, bool]:
        """Returns the answer and whether it is a repetition.

        A repetition that arrives while the first is being worked on waits for the same answer.
        Work that fails is forgotten, so that a retry is worked on anew; its error goes to
        everybody who waits.
        """
        known = self._answers.get(key)
        if known is not None:
            return await asyncio.shield(known), True
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[key] = future
        try:
            answer = await work()
        except BaseException as error:
            del self._answers[key]
            _fail(future, error)
            raise
        future.set_result(answer)
        self._forget_oldest()
        return answer, False

    def _forget_oldest(self) -> None:
        while len(self._answers) > self._capacity:
            key, future = next(iter(self._answers.items()))
            if not future.done():
                return
            del self._answers[key]


def _fail(future: "asyncio.Future[Answer]", error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
        return
    future.set_exception(error)
    future.exception()  # nobody may be waiting; then it is not "never retrieved"
