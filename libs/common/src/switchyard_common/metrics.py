"""Metrics of a gRPC server's calls; one class that takes a registry, none global."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import override

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

_LATENCY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LABELS = ("grpc_service", "grpc_method")


class MethodMeter:
    """Counts the calls of one method: plain numbers, written by the event loop's thread only."""

    __slots__ = ("_buckets", "_handled", "_latency_sum", "_started", "_streaming")

    def __init__(self, *, streaming: bool, one_response: bool) -> None:
        self._started = 0
        self._handled: dict[str, int] = {}
        self._buckets = [0] * (len(_LATENCY_SECONDS) + 1) if one_response else None
        self._latency_sum = 0.0
        self._streaming = streaming

    def begin(self) -> None:
        """A call has begun."""
        self._started += 1

    def end(self, code: str, elapsed_seconds: float) -> None:
        """A call has ended with a gRPC status code (its name)."""
        self._handled[code] = self._handled.get(code, 0) + 1
        if self._buckets is not None:
            self._buckets[bisect_left(_LATENCY_SECONDS, elapsed_seconds)] += 1
            self._latency_sum += elapsed_seconds

    def add_to(self, families: "_Families", labels: tuple[str, str]) -> None:
        """Write the numbers out, for a scrape (from any thread)."""
        handled = dict(self._handled)  # before `started`, so that no call ends before it began
        started = self._started
        families.started.add_metric(labels, started)
        for code, count in handled.items():
            families.handled.add_metric((*labels, code), count)
        if self._streaming:
            families.streams.add_metric(labels, started - sum(handled.values()))
        if self._buckets is not None:
            bounds = (*map(floatToGoString, _LATENCY_SECONDS), "+Inf")
            cumulative = list(zip(bounds, accumulate(self._buckets), strict=True))
            families.latency.add_metric(labels, cumulative, self._latency_sum)


class _Families:
    def __init__(self, prefix: str) -> None:
        self.started = CounterMetricFamily(f"{prefix}_started", "Calls begun.", labels=_LABELS)
        self.handled = CounterMetricFamily(
            f"{prefix}_handled",
            "Calls ended, by gRPC status code; aborted, crashed and cancelled ones too.",
            labels=(*_LABELS, "code"),
        )
        self.latency = HistogramMetricFamily(
            f"{prefix}_latency_seconds",
            "Time from request to end, of calls with one response.",
            labels=_LABELS,
        )
        self.streams = GaugeMetricFamily(
            f"{prefix}_streams_in_flight", "Streams open now.", labels=_LABELS
        )

    def all(self) -> Iterable[Metric]:
        return (self.started, self.handled, self.latency, self.streams)


class RpcMetrics(Collector):
    """Calls started and handled (by status code), latency, and streams open now.

    Names start with `switchyard_<service>_rpc_`. Latency is measured for calls with one response
    only: a stream lasts as long as its client likes. A collector of its own, because counting
    through metric objects (locks, label look-ups, a walk over buckets) costs each call several
    times as much.
    """

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        self._prefix = f"switchyard_{service}_rpc"
        self._meters: dict[tuple[str, str], MethodMeter] = {}
        registry.register(self)

    def meter(self, full_method: str, *, streaming: bool, one_response: bool) -> MethodMeter:
        """The meter of one method, named as on the wire: `/package.Service/Method`."""
        service, _, method = full_method.lstrip("/").rpartition("/")
        fresh = MethodMeter(streaming=streaming, one_response=one_response)
        return self._meters.setdefault((service, method), fresh)

    def unknown_method(self) -> None:
        """Count a call to a method that does not exist; its name is the client's, so no label."""
        meter = self.meter("/unknown/unknown", streaming=False, one_response=False)
        meter.begin()
        meter.end("UNIMPLEMENTED", 0.0)

    @override
    def collect(self) -> Iterable[Metric]:
        """What a scrape sees."""
        families = _Families(self._prefix)
        for labels, meter in list(self._meters.items()):
            meter.add_to(families, labels)
        return families.all()

    def describe(self) -> Iterable[Metric]:
        """The names, so that the registry refuses a second one for the same service."""
        return _Families(self._prefix).all()
