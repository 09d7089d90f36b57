"""Clients that send a request byte by byte are left, on every HTTP server of ours."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from switchyard_common.http_patience import PatientProtocol
from switchyard_common.http_server import HttpServer as CommonServer
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.settings import ServiceSettings
from switchyard_gateway.entrypoints.http.server import HttpServer as GatewayServer
from switchyard_router.entrypoints.http.server import HttpServer as RouterServer
from websockets.asyncio.client import connect

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0
WHOLE = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi"

type Serving = Callable[[], AbstractAsyncContextManager[int]]


async def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


async def _echo_words(socket: WebSocket) -> None:
    await socket.accept()
    async for word in socket.iter_text():
        await socket.send_text(word)


APP = Starlette(routes=[Route("/", _echo, methods=["POST"]), WebSocketRoute("/words", _echo_words)])


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@asynccontextmanager
async def common() -> AsyncIterator[int]:
    settings = ServiceSettings(port=0, metrics_port=0)
    async with CommonServer(APP, settings, Lifecycle()) as server:
        yield server.port


@asynccontextmanager
async def gateway() -> AsyncIterator[int]:
    listener = _listener()
    async with GatewayServer(APP, listener, None, 1.0):
        yield int(listener.getsockname()[1])


@asynccontextmanager
async def router() -> AsyncIterator[int]:
    listener = _listener()
    async with RouterServer(APP, listener, None, 1.0, anonymous=True):
        yield int(listener.getsockname()[1])


SERVERS = pytest.mark.parametrize("serving", [common, gateway, router])


async def _drip(port: int, start: bytes) -> bytes:
    """What came until the server ended the connection, to a client that goes on and on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    answered = asyncio.create_task(reader.read())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not answered.done():
                writer.write(b"x")
                await asyncio.wait((answered,), timeout=0.05)
            return await answered
    except ConnectionError:
        return b""
    finally:
        answered.cancel()
        writer.close()


@SERVERS
@pytest.mark.parametrize(
    "start",
    [b"POST / HTTP/1.1\r\nx-slow: ", b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\n"],
    ids=["head", "body"],
)
async def test_a_request_that_never_ends_is_left(
    monkeypatch: pytest.MonkeyPatch, serving: Serving, start: bytes
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_seconds", 0.2)
    monkeypatch.setattr(PatientProtocol, "body_seconds", 0.2)
    async with serving() as port:
        assert b" 200 " not in await _drip(port, start)


async def test_a_websocket_outlives_what_a_request_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PatientProtocol, "body_seconds", 0.2)
    async with (
        gateway() as port,
        asyncio.timeout(PATIENCE_SECONDS),
        connect(f"ws://127.0.0.1:{port}/words", proxy=None) as socket,
    ):
        # Left later than the websocket would be.
        await _drip(port, b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\n")
        await socket.send("still here")
        assert await socket.recv() == "still here"


@SERVERS
async def test_a_kept_connection_serves_one_request_after_the_other(
    monkeypatch: pytest.MonkeyPatch, serving: Serving
) -> None:
    monkeypatch.setattr(PatientProtocol, "head_seconds", PATIENCE_SECONDS)
    async with serving() as port, asyncio.timeout(PATIENCE_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(WHOLE)
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(2) == b"hi"
        writer.close()


@SERVERS
async def test_connections_above_the_most_are_ended(
    monkeypatch: pytest.MonkeyPatch, serving: Serving
) -> None:
    monkeypatch.setattr(PatientProtocol, "most_connections", 1)
    async with serving() as port, asyncio.timeout(PATIENCE_SECONDS):
        _, first = await asyncio.open_connection("127.0.0.1", port)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        for writer in (first, second):
            writer.close()
