"""Metrics of the way to the store."""

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge

from switchyard_router.adapters.redis.durability import CODES

_PREFIX = "switchyard_router"


class StoreMetrics:
    """Counts what happens to the store, and shows how it may lose acknowledged writes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reconnects = Counter(
            f"{_PREFIX}_store_reconnects_total",
            "Connections to the store opened after one was lost.",
            registry=registry,
        )
        self._failovers = Counter(
            f"{_PREFIX}_store_failovers_total",
            "Times the store came back with another history: promoted, or restarted.",
            registry=registry,
        )
        self._without = Counter(
            f"{_PREFIX}_store_without_seconds_total",
            "Time without a connection to the store's writer.",
            registry=registry,
        )
        self._warnings = Gauge(
            f"{_PREFIX}_store_durability_warnings",
            "1 for each way in which the store, as it is set up, may lose acknowledged writes.",
            ("warning",),
            registry=registry,
        )
        self._memory = Gauge(
            f"{_PREFIX}_store_memory_bytes",
            "What the store holds in memory.",
            registry=registry,
        )
        self._memory_limit = Gauge(
            f"{_PREFIX}_store_memory_limit_bytes",
            "What the store may hold (maxmemory); 0: it has no limit of its own.",
            registry=registry,
        )
        self.durability(())

    def reconnected(self) -> None:
        """A connection was opened after one was lost."""
        self._reconnects.inc()

    def failed_over(self) -> None:
        """The store's history is another one."""
        self._failovers.inc()

    def without_store(self, seconds: float) -> None:
        """So much more time without a writer."""
        self._without.inc(seconds)

    def durability(self, codes: Collection[str]) -> None:
        """The warnings that hold now."""
        for code in CODES:
            self._warnings.labels(code).set(int(code in codes))

    def memory(self, held_bytes: int, limit_bytes: int) -> None:
        """What the store holds, and what it may; 0 for no limit."""
        self._memory.set(held_bytes)
        self._memory_limit.set(limit_bytes)
