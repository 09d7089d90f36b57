"""Metrics of a gRPC server's calls; one class that takes a registry, none global."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LATENCY_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_METHOD = ("grpc_service", "grpc_method")


class RpcMetrics:
    """Calls started and handled (by status code), latency, and streams open now.

    Names start with `switchyard_<service>_rpc_`. Latency is measured for calls with one response
    only: a stream lasts as long as its client likes.
    """

    def __init__(self, registry: CollectorRegistry, service: str) -> None:
        prefix = f"switchyard_{service}_rpc"
        self._started = Counter(
            f"{prefix}_started_total", "Calls begun.", _METHOD, registry=registry
        )
        self._handled = Counter(
            f"{prefix}_handled_total",
            "Calls ended, by gRPC status code; aborted, crashed and cancelled ones too.",
            (*_METHOD, "code"),
            registry=registry,
        )
        self._latency = Histogram(
            f"{prefix}_latency_seconds",
            "Time from request to end, of calls with one response.",
            _METHOD,
            registry=registry,
            buckets=_LATENCY_SECONDS,
        )
        self._streams = Gauge(
            f"{prefix}_streams_in_flight", "Streams open now.", _METHOD, registry=registry
        )

    def meter(self, full_method: str, *, streaming: bool, one_response: bool) -> "MethodMeter":
        """The meter of one method, named as on the wire: `/package.Service/Method`."""
        service, _, method = full_method.lstrip("/").rpartition("/")
        labels = (service, method)
        return MethodMeter(
            self._started.labels(*labels),
            self._handled,
            labels,
            self._latency.labels(*labels) if one_response else None,
            self._streams.labels(*labels) if streaming else None,
        )

    def unknown_method(self) -> None:
        """Count a call to a method that does not exist; its name is the client's, so no label."""
        self._started.labels("unknown", "unknown").inc()
        self._handled.labels("unknown", "unknown", "UNIMPLEMENTED").inc()


class MethodMeter:
    """Counts the calls of one method; label look-ups are done once, not per call."""

    __slots__ = ("_by_code", "_handled", "_labels", "_latency", "_started", "_streams")

    def __init__(
        self,
        started: Counter,
        handled: Counter,
        labels: tuple[str, str],
        latency: Histogram | None,
        streams: Gauge | None,
    ) -> None:
        self._started = started
        self._handled = handled
        self._labels = labels
        self._latency = latency
        self._streams = streams
        self._by_code: dict[str, Counter] = {}

    def begin(self) -> None:
        """A call has begun."""
        self._started.inc()
        if self._streams is not None:
            self._streams.inc()

    def end(self, code: str, elapsed_seconds: float) -> None:
        """A call has ended with a gRPC status code (its name)."""
        counter = self._by_code.get(code)
        if counter is None:
            counter = self._by_code[code] = self._handled.labels(*self._labels, code)
        counter.inc()
        if self._latency is not None:
            self._latency.observe(elapsed_seconds)
        if self._streams is not None:
            self._streams.dec()
