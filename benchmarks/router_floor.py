"""The floor of the transport on this machine: what a trivial gRPC server in Python does.

Run: `make bench BENCH=router_floor`. Unary echo calls a second, 32 at once, and messages a second
there and back on one bidirectional stream, 64 on the way; client and server are a process each, on
the same event loop as the router. The router's figures are compared with these.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from time import perf_counter, process_time

import grpc
import orjson
import uvloop
from switchyard_common.grpc_channel import open_channel

from benchmarks.load.echo import SERVICE
from benchmarks.load.processes import cpu_seconds
from benchmarks.load.stack import child

SECONDS = 3.0
MESSAGE = bytes(120)
_AT_ONCE = 32
_ON_THE_WAY = 64

type Unary = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]
type Stream = grpc.aio.StreamStreamMultiCallable[bytes, bytes]


def measure(seconds: float = SECONDS) -> dict[str, float]:
    """Calls and messages a second, and what each costs the server in microseconds of CPU."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(seconds))


async def _measure(seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.load.echo"]
    async with child(command, None) as server:
        if server.stdout is None:
            raise RuntimeError("the echo server has no stdout")
        port = int(await server.stdout.readline())
        found: dict[str, float] = {}
        for name, work in (("unary", _unary), ("stream", _stream)):
            before, own, start = cpu_seconds(server.pid), process_time(), perf_counter()
            done = await work(f"127.0.0.1:{port}", seconds)
            took = perf_counter() - start
            found[f"{name}_per_second"] = round(done / took)
            found[f"{name}_server_us"] = round(1e6 * (cpu_seconds(server.pid) - before) / done)
            found[f"{name}_client_us"] = round(1e6 * (process_time() - own) / done)
        return {**found, "load_average": round(os.getloadavg()[0], 2)}


async def _unary(target: str, seconds: float) -> int:
    async with open_channel(target) as channel:
        call: Unary = channel.unary_unary(f"/{SERVICE}/Unary")
        end = perf_counter() + seconds

        async def caller() -> int:
            done = 0
            while perf_counter() < end:
                await call(MESSAGE)
                done += 1
            return done

        return sum(await asyncio.gather(*(caller() for _ in range(_AT_ONCE))))


async def _stream(target: str, seconds: float) -> int:
    room = asyncio.Semaphore(_ON_THE_WAY)
    end = perf_counter() + seconds

    async def messages() -> AsyncIterator[bytes]:
        while perf_counter() < end:
            await room.acquire()
            yield MESSAGE

    done = 0
    async with open_channel(target) as channel:
        stream: Stream = channel.stream_stream(f"/{SERVICE}/Stream")
        async for _ in stream(messages()):
            done += 1
            room.release()
    return done


def main() -> None:
    """Entry point."""
    found = measure()
    for name, value in found.items():
        print(f"{name:<24} {value}")
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
