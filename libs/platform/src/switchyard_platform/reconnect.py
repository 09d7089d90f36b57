"""Streams that break are opened again, after pauses that grow and differ."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import grpc
import structlog
from switchyard_common.grpc_errors import reason_of

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

# Trying again mends none of these: the request or the set-up is wrong.
_FATAL = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)

_TRY_AGAIN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
    }
)


class Backoff:
    """Pauses between tries: each up to twice as long as the one before, with jitter."""

    def __init__(
        self,
        rng: random.Random,
        first_seconds: float = FIRST_PAUSE_SECONDS,
        most_seconds: float = LONGEST_PAUSE_SECONDS,
    ) -> None:
        self._rng = rng
        self._first_seconds = first_seconds
        self._most_seconds = most_seconds
        self._tries = 0

    def reset(self) -> None:
        """A try succeeded: the next pause is short again."""
        self._tries = 0

    def next_seconds(self) -> float:
        """The next pause: between half of it and all of it, so that clients do not come as one."""
        longest = min(self._most_seconds, self._first_seconds * 2.0**self._tries)
        self._tries += 1
        return longest * self._rng.uniform(0.5, 1.0)


async def keep_connected(connect: Callable[[], Awaitable[None]], backoff: Backoff) -> None:
    """Open a stream again whenever it ends, until cancelled.

    `connect` serves one stream to its end and resets the backoff once the server has answered.
    Raises AioRpcError for refusals that no later try can mend.
    """
    log = structlog.stdlib.get_logger()
    while True:
        try:
            await connect()
            log.info("stream_ended")
        except grpc.aio.AioRpcError as error:
            if error.code() in _FATAL:
                raise
            log.warning("stream_lost", code=error.code().name, reason=reason_of(error))
        await asyncio.sleep(backoff.next_seconds())


async def persist[R](call: Callable[[], Awaitable[R]], rng: random.Random, tries: int) -> R:
    """Make a call that may be repeated until the other side is there.

    Raises AioRpcError after the last try, and at once for what waiting does not mend.
    """
    backoff = Backoff(rng)
    for _ in range(tries - 1):
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.code() not in _TRY_AGAIN:
                raise
        await asyncio.sleep(backoff.next_seconds())
    return await call()
