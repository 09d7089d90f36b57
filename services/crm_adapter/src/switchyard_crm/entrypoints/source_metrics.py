"""What the service counts of its way to the CRMs: calls, breakers, memory, waits, changes."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 5.0)


class SourceMetrics:
    """By source, which is the connector's name in the settings."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "switchyard_crm_source_calls_total",
            "Calls that CRMs got, by how they ended: ok, cancelled or the error's kind.",
            ("source", "outcome"),
            registry=registry,
        )
        self._call_seconds = Histogram(
            "switchyard_crm_source_call_seconds",
            "Time of one call to a CRM.",
            ("source",),
            registry=registry,
            buckets=_SECONDS,
        )
        self._breakers = Gauge(
            "switchyard_crm_source_breaker_state",
            "0 closed, 1 half open, 2 open: the CRM is left alone.",
            ("source",),
            registry=registry,
        )
        self._waits = Counter(
            "switchyard_crm_source_bucket_wait_seconds_total",
            "Time that calls waited because the CRM's rate was used up.",
            ("source",),
            registry=registry,
        )
        self._cache = Counter(
            "switchyard_crm_cache_answers_total",
            "Answers of CRMs asked of the cache: hit, miss, stale (old, the CRM failing), refresh.",
            ("source", "event"),
            registry=registry,
        )
        self._cache_failures = Counter(
            "switchyard_crm_cache_failures_total",
            "Times that Redis did not answer and the process's own memory stood in.",
            registry=registry,
        )

        self._synced = Counter(
            "switchyard_crm_sync_records_total",
            "Records read from what changed in CRMs: changed, removed.",
            ("source", "what"),
            registry=registry,
        )
        self._sync_failures = Counter(
            "switchyard_crm_sync_failures_total",
            "Pages of changes that could not be read or stored, by the error's kind.",
            ("source", "error"),
            registry=registry,
        )
        self._sync_lag = Gauge(
            "switchyard_crm_sync_lag_seconds",
            "Time since everything that had changed in the CRM was stored here.",
            ("source",),
            registry=registry,
        )

    def call(self, source: str, outcome: str, took_seconds: float) -> None:
        """A call has ended."""
        self._calls.labels(source, outcome).inc()
        self._call_seconds.labels(source).observe(took_seconds)

    def breaker(self, source: str, state: int) -> None:
        """How a breaker stands now."""
        self._breakers.labels(source).set(state)

    def bucket_wait(self, source: str, seconds: float) -> None:
        """A call waited for its turn."""
        self._waits.labels(source).inc(seconds)

    def cache(self, source: str, event: str) -> None:
        """What became of an answer that was asked for."""
        self._cache.labels(source, event).inc()

    def cache_failed(self) -> None:
        """Redis did not answer."""
        self._cache_failures.inc()

    def synced(self, source: str, changed: int, removed: int) -> None:
        """A page of changes was stored."""
        self._synced.labels(source, "changed").inc(changed)
        self._synced.labels(source, "removed").inc(removed)

    def sync_failed(self, source: str, error: str) -> None:
        """A page of changes could not be read or stored."""
        self._sync_failures.labels(source, error).inc()

    def sync_lag(self, source: str, since: Callable[[], float]) -> None:
        """`since` tells the seconds whenever somebody looks."""
        self._sync_lag.labels(source).set_function(since)
