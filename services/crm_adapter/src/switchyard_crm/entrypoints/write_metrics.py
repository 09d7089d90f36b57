"""What the service counts of writes: the outbox, and who may be contacted."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from switchyard_crm.service.outbox import Depth, Outcome


class WriteMetrics:
    """By source, which is the connector's name."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._dispatched = Counter(
            "switchyard_crm_deliveries_total",
            "Tries to deliver writes to CRMs, by how they ended: delivered, retried, dead, dropped "
            "(the customer was erased), lost (the store failed; it is tried again).",
            ("source", "outcome"),
            registry=registry,
        )
        self._pending = Gauge(
            "switchyard_crm_outbox_depth",
            "Writes that wait for a CRM.",
            ("source",),
            registry=registry,
        )
        self._dead = Gauge(
            "switchyard_crm_outbox_dead",
            "Writes that were given up until somebody re-drives them.",
            ("source",),
            registry=registry,
        )
        self._oldest = Gauge(
            "switchyard_crm_outbox_oldest_age_seconds",
            "How long the oldest write has been waiting for a CRM.",
            ("source",),
            registry=registry,
        )
        self._contactable = Counter(
            "switchyard_crm_contactable_total",
            "Answers of CheckContactable: ALLOWED, or the reason why not.",
            ("outcome",),
            registry=registry,
        )

    def dispatched(self, source: str, outcome: Outcome, count: int = 1) -> None:
        """So many dispatches have come to this."""
        self._dispatched.labels(source, outcome).inc(count)

    def depth(self, depth: Depth, oldest_seconds: float) -> None:
        """How much waits for a source, and how long the oldest has."""
        self._pending.labels(depth.source).set(depth.pending)
        self._dead.labels(depth.source).set(depth.dead)
        self._oldest.labels(depth.source).set(oldest_seconds)

    def contactable(self, outcome: str) -> None:
        """Somebody asked whether a customer may be contacted."""
        self._contactable.labels(outcome).inc()
