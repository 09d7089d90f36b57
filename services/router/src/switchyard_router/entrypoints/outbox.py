"""What waits to be sent on one stream: bounded, so that a client that does not read costs nothing but itself."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Protocol

import structlog
from switchyard_common.errors import DomainError, ErrorKind

_MOST_WAITING = 512


class StreamMeter(Protocol):
    """Counts streams."""

    def subscribed(self, kind: str, change: int) -> None:
        """A stream began (1) or ended (-1)."""
        ...

    def slow_consumer(self, kind: str) -> None:
        """A stream was closed because its client did not read."""
        ...


class Outbox[M]:
    """Messages of one stream, in order, and how the stream ends."""

    def __init__(self, kind: str, meter: StreamMeter) -> None:
        self._kind = kind
        self._meter = meter
        self._messages: asyncio.Queue[M | None] = asyncio.Queue()
        self._error: DomainError | None = None
        self._closed = False

    def put(self, message: M) -> None:
        """Queue a message; a stream whose client does not read is closed with SLOW_CONSUMER."""
        if self._closed:
            return
        if self._messages.qsize() >= _MOST_WAITING:
            self._meter.slow_consumer(self._kind)
            self.close(
                DomainError(
                    kind=ErrorKind.EXHAUSTED,
                    reason="SLOW_CONSUMER",
                    message="the client does not read fast enough; connect again, the state comes anew",
                    retry_after_seconds=1.0,
                )
            )
            return
        self._messages.put_nowait(message)

    def close(self, error: DomainError | None = None) -> None:
        """End the stream after what is queued, with an error or without."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._messages.put_nowait(None)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a part of serving the stream beside it; if it fails, the stream ends with its error."""
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

    async def drain(self) -> AsyncIterator[M]:
        """The messages, until the stream is closed; raises the error it was closed with."""
        while (message := await self._messages.get()) is not None:
            yield message
        if self._error is not None:
            raise self._error
