"""What is counted of the trail of reads and of erasures."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class PrivacyMetrics:
    """Accesses that wait or could not be kept; erasures by source, and those that wait."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._unwritten = Gauge(
            "switchyard_crm_audit_unwritten",
            "Reads of personal data that wait to be written to the trail.",
            registry=registry,
        )
        self._unkept = Counter(
            "switchyard_crm_audit_unkept_total",
            "Reads of personal data that went to the log, since the store did not take them.",
            registry=registry,
        )
        self._erased = Counter(
            "switchyard_crm_erased_records_total",
            "Records erased here, by source and by what is known of their source.",
            ("source", "state"),
            registry=registry,
        )
        self._pending = Gauge(
            "switchyard_crm_erasures_pending",
            "Erasures that CRMs, or the history, have not done yet.",
            registry=registry,
        )

    def unwritten(self, accesses: int) -> None:
        """So many wait to be written."""
        self._unwritten.set(accesses)

    def unkept(self) -> None:
        """One could not be kept in the store, and went to the log instead."""
        self._unkept.inc()

    def erased(self, source: str, state: str) -> None:
        """A record was erased here."""
        self._erased.labels(source, state).inc()

    def pending(self, erasures: int) -> None:
        """So many erasures wait for their sources."""
        self._pending.set(erasures)
