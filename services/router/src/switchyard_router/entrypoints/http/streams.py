"""Server streams over HTTP: one JSON document per line (NDJSON), or server-sent events."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson
from google.protobuf.message import Message
from starlette.types import Receive, Scope, Send

from switchyard_router.entrypoints.http.messages import to_json
from switchyard_router.entrypoints.http.problems import Problem, respond

_SILENCE_SECONDS = 0.5
NDJSON = "application/x-ndjson"
SSE = "text/event-stream"

type Write = Callable[[Message], Awaitable[None]]
type Run = Callable[[Write], Awaitable[Problem | None]]


class StreamResponse:
    """Sends what a call writes, as it writes it.

    Each line is `{"result": …}`; a stream that ends with an error ends with `{"error": …}`. One
    that is refused within half a second, before its first message, is an ordinary error answer;
    then the headers go out, so that a client of a silent stream sees that it is open. A client that
    does not read holds the call back; one that goes away cancels it.
    """

    def __init__(self, run: Run, accept: str, answered: Callable[[int], None]) -> None:
        self._run = run
        self._answered = answered
        self._media_type = SSE if SSE in accept else NDJSON
        self._started = False
        self._order = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        serving = asyncio.create_task(self._serve(scope, receive, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def write(message: Message) -> None:
            await self._line(send, {"result": to_json(message)})

        opening = asyncio.create_task(self._open(send))
        try:
            problem = await self._run(write)
        finally:
            opening.cancel()
        if problem is not None and not self._started:
            response = respond(problem)
            self._answered(response.status_code)
            await response(scope, receive, send)
            return
        if problem is not None:
            await self._line(send, {"error": problem})
        async with self._order:
            await self._start(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _open(self, send: Send) -> None:
        await asyncio.sleep(_SILENCE_SECONDS)
        async with self._order:
            await self._start(send)

    async def _line(self, send: Send, document: dict[str, object]) -> None:
        line = orjson.dumps(document)
        body = b"data: %b\n\n" % line if self._media_type == SSE else b"%b\n" % line
        async with self._order:
            await self._start(send)
            await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _start(self, send: Send) -> None:
        if self._started:
            return
        self._started = True
        self._answered(200)
        headers = [
            (b"content-type", self._media_type.encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
