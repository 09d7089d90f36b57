"""What waits to be sent on one stream: a client that does not read costs nothing but itself."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import structlog
from switchyard_common.errors import DomainError, ErrorKind

_FULL_ENOUGH = 64
MOST_AT_ONCE = 100
_COMPANY_SECONDS = 0.005
CAN_BATCH = "batch"
"""The capability of clients that take several messages in one: a write costs more than they do."""


class StreamMeter(Protocol):
    """Counts streams."""

    def subscribed(self, kind: str, change: int) -> None:
        """A stream began (1) or ended (-1)."""
        ...

    def slow_consumer(self, kind: str) -> None:
        """A stream was closed because its client did not read."""
        ...


class Outbox[M]:
    """Messages of one stream, in order, at most `most` of them, and how the stream ends."""

    def __init__(self, kind: str, most: int, meter: StreamMeter) -> None:
        self._kind = kind
        self._most = most
        self._meter = meter
        self._messages: deque[M] = deque()
        self._news = asyncio.Event()
        self._read = asyncio.Event()
        self._error: DomainError | None = None
        self._closed = False
        self._cut = False
        self._server: asyncio.Task[Any] | None = None

    def put(self, message: M) -> None:
        """Queue a message; a stream whose client does not read is closed with SLOW_CONSUMER."""
        if self._closed:
            return
        if len(self._messages) < self._most:
            self._messages.append(message)
            self._news.set()
            return
        self._meter.slow_consumer(self._kind)
        self.cut(
            DomainError(
                kind=ErrorKind.EXHAUSTED,
                reason="SLOW_CONSUMER",
                message="the client does not read fast enough; connect again, the state comes anew",
                retry_after_seconds=1.0,
            )
        )

    def put_soon(self, message: M) -> None:
        """Queue a message that may wait a moment for company: answers, whose events follow."""
        if self._messages or self._closed:
            self.put(message)
        else:
            self._messages.append(message)
            asyncio.get_running_loop().call_later(_COMPANY_SECONDS, self._news.set)

    async def put_when_read(self, message: M) -> None:
        """Queue a message that can wait until the client has read most of the earlier ones."""
        while len(self._messages) >= _FULL_ENOUGH and not self._closed:
            self._read.clear()
            await self._read.wait()
        self.put(message)

    def close(self, error: DomainError | None = None) -> None:
        """End the stream after what is queued, with an error or without."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._news.set()
            self._read.set()

    def cut(self, error: DomainError) -> None:
        """End the stream now, even while it waits for its client to read."""
        if self._cut:
            return
        self._cut, self._closed, self._error = True, True, error
        self._messages.clear()
        self._news.set()
        self._read.set()
        if self._server is not None:
            self._server.cancel()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Around all that the stream's own task does: a stream that is cut ends with its error."""
        task = self._server = asyncio.current_task()
        try:
            yield
        finally:
            self._server = None
            if self._cut and self._error is not None and task is not None:
                task.uncancel()
                raise self._error

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a part of serving beside the stream, which ends with the error if it fails."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, DomainError):
            self.close(error)
        elif error is not None:
            structlog.stdlib.get_logger().error("stream_failed", kind=self._kind, exc_info=error)
            self.close(
                DomainError(
                    kind=ErrorKind.INTERNAL,
                    reason="INTERNAL",
                    message="the stream failed; connect again",
                )
            )

    async def drain(self) -> AsyncIterator[list[M]]:
        """What is ready, in order, until the stream is closed; raises what it was closed with."""
        while True:
            while self._messages:
                number = min(len(self._messages), MOST_AT_ONCE)
                ready = [self._messages.popleft() for _ in range(number)]
                self._read.set()
                yield ready
            if self._closed:
                break
            self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
