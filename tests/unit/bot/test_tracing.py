"""The bot counts its spans as all other processes do."""

import logging
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, generate_latest
from switchyard_bot import tracing

pytestmark = pytest.mark.unit

MADE, SENT = "switchyard_trace_spans_total", "switchyard_trace_spans_sent_total"


class Collector(SpanExporter):
    """Takes spans, refuses them, or breaks."""

    def __init__(self) -> None:
        self.says: SpanExportResult | Exception = SpanExportResult.SUCCESS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> CollectorRegistry:
    monkeypatch.setattr(tracing, "_tracer", None)
    monkeypatch.setattr(tracing, "_counts", None)
    registry = CollectorRegistry()
    tracing.TracingMetrics(registry)
    return registry


def test_while_nothing_is_traced_no_spans_are_counted(registry: CollectorRegistry) -> None:
    with tracing.turn({}), tracing.action():
        pass
    assert b"trace_spans" not in generate_latest(registry)


@pytest.mark.parametrize("trouble", [SpanExportResult.FAILURE, OSError("away")])
def test_spans_that_no_collector_takes_are_told_of_once(
    registry: CollectorRegistry,
    caplog: pytest.LogCaptureFixture,
    trouble: SpanExportResult | Exception,
) -> None:
    caplog.set_level(logging.INFO, "switchyard_bot.spans")
    collector = Collector()
    provider = tracing.trace_with(collector)

    def message() -> tuple[float | None, float | None]:
        with tracing.turn({}), tracing.action():
            pass
        provider.force_flush()
        return registry.get_sample_value(MADE), registry.get_sample_value(SENT)

    assert message() == (2, 2)
    collector.says = trouble
    assert [message(), message()] == [(4, 2), (6, 2)]
    collector.says = SpanExportResult.SUCCESS
    assert message() == (8, 4)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "traces_are_lost",
        "traces_arrive_again",
    ]
    provider.shutdown()
