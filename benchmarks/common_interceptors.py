"""What the call interceptor costs per unary call: the same echo, bare and intercepted, in one run.

Run: `python benchmarks/common_interceptors.py [calls per batch] [batches]`. Batches alternate
between the two servers, so that a noisy machine disturbs both alike; the extra cost is the median
of the pairs' differences.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import grpc
from prometheus_client import CollectorRegistry
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics

_METHOD = "/benchmark.Echo/Echo"
_METADATA = (("x-request-id", "benchmark"),)


class Cost(NamedTuple):
    """Microseconds per call, client and server together: elapsed, and of processor time."""

    wall: float
    cpu: float


async def _echo(request: bytes, _context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    return request


@asynccontextmanager
async def _echo_client(
    interceptors: tuple[grpc.aio.ServerInterceptor, ...],
) -> AsyncIterator[grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]]:
    server = grpc.aio.server(interceptors=interceptors)
    handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        "Echo": grpc.unary_unary_rpc_method_handler(_echo)
    }
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("benchmark.Echo", handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel.unary_unary(_METHOD)
    await server.stop(None)


async def _batch(call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes], calls: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        await call(b"x" * 100, metadata=_METADATA)
    return Cost(
        wall=(time.perf_counter() - wall) / calls * 1e6,
        cpu=(time.process_time() - cpu) / calls * 1e6,
    )


async def _measure(calls: int, batches: int) -> None:
    intercept = CallInterceptor(RpcMetrics(CollectorRegistry(), "benchmark"))
    pairs: list[tuple[Cost, Cost]] = []
    async with _echo_client(()) as bare, _echo_client((intercept,)) as intercepted:
        for _ in range(batches + 1):
            pairs.append((await _batch(bare, calls), await _batch(intercepted, calls)))
    print(f"{batches} pairs of batches of {calls} unary calls; microseconds per call, medians")
    for label in Cost._fields:
        without, with_it = (
            [getattr(pair[side], label) for pair in pairs[1:]]  # the first pair warms up
            for side in (0, 1)
        )
        extra = statistics.median(b - a for a, b in zip(without, with_it, strict=True))
        base = statistics.median(without)
        print(f"{label:>5}: bare {base:7.1f}   extra {extra:6.1f}   ratio {1 + extra / base:.3f}")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:3]]
    asyncio.run(_measure(*(arguments or (500, 20))))
