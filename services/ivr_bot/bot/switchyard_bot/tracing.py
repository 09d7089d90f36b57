"""Traces that go through the bot: OpenTelemetry with W3C trace context, where its environment asks.

Rasa's environment has its own release of OpenTelemetry; what asks for traces, and what a span may
tell, is as in all other processes: names and outcomes, nothing that anybody said.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from switchyard_bot.spans import Ended, Sent

_ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HTTP = "http/protobuf"

_tracer: Any | None = None
_counts: "tuple[Ended, Sent] | None" = None


class BadTracing(ValueError):
    """The environment asks for traces in a way that there is none of."""


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces, by OpenTelemetry's own names; BadTracing."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise BadTracing(f"OTEL_TRACES_EXPORTER={exporter}: there is otlp, and none")
    if exporter == "" and not any(environ.get(name) for name in _ASKED_BY):
        return False
    for name in _PROTOCOLS:
        if environ.get(name, _HTTP) != _HTTP:
            raise BadTracing(f"{name}={environ[name]}: there is {_HTTP} alone; leave it out")
    return True


def configure(environ: Mapping[str, str]) -> None:
    """Begin to trace, if that is asked for; BadTracing. Nothing is imported otherwise."""
    if not wanted(environ):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    trace_with(OTLPSpanExporter())


def trace_with(exporter: Any) -> Any:
    """Trace with this exporter from now on; the provider, which may be flushed."""
    global _counts, _tracer
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from switchyard_bot.spans import Ended, Sent

    ended, sent = _counts = Ended(), Sent(exporter)
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: "switchyard-rasa"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(ended)
    provider.add_span_processor(BatchSpanProcessor(sent))
    _tracer = provider.get_tracer("switchyard")
    return provider


class TracingMetrics(Collector):
    """The names are those of all other processes; nothing while nothing is traced."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Registers them; they are read with each scrape."""
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """What a scrape sees."""
        if _counts is None:
            return
        ended, sent = _counts
        yield CounterMetricFamily(
            "switchyard_trace_spans",
            "Spans that were to be sent to the collector.",
            value=ended.count,
        )
        yield CounterMetricFamily(
            "switchyard_trace_spans_sent",
            "Spans that the collector took; the rest waits, or is lost.",
            value=sent.count,
        )


@contextmanager
def turn(headers: Mapping[str, str]) -> Iterator[None]:
    """A message of the gateway or the phone, whose trace goes on with its headers."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    with _span("bot.turn", SpanKind.SERVER, _w3c().extract(dict(headers))):
        yield


@contextmanager
def action() -> Iterator[dict[str, str]]:
    """A call to the action server; gives the headers that go with it."""
    if _tracer is None:
        yield {}
        return
    from opentelemetry.trace import SpanKind

    with _span("actions.call", SpanKind.CLIENT, None):
        headers: dict[str, str] = {}
        _w3c().inject(headers)
        yield headers


@contextmanager
def _span(name: str, kind: Any, parent: Any | None) -> Iterator[None]:
    from opentelemetry.trace import Status, StatusCode

    tracer: Any = _tracer
    begun = tracer.start_as_current_span(
        # What an exception says may be personal.
        name,
        context=parent,
        kind=kind,
        record_exception=False,
        set_status_on_exception=False,
    )
    with begun as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _w3c() -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator()
