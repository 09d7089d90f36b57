"""What housekeeping has done, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

_JOBS = ("prune", "export")


class HousekeepingMetrics:
    """The port HousekeepingMeter."""

    def __init__(self, registry: CollectorRegistry, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._rows = Counter(
            "switchyard_insights_pruned_rows_total",
            "Rows deleted because of their age.",
            registry=registry,
        )
        self._hours = Counter(
            "switchyard_insights_exported_hours_total",
            "Hours of a table written as Parquet.",
            registry=registry,
        )
        self._failures = Counter(
            "switchyard_insights_housekeeping_failures_total",
            "Times that a job of housekeeping failed, to be tried again.",
            ["task"],
            registry=registry,
        )
        self._succeeded = Gauge(
            "switchyard_insights_housekeeping_last_success_timestamp_seconds",
            "When a job of housekeeping last succeeded, by Unix time; 0: not since the start.",
            ["task"],
            registry=registry,
        )
        for job in _JOBS:
            self._failures.labels(job)
            self._succeeded.labels(job)

    def done(self, job: str, count: int) -> None:
        """A job was done; `count` of rows deleted or hours written."""
        (self._rows if job == "prune" else self._hours).inc(count)
        self._succeeded.labels(job).set(self._now_ms() / 1000)

    def failed(self, job: str) -> None:
        """A job failed; it is tried again."""
        self._failures.labels(job).inc()
