"""What a process tells of its traces."""

from collections.abc import Iterable
from typing import override

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from switchyard_common import tracing


class TracingMetrics(Collector):
    """Spans that were made and spans that arrived; nothing while nothing is traced."""

    def __init__(self, registry: CollectorRegistry) -> None:
        registry.register(self)

    @override
    def collect(self) -> Iterable[Metric]:
        """What a scrape sees."""
        spans = tracing.active()
        if spans is None:
            return ()
        ended, sent = self.describe()
        ended.add_metric((), spans.ended)
        sent.add_metric((), spans.sent)
        return (ended, sent)

    def describe(self) -> tuple[CounterMetricFamily, CounterMetricFamily]:
        """The names."""
        return (
            CounterMetricFamily(
                "switchyard_trace_spans", "Spans that were to be sent to the collector.", labels=()
            ),
            CounterMetricFamily(
                "switchyard_trace_spans_sent",
                "Spans that the collector took; the rest waits, or is lost.",
                labels=(),
            ),
        )
