"""A router as a process of its own, for tests that kill it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from switchyard_common.grpc_channel import open_channel

from tests.fakes.ports import free_port

_START_SECONDS = 120


@asynccontextmanager
async def router_process(redis_url: str, **settings: str) -> AsyncGenerator[tuple[str, Process]]:
    """Its address, once it serves, and the process; killed at the end of the block."""
    port = free_port()
    environment = os.environ | {
        "ROUTER_PORT": str(port),
        "ROUTER_METRICS_PORT": str(free_port()),
        "ROUTER_HTTP_PORT": "0",
        "ROUTER_REDIS_URL": redis_url,
        "ROUTER_CRM_TARGET": "127.0.0.1:1",
        "ROUTER_PSEUDONYM_KEY": "a key for tests only",
        "ROUTER_REDIS_TIMEOUT_SECONDS": "60",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "switchyard_router.main", env=environment, stdout=DEVNULL
    )
    target = f"127.0.0.1:{port}"
    try:
        await serving(target)
        yield target, process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def serving(
    target: str, expected: bool = True, within_seconds: float = _START_SECONDS
) -> None:
    """Wait until a router says that it serves, or that it does not."""
    async with asyncio.timeout(within_seconds), open_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while True:
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest())
                if (answer.status == health_pb2.HealthCheckResponse.SERVING) is expected:
                    return
            except grpc.aio.AioRpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
            await asyncio.sleep(0.05)
