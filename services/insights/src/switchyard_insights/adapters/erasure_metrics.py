"""Erasures that others asked for, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class ErasureMetrics:
    """The port ErasureMeter."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._erased = Counter(
            "switchyard_insights_erasures_total",
            "Customers erased from the history because another service asked for it.",
            registry=registry,
        )
        self._waiting = Gauge(
            "switchyard_insights_erasures_waiting",
            "Customers who are to be erased from the history and are not yet.",
            registry=registry,
        )
        self._failures = Counter(
            "switchyard_insights_erasure_failures_total",
            "Times that an erasure could not be done and was put off.",
            registry=registry,
        )

    def erased(self) -> None:
        """As ErasureMeter."""
        self._erased.inc()

    def erasures_waiting(self, count: int) -> None:
        """As ErasureMeter."""
        self._waiting.set(count)

    def erasure_failed(self) -> None:
        """As ErasureMeter."""
        self._failures.inc()
