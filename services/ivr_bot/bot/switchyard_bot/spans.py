"""Counts spans as all other processes do; imported only where traces are asked for."""

import logging
from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_LOG = logging.getLogger(__name__)


class Ended(SpanProcessor):
    """How many spans there were to send."""

    def __init__(self) -> None:
        """None yet."""
        self.count = 0

    def on_end(self, span: ReadableSpan) -> None:
        """One more, if it is of a trace that is kept."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.count += 1


class Sent(SpanExporter):
    """Hands spans on, counts those that arrived, and tells once of a collector that is away."""

    def __init__(self, exporter: Any) -> None:
        """To this exporter, in the thread of whoever asks for it."""
        self._exporter = exporter
        self._failing = False
        self.count = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """What the exporter says; a failure if it says nothing."""
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001  # whatever a collector does, messages go on
            _LOG.debug("spans_not_sent: %s", type(error).__name__)
            result = SpanExportResult.FAILURE
        if result is SpanExportResult.SUCCESS:
            self.count += len(spans)
        self._tell(failing=result is not SpanExportResult.SUCCESS)
        return SpanExportResult(result)

    def shutdown(self) -> None:
        """Ends the exporter, too."""
        self._exporter.shutdown()

    def _tell(self, *, failing: bool) -> None:
        if failing and not self._failing:
            _LOG.warning("traces_are_lost: see to the collector; messages go on meanwhile")
        elif self._failing and not failing:
            _LOG.info("traces_arrive_again")
        self._failing = failing
