"""How the CRMs are, for whoever operates the service."""

from prometheus_client import CollectorRegistry, Gauge


class ConnectorMetrics:
    """By source, which is the connector's name in the settings."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge(
            "switchyard_crm_connector_up",
            "1: the CRM worked when it was last asked for its health, 0: it did not.",
            ("source",),
            registry=registry,
        )
        self._skew = Gauge(
            "switchyard_crm_connector_clock_skew_seconds",
            "How much the CRM's clock is ahead of ours.",
            ("source",),
            registry=registry,
        )

    def connector(self, source: str, up: bool) -> None:
        """Whether it worked when it was last asked."""
        self._up.labels(source).set(float(up))

    def clock_skew(self, source: str, seconds: float) -> None:
        """How much its clock is ahead of ours."""
        self._skew.labels(source).set(seconds)
