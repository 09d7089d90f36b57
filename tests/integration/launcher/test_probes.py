"""What counts as ready, asked of real servers."""

import asyncio

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from switchyard_common.embedded import EmbeddedValkey
from switchyard_launcher.probes import GrpcProbe, HttpProbe, Probe, ValkeyProbe

from tests.fakes import ports

pytestmark = pytest.mark.integration


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.mark.parametrize("kind", ["http", "grpc", "valkey"])
async def test_who_does_not_answer_is_not_ready(kind: str, free_port: int) -> None:
    probes: dict[str, Probe] = {
        "http": HttpProbe(f"http://127.0.0.1:{free_port}/"),
        "grpc": GrpcProbe(f"127.0.0.1:{free_port}"),
        "valkey": ValkeyProbe("127.0.0.1", free_port),
    }
    assert not await probes[kind].ready()


async def test_a_grpc_server_is_ready_only_while_it_says_that_it_serves() -> None:
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    probe = GrpcProbe(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    await server.start()
    states = health_pb2.HealthCheckResponse
    for state in (states.NOT_SERVING, states.SERVING, states.NOT_SERVING):
        await servicer.set("", state)
        assert await probe.ready() is (state == states.SERVING)
    await server.stop(None)


@pytest.mark.parametrize(("status", "ready"), [(200, True), (409, False), (503, False)])
async def test_an_http_server_is_ready_when_it_says_ok(status: int, ready: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await HttpProbe(f"http://127.0.0.1:{port}/").ready() is ready


async def test_a_valkey_that_answers_is_ready(valkey_server: EmbeddedValkey) -> None:
    assert await ValkeyProbe("127.0.0.1", valkey_server.port).ready()
