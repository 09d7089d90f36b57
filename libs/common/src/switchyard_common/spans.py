"""Spans by OpenTelemetry's SDK; imported only where traces are asked for."""

import asyncio
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, override

import grpc
import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from switchyard_common.errors import DomainError
from switchyard_common.grpc_errors import STATUS_CODES
from switchyard_common.tracing import Call, Headers

_W3C = TraceContextTextMapPropagator()
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NAMED = ("contact", "conversation")
"""Collections whose resources a span names."""

# The gRPC codes that are the server's fault, by OpenTelemetry's conventions for RPCs.
_SERVER_FAULTS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)


class Counted(SpanExporter):
    """Hands spans on, and counts those that arrived; a collector that is away is told of once.

    It is called in the processor's own thread: no call ever waits for it.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._log = structlog.stdlib.get_logger()
        self._failing = False
        self.sent = 0

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001  # whatever a collector does, calls go on
            self._log.debug("spans_not_sent", error=type(error).__name__)
            result = SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self.sent += len(spans)
        self._tell(failing=result is not SpanExportResult.SUCCESS)
        return result

    @override
    def shutdown(self) -> None:
        self._exporter.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)

    def _tell(self, *, failing: bool) -> None:
        if failing and not self._failing:
            self._log.warning("traces_are_lost", fix="see to the collector; calls go on meanwhile")
        elif self._failing and not failing:
            self._log.info("traces_arrive_again")
        self._failing = failing


class _Count(SpanProcessor):
    """How many spans there were to send."""

    def __init__(self) -> None:
        self.ended = 0

    @override
    def on_end(self, span: ReadableSpan) -> None:
        if span.context is not None and span.context.trace_flags.sampled:
            self.ended += 1


def to_collector() -> SpanExporter:
    """To the collector that OTEL_EXPORTER_OTLP_* name, by OTLP over HTTP."""
    return OTLPSpanExporter()


class Spans:
    """Makes a process's spans.

    Sampling, batches and the bound of the queue are the SDK's, by its environment variables; a
    queue that is full loses spans, which `ended` and `sent` tell of.
    """

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        # The SDK reads the environment's own name, which this one would replace.
        own = os.environ.get("OTEL_SERVICE_NAME")
        named = {} if own else {SERVICE_NAME: f"switchyard-{service}"}
        self._counted = Counted(exporter)
        self._count = _Count()
        self._provider = TracerProvider(resource=Resource.create(named))
        self._provider.add_span_processor(self._count)
        self._provider.add_span_processor(BatchSpanProcessor(self._counted))
        self._tracer = self._provider.get_tracer("switchyard")

    @property
    def ended(self) -> int:
        """Spans that were to be sent."""
        return self._count.ended

    @property
    def sent(self) -> int:
        """Spans that a collector took."""
        return self._counted.sent

    def flush(self) -> None:
        """Send what there is; returns when it is sent, or was tried."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send what there is and end; the SDK does so at a process's exit by itself."""
        self._provider.shutdown()

    @contextmanager
    def inner(self, name: str, ids: Mapping[str, str]) -> Iterator[None]:
        """See tracing.span."""
        with self._begin(name, SpanKind.INTERNAL, ids):
            yield

    @contextmanager
    def of_request(
        self, name: str, headers: Mapping[str, str], ids: Mapping[str, str]
    ) -> Iterator[None]:
        """See tracing.continued."""
        with self._begin(name, SpanKind.SERVER, ids, _W3C.extract(dict(headers))):
            yield

    @contextmanager
    def to_server(self, name: str) -> Iterator[Headers]:
        """See tracing.request_span."""
        with self._begin(name, SpanKind.CLIENT, {}):
            yield _outgoing()

    def serving(self, full_method: str, call: Call) -> Call:
        """See tracing.traced."""
        name, about = full_method.removeprefix("/"), _about(full_method)

        async def served(request: Any, context: Any) -> Any:
            parent = _W3C.extract(dict(context.invocation_metadata() or ()))
            with self._begin(name, SpanKind.SERVER, {}, parent, about) as span:
                code = grpc.StatusCode.UNKNOWN
                try:
                    response = await call(request, context)
                    code = context.code() or grpc.StatusCode.OK
                    _name(span, response, request)
                    return response
                except DomainError as error:
                    code = STATUS_CODES[error.kind]
                    span.set_attribute("switchyard.reason", error.reason)
                    raise
                except asyncio.CancelledError:
                    code = grpc.StatusCode.CANCELLED
                    raise
                finally:
                    _judge(span, code, failed=code in _SERVER_FAULTS)

        return served

    def calling(self) -> grpc.aio.ClientInterceptor:
        """See tracing.interceptors."""
        return _Calling(self)

    @contextmanager
    def called(self, full_method: str) -> Iterator[tuple[Span, Headers]]:
        """A span for a call to another process, and what goes with the call."""
        name = full_method.removeprefix("/")
        with self._begin(name, SpanKind.CLIENT, {}, about=_about(full_method)) as span:
            yield span, _outgoing()

    @contextmanager
    def _begin(
        self,
        name: str,
        kind: SpanKind,
        ids: Mapping[str, str],
        parent: Context | None = None,
        about: Mapping[str, str] | None = None,
    ) -> Iterator[Span]:
        attributes = {f"switchyard.{key}": value for key, value in ids.items()}
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes={**attributes, **(about or {})},
            # What an exception says may be personal.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                if kind is not SpanKind.SERVER:
                    span.set_status(Status(StatusCode.ERROR))
                raise


class _Calling(grpc.aio.UnaryUnaryClientInterceptor):
    """A span for each unary call; the trace goes with it as metadata."""

    def __init__(self, spans: Spans) -> None:
        self._spans = spans

    @override
    async def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        method = details.method
        full_method = method.decode() if isinstance(method, bytes) else method
        with self._spans.called(full_method) as (span, headers):
            metadata = grpc.aio.Metadata(*(details.metadata or ()))
            for key, value in headers:
                metadata.add(key, value)
            call = await continuation(details._replace(metadata=metadata), request)
            try:
                code = await call.code()
            except asyncio.CancelledError:
                call.cancel()
                _judge(span, grpc.StatusCode.CANCELLED, failed=False)
                raise
            _judge(span, code, failed=code is not grpc.StatusCode.OK)
            return call


def _outgoing() -> Headers:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return tuple(carrier.items())


def _about(full_method: str) -> Mapping[str, str]:
    service, _, method = full_method.removeprefix("/").rpartition("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}


def _judge(span: Span, code: grpc.StatusCode, *, failed: bool) -> None:
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if failed:
        span.set_status(Status(StatusCode.ERROR, code.name))


def _name(span: Span, *messages: object) -> None:
    """The contact and the conversation that a served call was about, by id."""
    for message in messages:
        for field in ("name", *_NAMED):
            value = getattr(message, field, None)
            kind, _, known = value.rpartition("/") if isinstance(value, str) else ("", "", "")
            collection = kind.rpartition("/")[2].removesuffix("s")
            if collection in _NAMED and _ID.fullmatch(known):
                span.set_attribute(f"switchyard.{collection}", known)
