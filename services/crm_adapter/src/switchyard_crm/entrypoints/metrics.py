"""What the service counts, beside its gRPC calls."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)


class CrmMetrics:
    """Lookups by outcome, time of contexts, how sources answer, and whether the store does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lookups = Counter(
            "switchyard_crm_lookups_total",
            "Look-ups of customers and orders, by RPC and outcome.",
            ("rpc", "outcome"),
            registry=registry,
        )
        self._context = Histogram(
            "switchyard_crm_context_latency_seconds",
            "Time from a context being asked for to its answer.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._partial = Counter(
            "switchyard_crm_context_partial_total",
            "Contexts in which a source or section was missing.",
            registry=registry,
        )
        self._sources = Counter(
            "switchyard_crm_source_answers_total",
            "How sources answered.",
            ("source", "status"),
            registry=registry,
        )
        self._source_seconds = Histogram(
            "switchyard_crm_source_latency_seconds",
            "Time a source took, or was given.",
            ("source",),
            registry=registry,
            buckets=_SECONDS,
        )
        self._interactions = Counter(
            "switchyard_crm_interactions_total",
            "Interactions logged, and repeats of requests that were logged before.",
            ("outcome",),
            registry=registry,
        )
        self._store_up = Gauge(
            "switchyard_crm_store_up", "1 while the store answers, else 0.", registry=registry
        )

    def lookup(self, rpc: str, outcome: str) -> None:
        """A look-up has ended."""
        self._lookups.labels(rpc, outcome).inc()

    def context(self, elapsed_seconds: float, *, partial: bool) -> None:
        """A context was answered."""
        self._context.observe(elapsed_seconds)
        if partial:
            self._partial.inc()

    def source(self, source: str, status: str, took_seconds: float) -> None:
        """A source answered, or did not."""
        self._sources.labels(source, status).inc()
        self._source_seconds.labels(source).observe(took_seconds)

    def interaction(self, *, new: bool) -> None:
        """An interaction was logged, or had been."""
        self._interactions.labels("stored" if new else "repeated").inc()

    def store(self, *, up: bool) -> None:
        """Whether the store answers."""
        self._store_up.set(1 if up else 0)
