"""What a process would export after something rare, without the process.

Its own metrics classes, on a `/metrics` of their own; what they count happens on and on.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer

from deploy.monitoring.inventory import PROCESSES

_SECONDS = 0.2
# What queries pick out; any other label says that the event is made up.
_VALUES = {"outcome": "done", "reason": "busy", "role": "serving"}


@asynccontextmanager
async def metering(
    processes: Iterable[str], port: int, *, whole: bool = True
) -> AsyncIterator[None]:
    """Serves the metrics of processes on a port for the length of the block.

    Not `whole`: invariants and other figures without labels stay as they begin.
    """
    registry = CollectorRegistry()
    made = [make(registry) for process in processes for make in PROCESSES[process]]
    calls = [each for each in made if isinstance(each, RpcMetrics)]
    async with MetricsServer(registry, "127.0.0.1", port):
        telling = asyncio.create_task(_tell(registry, calls, whole))
        try:
            yield
        finally:
            telling.cancel()
            await asyncio.wait((telling,))


async def _tell(registry: CollectorRegistry, calls: list[RpcMetrics], whole: bool) -> None:
    while True:
        for collector in list(registry._collector_to_names):
            if isinstance(collector, Counter | Gauge | Histogram):
                _happen(collector, collector._labelnames, whole)
        for number, metrics in enumerate(calls):
            meter = metrics.meter(f"/made.up{number}/Call", streaming=False, one_response=True)
            meter.begin()
            meter.end("INTERNAL", 0.1)
        await asyncio.sleep(_SECONDS)


def _happen(metric: Any, labels: tuple[str, ...], whole: bool) -> None:
    """Let what a metric counts happen once."""
    if not labels and not whole:
        return
    child = (
        metric.labels(*(_VALUES.get(label, "made up") for label in labels)) if labels else metric
    )
    if isinstance(metric, Histogram):
        child.observe(0.1)
    elif isinstance(metric, Counter):
        child.inc()
    elif labels:
        child.set(1)
