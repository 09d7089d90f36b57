"""Connections to gRPC servers that say or call nothing are closed, and there is a most of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry
from switchyard_common import grpc_server
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import ServiceSettings

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0
SHORT_MS, LONG_MS = 300, 600_000
# RFC 9113, 3.4: what a client begins with, and empty settings.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test shortens is short."""
    monkeypatch.setattr(grpc_server, "_HANDSHAKE_MS", LONG_MS)
    monkeypatch.setattr(grpc_server, "_IDLE_MS", LONG_MS)


@asynccontextmanager
async def serving() -> AsyncGenerator[GrpcServer]:
    settings = ServiceSettings(port=0, metrics_port=0, drain_seconds=0.1)
    async with GrpcServer(settings, [], [], RpcMetrics(CollectorRegistry(), "x")) as server:
        yield server


async def told(server: GrpcServer, begin: bytes) -> bytes:
    """All that the server says to somebody who begins so, until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with closing(writer):
        writer.write(begin)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await reader.read()


async def test_a_connection_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_server, "_HANDSHAKE_MS", SHORT_MS)
    async with serving() as server:
        assert b"handshake timeout" in await told(server, b"")


async def test_a_connection_that_calls_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_server, "_IDLE_MS", SHORT_MS)
    async with serving() as server:
        assert b"connection idle" in await told(server, PREFACE)


async def test_who_calls_now_and_then_notices_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_server, "_IDLE_MS", SHORT_MS)
    async with serving() as server, grpc.aio.insecure_channel(server.target) as channel:
        call: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
        for _ in range(4):
            await call(b"", timeout=PATIENCE_SECONDS)
            await asyncio.sleep(2 * SHORT_MS / 1000)
        await call(b"", timeout=PATIENCE_SECONDS)


async def test_one_connection_too_many_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grpc_server, "_MOST_CONNECTIONS", 1)
    async with serving() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with closing(writer):
            writer.write(PREFACE)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await reader.readexactly(9)  # it is served
            assert await told(server, PREFACE) == b""
            assert not reader.at_eof()
