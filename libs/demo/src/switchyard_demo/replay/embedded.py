"""A Valkey and a router of one's own, on free ports: needs nothing running and disturbs nothing."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2
from switchyard_common import die_with_parent
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel

from switchyard_demo.calllog.calls import SHORT_BELOW_SECONDS

ROUTER_MODULE = "switchyard_router"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_ANSWER_SECONDS = 1.0
_LOOK_SECONDS = 0.1
_LAST_WORDS = 5
_PORT_TRIES = 3
_NOBODY = "127.0.0.1:1"
"""No CRM listens there; contacts without a customer do not ask for one."""

type HealthCheck = grpc.aio.UnaryUnaryMultiCallable[
    health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
]


@dataclass(frozen=True, slots=True)
class EmbeddedRouter:
    """Where the router is, and its process."""

    target: str
    metrics_url: str
    pid: int


@asynccontextmanager
async def embedded_router(
    tenant: str, log: Path, speed: float = 1.0
) -> AsyncIterator[EmbeddedRouter]:
    """A router process on an empty Valkey for the length of the block; its log goes to a file.

    `speed`: calls last that many times shorter than they would, and hang-ups too.
    Raises StartError, with the router's last words if it does not come up.
    """
    if find_spec(ROUTER_MODULE) is None:
        raise StartError("the router is not installed here; use a running one with --router")
    log.parent.mkdir(parents=True, exist_ok=True)
    async with EmbeddedValkey() as valkey:
        router, process = await _up(valkey.url, tenant, log, speed)
        try:
            yield router
        finally:
            await _stop(process)


async def _up(
    redis_url: str, tenant: str, log: Path, speed: float
) -> tuple[EmbeddedRouter, asyncio.subprocess.Process]:
    """A router that serves; other ports if somebody else took one before it could."""
    for tries_left in range(_PORT_TRIES - 1, -1, -1):
        port, metrics_port = free_ports(2)
        process = await _start(redis_url, tenant, port, metrics_port, log, speed)
        target = f"127.0.0.1:{port}"
        try:
            await _serving(target, process, log)
        except BaseException as error:
            await _stop(process)
            if tries_left and isinstance(error, _PortTaken):
                continue
            raise
        metrics = f"http://127.0.0.1:{metrics_port}/metrics"
        return EmbeddedRouter(target, metrics, process.pid), process
    raise AssertionError("the last try returns or raises")


class _PortTaken(StartError):
    """Somebody listens where the router was to listen."""


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listened on a moment ago, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


async def _start(
    redis_url: str, tenant: str, port: int, metrics_port: int, log: Path, speed: float
) -> asyncio.subprocess.Process:
    # A running demo's settings are not this router's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")}
    env |= {
        "ROUTER_PORT": str(port),
        "ROUTER_METRICS_PORT": str(metrics_port),
        "ROUTER_HTTP_PORT": "0",
        "ROUTER_REDIS_URL": redis_url,
        "ROUTER_CRM_TARGET": _NOBODY,
        "ROUTER_TENANT": tenant,
        "ROUTER_PSEUDONYM_KEY": secrets.token_hex(16),
        "ROUTER_LOG_LEVEL": "warning",
        "ROUTER_DRAIN_SECONDS": "1",
        "ROUTER_HANG_UP_SECONDS": str(SHORT_BELOW_SECONDS / speed),
    }
    with log.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *die_with_parent.command([sys.executable, "-m", f"{ROUTER_MODULE}.main"]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=env,
            start_new_session=True,  # Ctrl-C is for our process, which then stops this one
        )


async def _serving(target: str, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS), open_channel(target) as channel:
            check = _health_check(channel)
            while not await _is_serving(check):
                if process.returncode is not None:
                    words = _last_words(log)
                    kind = _PortTaken if " in use" in words else StartError
                    raise kind(f"the router ended at once: {words}")
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise StartError(
            f"the router did not serve within {_START_SECONDS:.0f} s: {_last_words(log)}"
        ) from error


def _health_check(channel: grpc.aio.Channel) -> HealthCheck:
    return channel.unary_unary(
        "/grpc.health.v1.Health/Check",  # the stub's methods are not typed
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )


async def _is_serving(check: HealthCheck) -> bool:
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=_ANSWER_SECONDS)
    except grpc.aio.AioRpcError:  # not up yet: what is asked
        return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_WORDS:])
