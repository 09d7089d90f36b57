"""Metrics of the faces: who is turned away, what HTTP answers, which calls FastAGI holds."""

from prometheus_client import CollectorRegistry, Counter, Gauge
from switchyard_common.door import DoorMetrics

_PREFIX = "switchyard_router"


class FaceMetrics(DoorMetrics):
    """Counts; reasons, statuses and outcomes (few) are labels, callers never are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry, _PREFIX)
        self._http = Counter(
            f"{_PREFIX}_http_responses_total",
            "Answers of the HTTP face, by status.",
            ("status",),
            registry=registry,
        )
        self._agi = Counter(
            f"{_PREFIX}_agi_requests_total",
            "FastAGI requests ended, by script and outcome.",
            ("script", "outcome"),
            registry=registry,
        )
        self._agi_open = Gauge(
            f"{_PREFIX}_agi_connections", "FastAGI connections open now.", registry=registry
        )

    def answered(self, status: int) -> None:
        """HTTP answered."""
        self._http.labels(str(status)).inc()

    def agi_connections(self, change: int) -> None:
        """A FastAGI connection began (1) or ended (-1)."""
        self._agi_open.inc(change)

    def agi_ended(self, script: str, outcome: str) -> None:
        """A FastAGI request ended."""
        self._agi.labels(script, outcome).inc()
