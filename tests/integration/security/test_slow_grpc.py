"""Clients that open gRPC calls and say nothing are left, and are asked first who they are."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from switchyard_common.grpc_errors import reason_of, retry_after_of
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import ServiceSettings

from tests.fakes.router.server import router

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60.0
CHECK, WATCH = "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"
NOTHING: tuple[bytes, ...] = ()
SECRET = SecretStr("a secret for tests, and for tests only")


@asynccontextmanager
async def silence() -> AsyncGenerator[AsyncIterator[bytes]]:
    """Requests of which none comes for the length of the block."""
    over = asyncio.Event()

    async def none() -> AsyncIterator[bytes]:
        await over.wait()
        for request in NOTHING:
            yield request

    try:
        yield none()
    finally:
        over.set()


@asynccontextmanager
async def impatient(registry: CollectorRegistry) -> AsyncGenerator[grpc.aio.Channel]:
    settings = ServiceSettings(port=0, metrics_port=0, drain_seconds=0.1)
    server = GrpcServer(settings, [], [], RpcMetrics(registry, "x"), request_seconds=0.2)
    async with server, grpc.aio.insecure_channel(server.target) as channel:
        yield channel


def called(channel: grpc.aio.Channel, method: str, requests: AsyncIterator[bytes]) -> Any:
    """A call as bytes, which on the wire may be one of a unary method."""
    untyped: Any = channel
    return untyped.stream_unary(method)(requests)


async def ended(call: Any) -> grpc.aio.AioRpcError:
    """How the server ended a call by itself."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await call
    return caught.value


@pytest.mark.parametrize("method", [CHECK, WATCH])
async def test_a_call_whose_request_never_comes_is_ended(method: str) -> None:
    registry = CollectorRegistry()
    async with impatient(registry) as channel, silence() as nothing:
        error = await ended(called(channel, method, nothing))
    assert (error.code(), reason_of(error)) == (grpc.StatusCode.ABORTED, "REQUEST_LATE")
    labels = {"grpc_service": "grpc.health.v1.Health", "grpc_method": method.rpartition("/")[2]}
    name = "switchyard_x_rpc_handled_total"
    assert registry.get_sample_value(name, {**labels, "code": "ABORTED"}) == 1


async def test_a_call_that_ends_without_a_request_is_malformed() -> None:
    async def none() -> AsyncIterator[bytes]:
        for request in NOTHING:
            yield request

    async with impatient(CollectorRegistry()) as channel:
        error = await ended(called(channel, CHECK, none()))
    assert reason_of(error) == "MALFORMED_REQUEST"


async def test_a_stream_lives_on_longer_than_its_request_may_take() -> None:
    async with impatient(CollectorRegistry()) as channel:
        untyped: Any = channel
        watch = untyped.unary_stream(WATCH)(b"")
        await watch.read()
        async with silence() as nothing:
            await ended(called(channel, CHECK, nothing))  # longer than the patience
        assert not watch.done()
        watch.cancel()


async def test_nobody_waits_for_the_request_of_somebody_unknown(redis_url: str) -> None:
    get = "/switchyard.router.v1.ContactService/GetContact"
    async with (
        router(redis_url, token_secret=SECRET, token_audience="router") as target,
        grpc.aio.insecure_channel(target) as channel,
        silence() as nothing,
    ):
        error = await ended(called(channel, get, nothing))
    assert reason_of(error) == "NO_IDENTITY"


async def test_streams_that_never_say_hello_are_bounded(redis_url: str) -> None:
    attach = "/switchyard.router.v1.ContactService/Attach"
    async with (
        router(redis_url, streams_per_caller=3) as target,
        grpc.aio.insecure_channel(target) as channel,
        AsyncExitStack() as held,
    ):
        ends = []
        for _ in range(4):
            quiet = await held.enter_async_context(silence())
            ends.append(asyncio.ensure_future(ended(called(channel, attach, quiet))))
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        (error,) = {each.result() for each in done}
        assert reason_of(error) == "RATE_LIMITED"
        assert retry_after_of(error) == 5.0
        for each in await asyncio.gather(*set(ends) - done):
            assert "send it first" in (each.details() or "")
