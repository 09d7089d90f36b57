"""Traces across processes: OpenTelemetry with W3C trace context, off unless its environment asks.

While off neither tracer nor exporter is imported and no call is wrapped. On, each unary RPC, each
request between our own processes and each turn with the bot is a span; streams are none, they last
for days. A span tells names, ids and outcomes, never what anybody said or who they are.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import grpc

from switchyard_common.settings import BAD_SETTINGS_EXIT_CODE

if TYPE_CHECKING:
    from switchyard_common.spans import Spans

ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_HTTP = "http/protobuf"
_NOTHING: AbstractContextManager[None] = nullcontext()

_spans: "Spans | None" = None

type Headers = tuple[tuple[str, str], ...]
type Call = Callable[[Any, Any], Awaitable[Any]]


class BadTracing(ValueError):
    """The environment asks for traces in a way that there is none of."""


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces, by OpenTelemetry's own names; BadTracing."""
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise BadTracing(f"OTEL_TRACES_EXPORTER={exporter}: there is otlp, and none")
    if exporter == "" and not any(environ.get(name) for name in ASKED_BY):
        return False
    for name in _PROTOCOLS:
        if environ.get(name, _HTTP) != _HTTP:
            raise BadTracing(f"{name}={environ[name]}: there is {_HTTP} alone; leave it out")
    return True


def configure_tracing(service: str, environ: Mapping[str, str] = os.environ) -> None:
    """Begin to trace, if that is asked for; call it from `main`, before any channel is opened.

    A wish that cannot be fulfilled ends the process with exit code 2, as a bad setting does.
    """
    try:
        asked = wanted(environ)
    except BadTracing as error:
        print(f"tracing: {error}", file=sys.stderr)
        raise SystemExit(BAD_SETTINGS_EXIT_CODE) from error
    if asked:
        from switchyard_common.spans import Spans, to_collector  # heavy, and seldom wanted

        trace_with(Spans(service, to_collector()))


def trace_with(spans: "Spans | None") -> None:
    """Trace with these from now on, or not any more."""
    global _spans
    _spans = spans


def active() -> "Spans | None":
    """Where spans go, if anywhere."""
    return _spans


def span(name: str, **ids: str) -> AbstractContextManager[object]:
    """A span of this process for the length of the block, and the parent of what it leads to.

    `ids` become attributes `switchyard.*`: ids of conversations, contacts or calls, and nothing
    that a person said or is known by.
    """
    return _NOTHING if _spans is None else _spans.inner(name, ids)


def continued(name: str, headers: Mapping[str, str], **ids: str) -> AbstractContextManager[object]:
    """As `span`, for a request that somebody's trace may have led to: these are its headers."""
    return _NOTHING if _spans is None else _spans.of_request(name, headers, ids)


def request_span(name: str) -> AbstractContextManager[Headers]:
    """A span for a request to a process of our own; gives the headers that go with it."""
    return nullcontext(()) if _spans is None else _spans.to_server(name)


def traced(full_method: str, call: Call, *, streaming: bool) -> Call:
    """A handler of RPCs with a span for each; the handler itself while nothing is traced."""
    return call if _spans is None or streaming else _spans.serving(full_method, call)


def interceptors() -> Sequence[grpc.aio.ClientInterceptor]:
    """What makes spans of a channel's calls, and hands the trace on with them."""
    return () if _spans is None else (_spans.calling(),)
