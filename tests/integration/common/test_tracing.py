"""Spans of calls over a real server: whose child each is, what it tells, and what it never does."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard.router.v1 import contact_pb2
from switchyard.router.v1 import contact_service_pb2 as pb
from switchyard.router.v1.contact_service_pb2_grpc import (
    ContactServiceServicer,
    ContactServiceStub,
    add_ContactServiceServicer_to_server,
)
from switchyard_common import tracing
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.grpc_channel import open_channel
from switchyard_common.interceptors import CallInterceptor
from switchyard_common.metrics import RpcMetrics
from switchyard_common.spans import Spans, to_collector
from switchyard_common.tracing_metrics import TracingMetrics

from tests.fakes.collector import collecting

pytestmark = pytest.mark.integration

CALLER = "+8613912345678"
SECRET = "card 4111111111111111"
CONTACT = "tenants/t/contacts/c-1"


class Servicer(ContactServiceServicer):
    """Does what the caller's name of a contact says; a second server may be asked meanwhile."""

    next_hop: Any = None

    async def CreateContact(self, request: Any, context: Any) -> Any:
        if self.next_hop is not None:
            await self.next_hop.GetContact(pb.GetContactRequest(name=CONTACT))
        return contact_pb2.Contact(name=CONTACT, caller=request.contact.caller)

    async def GetContact(self, request: Any, context: Any) -> Any:
        if request.name.endswith("refuse"):
            raise DomainError(kind=ErrorKind.NOT_FOUND, reason="UNKNOWN_CONTACT", message=SECRET)
        if request.name.endswith("crash"):
            raise RuntimeError(SECRET)
        if request.name.endswith("wait"):
            await asyncio.sleep(60)
        return contact_pb2.Contact(name=request.name)

    async def Attach(self, requests: Any, context: Any) -> AsyncIterator[pb.PbxServerMessage]:
        async for _ in requests:
            yield pb.PbxServerMessage()


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[Spans]:
    made = Spans("test", exporter)
    tracing.trace_with(made)
    yield made
    tracing.trace_with(None)
    made.close()


@asynccontextmanager
async def served(servicer: Servicer) -> AsyncIterator[Any]:
    """A stub of a server with it; both traced as they are now."""
    server = grpc.aio.server(interceptors=(CallInterceptor(RpcMetrics(CollectorRegistry(), "t")),))
    add_ContactServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with open_channel(f"127.0.0.1:{port}") as channel:
            yield ContactServiceStub(channel)
    finally:
        await server.stop(None)


def create() -> pb.CreateContactRequest:
    contact = contact_pb2.Contact(caller=CALLER, external_id="x")
    return pb.CreateContactRequest(parent="tenants/t", contact=contact)


def told(spans: Spans, exporter: InMemorySpanExporter) -> tuple[ReadableSpan, ...]:
    spans.flush()
    return exporter.get_finished_spans()


def parent_of(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent is not None else None


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


async def test_one_contacts_trace_goes_through_all_who_were_asked(
    spans: Spans, exporter: InMemorySpanExporter
) -> None:
    first, second = Servicer(), Servicer()
    async with served(second) as of_second, served(first) as of_first:
        first.next_hop = of_second
        with tracing.span("chat.turn", conversation="k-1"):
            await of_first.CreateContact(create())
    made = {(span.name, span.kind.name): span for span in told(spans, exporter)}
    create_name = "switchyard.router.v1.ContactService/CreateContact"
    get_name = "switchyard.router.v1.ContactService/GetContact"
    chain = [
        made["chat.turn", "INTERNAL"],
        made[create_name, "CLIENT"],
        made[create_name, "SERVER"],
        made[get_name, "CLIENT"],
        made[get_name, "SERVER"],
    ]
    assert [parent_of(span) for span in chain] == [None, *map(id_of, chain[:-1])]
    assert len({span.context.trace_id for span in chain if span.context}) == 1
    assert chain[0].attributes == {"switchyard.conversation": "k-1"}
    for server in (chain[2], chain[4]):
        assert dict(server.attributes or {})["switchyard.contact"] == "c-1"


@pytest.mark.parametrize(
    ("wish", "code", "kind", "failed"),
    [
        ("ok", 0, "SERVER", False),
        ("refuse", 5, "SERVER", False),  # the server did its work
        ("refuse", 5, "CLIENT", True),
        ("crash", 2, "SERVER", True),
        ("crash", 13, "CLIENT", True),
        ("wait", 4, "CLIENT", True),
    ],
)
async def test_a_span_tells_how_its_call_ended(
    spans: Spans, exporter: InMemorySpanExporter, wish: str, code: int, kind: str, failed: bool
) -> None:
    async with served(Servicer()) as stub:
        try:
            timeout = 0.2 if wish == "wait" else 60
            await stub.GetContact(pb.GetContactRequest(name=wish), timeout=timeout)
        except grpc.aio.AioRpcError:
            assert wish != "ok"
    (span,) = [span for span in told(spans, exporter) if span.kind.name == kind]
    assert dict(span.attributes or {})["rpc.grpc.status_code"] == code
    assert (span.status.status_code is StatusCode.ERROR) is failed


async def test_a_call_that_its_client_gives_up_reaches_no_end_without_a_span(
    spans: Spans, exporter: InMemorySpanExporter
) -> None:
    async with served(Servicer()) as stub:
        call = asyncio.ensure_future(stub.GetContact(pb.GetContactRequest(name="wait")))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    (client,) = [span for span in told(spans, exporter) if span.kind.name == "CLIENT"]
    assert dict(client.attributes or {})["rpc.grpc.status_code"] == 1


async def test_no_span_holds_what_anybody_said_or_who_they_are(
    spans: Spans, exporter: InMemorySpanExporter
) -> None:
    async with served(Servicer()) as stub:
        await stub.CreateContact(create())
        for wish in ("refuse", "crash", CALLER):
            try:
                await stub.GetContact(pb.GetContactRequest(name=wish))
            except grpc.aio.AioRpcError:
                continue
    text = "".join(span.to_json() for span in told(spans, exporter))
    assert "GetContact" in text
    assert CALLER[1:] not in text
    assert SECRET not in text
    assert not any(span.events for span in told(spans, exporter))


async def test_streams_are_no_spans(spans: Spans, exporter: InMemorySpanExporter) -> None:
    async with served(Servicer()) as stub:
        call = stub.Attach(iter([pb.PbxMessage(seq=1)]))
        assert [message async for message in call] == [pb.PbxServerMessage()]
    assert told(spans, exporter) == ()


class Broken(SpanExporter):
    """A collector that is away, or whose client raises."""

    def __init__(self) -> None:
        self.raises = False
        self.away = True

    def export(self, spans: Any) -> SpanExportResult:
        if self.raises:
            raise OSError(SECRET)
        return SpanExportResult.FAILURE if self.away else SpanExportResult.SUCCESS


async def test_a_dead_collector_costs_no_call_and_is_counted_and_told_once() -> None:
    collector = Broken()
    spans = Spans("test", collector)
    registry = CollectorRegistry()
    tracing.trace_with(spans)
    TracingMetrics(registry)
    try:
        with capture_logs() as logs:
            async with served(Servicer()) as stub:
                for raises in (False, True, False):
                    collector.raises = raises
                    await stub.CreateContact(create())
                    spans.flush()
                assert registry.get_sample_value("switchyard_trace_spans_total") == 6
                assert registry.get_sample_value("switchyard_trace_spans_sent_total") == 0
                collector.away = False
                await stub.CreateContact(create())
                spans.flush()
    finally:
        tracing.trace_with(None)
        spans.close()
    assert (spans.ended, spans.sent) == (8, 2)
    told = [line["event"] for line in logs if line["log_level"] in ("warning", "info")]
    assert told == ["traces_are_lost", "traces_arrive_again"]
    assert SECRET not in str(logs)


def test_spans_reach_a_collector_by_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        spans = Spans("router", to_collector())
        tracing.trace_with(spans)
        try:
            with tracing.span("chat.turn", conversation="k-1"):
                pass
            spans.flush()
        finally:
            tracing.trace_with(None)
            spans.close()
        (span,) = collector.spans
    assert (span.service, span.name) == ("switchyard-router", "chat.turn")
    assert span.attributes == {"switchyard.conversation": "k-1"}


@pytest.mark.parametrize(
    "main",
    ["switchyard_router.main", "switchyard_gateway.main", "switchyard_crm.main"],
)
def test_a_process_that_does_not_trace_loads_neither_tracer_nor_exporter(main: str) -> None:
    """The client of Redis loads OpenTelemetry's meters by itself, where they are installed."""
    asked = (
        f"import sys, {main}; from switchyard_common.tracing import configure_tracing; "
        "configure_tracing('x', {}); "
        "print([name for name in sys.modules if 'opentelemetry.sdk.trace' in name "
        "or 'opentelemetry.exporter' in name])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
