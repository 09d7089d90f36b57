"""Requests that may be given up at any moment and leave nothing behind.

httpx (0.28, on httpcore 1.0.9) loses a connection, and its place among those allowed, when a task
is cancelled while it opens or gives back one. So every exchange is a task of its own, which is
cancelled only while it sends or waits for the answer, once; whoever asked goes at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum, auto

import httpx

type Read = Callable[[httpx.Response], Awaitable[bytes]]

_SENDING = "send_request_headers.started"


class _Phase(Enum):
    OPENING = auto()
    WAITING = auto()
    CLOSING = auto()


class _Exchange:
    """One request and the reading of its answer."""

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request, read: Read) -> None:
        self._client = client
        self._request = request
        self._read = read
        self._phase = _Phase.OPENING
        self._given_up = False
        self._task: asyncio.Task[tuple[httpx.Response, bytes]] | None = None
        request.extensions = {**request.extensions, "trace": self._traced}

    def start(self) -> asyncio.Task[tuple[httpx.Response, bytes]]:
        """Begin, in a task of its own."""
        self._task = asyncio.create_task(self._run())
        return self._task

    def give_up(self) -> None:
        """Nobody waits any more: end as soon as that leaves nothing behind."""
        self._given_up = True
        if self._phase is _Phase.WAITING and self._task is not None:
            self._task.cancel()

    async def _run(self) -> tuple[httpx.Response, bytes]:
        response = await self._client.send(self._request, stream=True)
        try:
            return response, await self._read(response)
        finally:
            self._phase = _Phase.CLOSING
            await response.aclose()

    async def _traced(self, event: str, _: object) -> None:
        # https://www.encode.io/httpcore/extensions/#trace
        if event.endswith(_SENDING):
            self._phase = _Phase.WAITING
            if self._given_up and self._task is not None:
                self._task.cancel()


class Exchanges:
    """All requests of one client, a bounded number at a time."""

    def __init__(self, client: httpx.AsyncClient, at_once: int) -> None:
        self._client = client
        self._places = asyncio.Semaphore(at_once)
        self._running: set[asyncio.Task[tuple[httpx.Response, bytes]]] = set()

    async def fetch(self, request: httpx.Request, read: Read) -> tuple[httpx.Response, bytes]:
        """The answer and what `read` makes of it. Raises what httpx and `read` raise."""
        await self._places.acquire()
        exchange = _Exchange(self._client, request, read)
        task = exchange.start()
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        finally:
            if not task.done():
                exchange.give_up()

    async def close(self) -> None:
        """End what is under way."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def _ended(self, task: asyncio.Task[tuple[httpx.Response, bytes]]) -> None:
        self._running.discard(task)
        self._places.release()
        if not task.cancelled():
            task.exception()  # of what nobody waits for any more
