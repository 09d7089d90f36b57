"""What a unary call costs bare, with the call interceptor, and traced too: one echo, in one run.

Run: `python benchmarks/common_interceptors.py [calls per batch] [batches]`. Batches alternate
between the servers, so that a noisy machine disturbs all alike; the extra cost is the median
of the pairs' differences. Traced, a call is two spans, of client and server, which are written as
they would be sent, and then dropped.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple, override

import grpc
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry
from switchyard_common import tracing
from switchyard_common.grpc_patience import REQUEST_SECONDS
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics
from switchyard_common.spans import Spans

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
    asked = tracing.interceptors()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=asked) as channel:
        call = channel.unary_unary(_METHOD)
        await call(b"")  # a handler is wrapped with its first call
        yield call
    await server.stop(None)


async def _batch(call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes], calls: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(calls):
        await call(b"x" * 100, metadata=_METADATA)
    return Cost(
        wall=(time.perf_counter() - wall) / calls * 1e6,
        cpu=(time.process_time() - cpu) / calls * 1e6,
    )


class _Writing(SpanExporter):
    """Writes spans as OTLP has them, and drops them."""

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


def _interceptor() -> tuple[grpc.aio.ServerInterceptor, ...]:
    """As servers have it: the request is read here, within its time."""
    metrics = RpcMetrics(CollectorRegistry(), "benchmark")
    return (CallInterceptor(metrics, patience_seconds=REQUEST_SECONDS),)


async def _measure(calls: int, batches: int) -> None:
    spans = Spans("benchmark", _Writing())
    rounds: list[tuple[Cost, ...]] = []
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(_echo_client(()))
        intercepted = await stack.enter_async_context(_echo_client(_interceptor()))
        tracing.trace_with(spans)
        traced = await stack.enter_async_context(_echo_client(_interceptor()))
        tracing.trace_with(None)
        for _ in range(batches + 1):
            rounds.append(
                (
                    await _batch(bare, calls),
                    await _batch(intercepted, calls),
                    await _batch(traced, calls),
                )
            )
    spans.close()
    print(f"{batches} rounds of batches of {calls} unary calls; microseconds per call, medians")
    for before, after, what in ((0, 1, "interceptor over bare"), (1, 2, "traced over interceptor")):
        for label in Cost._fields:
            _tell(f"{what}, {label}", [(r[before], r[after]) for r in rounds[1:]], label)


def _tell(what: str, pairs: list[tuple[Cost, Cost]], label: str) -> None:
    values = [(getattr(without, label), getattr(with_it, label)) for without, with_it in pairs]
    extra = statistics.median(after - before for before, after in values)
    base = statistics.median(before for before, _ in values)
    print(f"{what:>30}: {base:7.1f}   extra {extra:6.1f}   ratio {1 + extra / base:.3f}")


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:3]]
    asyncio.run(_measure(*(arguments or (500, 20))))
