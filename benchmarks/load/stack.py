"""Valkey, routers and a load generator as processes of their own, for the length of a block."""

import asyncio
import os
import secrets
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import orjson
from grpc_health.v1 import health_pb2
from switchyard_common import die_with_parent
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_demo.replay.embedded import free_ports
from switchyard_router.settings import RouterSettings

from benchmarks.load import wire
from benchmarks.load.processes import memory_mb

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_LAST_WORDS = 8
_NOBODY = "127.0.0.1:1"


@dataclass(frozen=True, slots=True)
class RouterProcess:
    """One replica."""

    target: str
    metrics_url: str
    pid: int

    def metrics(self) -> dict[str, float]:
        """Its metrics by name with labels, as they stand."""
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


class Generator:
    """The generator's process, told what to do over its stdin."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def do(self, name: str, **details: object) -> dict[str, object]:
        """One command and its answer. Raises RuntimeError if it failed or the process ended."""
        if self._process.stdin is None:
            raise RuntimeError("the generator has no stdin")
        self._process.stdin.write(orjson.dumps({"do": name, **details}) + b"\n")
        return await self.answer()

    async def answer(self) -> dict[str, object]:
        """The next answer."""
        if self._process.stdout is None or not (line := await self._process.stdout.readline()):
            raise RuntimeError("the load generator has ended")
        answer: dict[str, object] = orjson.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the load generator failed: {answer['error']}")
        return answer


@dataclass(frozen=True, slots=True)
class Stack:
    """What is running."""

    routers: list[RouterProcess]
    generator: Generator
    valkey_pid: int
    store_url: str

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of the first router and of Valkey."""
        return {
            "router": round(memory_mb(self.routers[0].pid), 1),
            "valkey": round(memory_mb(self.valkey_pid), 1),
        }


@asynccontextmanager
async def stack(
    replicas: int = 1, agents: int = 0, profile: Path | None = None
) -> AsyncIterator[Stack]:
    """Routers on an empty Valkey, and a generator with so many agents signed in.

    With `profile`, the first router runs under cProfile, which makes it about twice as slow, and
    leaves its profile there. Raises StartError, with last words, for what does not come up.
    """
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        valkey = await parts.enter_async_context(EmbeddedValkey())
        routers = [
            await parts.enter_async_context(
                _router(valkey.url, folder / f"router-{number}.log", None if number else profile)
            )
            for number in range(replicas)
        ]
        pids = {"router": [router.pid for router in routers], "valkey": [valkey.pid]}
        targets = [router.target for router in routers]
        generator = await parts.enter_async_context(_generator(targets, pids))
        if agents:
            await generator.do("sign_in", agents=agents)
        yield Stack(routers, generator, valkey.pid, valkey.url)


@asynccontextmanager
async def _router(redis_url: str, log: Path, profile: Path | None) -> AsyncIterator[RouterProcess]:
    fields = [name for name in RouterSettings.model_fields if name.endswith("port")]
    ports = dict(zip(fields, free_ports(len(fields)), strict=True))
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTER_")}
    env |= {RouterSettings.env_name(name): str(port) for name, port in ports.items()}
    env |= {
        "ROUTER_REDIS_URL": redis_url,
        "ROUTER_CRM_TARGET": _NOBODY,
        "ROUTER_TENANT": wire.TENANT,
        "ROUTER_PSEUDONYM_KEY": secrets.token_hex(16),
        "ROUTER_LOG_LEVEL": "warning",
        "ROUTER_DRAIN_SECONDS": "1",
        # One generator stands for all callers there are.
        "ROUTER_STREAMS_PER_CALLER": "100000",
        "ROUTER_STREAMS": "100000",
        "ROUTER_CALLS_PER_SECOND": "1000000",
        "ROUTER_CALL_BURST": "1000000",
    }
    profiled = ["-m", "cProfile", "-o", str(profile)] if profile else []
    command = [sys.executable, *profiled, "-m", "switchyard_router.main"]
    async with child(command, log, env=env) as process:
        target = f"127.0.0.1:{ports['port']}"
        await _serving(target, process, log)
        url = f"http://127.0.0.1:{ports['metrics_port']}/metrics"
        yield RouterProcess(target, url, process.pid)


@asynccontextmanager
async def _generator(targets: list[str], pids: dict[str, list[int]]) -> AsyncIterator[Generator]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.load.generator",
        "--pids",
        orjson.dumps(pids).decode(),
    ]
    command += [part for target in targets for part in ("--target", target)]
    async with child(command, None) as process:
        generator = Generator(process)
        await generator.answer()
        yield generator


@asynccontextmanager
async def child(
    command: list[str], log: Path | None, env: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A child that ends with the block; its output goes to a log, or its stdio is piped."""
    pipe = asyncio.subprocess.PIPE
    with (log or Path(os.devnull)).open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *die_with_parent.command(command),
            stdin=asyncio.subprocess.DEVNULL if log else pipe,
            stdout=output if log else pipe,
            stderr=asyncio.subprocess.STDOUT if log else None,
            env=env,
            start_new_session=True,  # Ctrl-C is for our process, which then stops this one
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _serving(target: str, process: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(_START_SECONDS), open_channel(target) as channel:
            while not await _is_serving(channel):
                if process.returncode is not None:
                    raise StartError(f"the router ended at once: {_last_words(log)}")
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError as error:
        raise StartError(f"the router does not serve: {_last_words(log)}") from error


async def _is_serving(channel: grpc.aio.Channel) -> bool:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    try:
        answer = await check(health_pb2.HealthCheckRequest(), timeout=1.0)
    except grpc.aio.AioRpcError:  # not up yet: what is asked
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_WORDS:])
