"""What the writer of the history counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge

_LOGS = ("router", "bot", "decisions")


class InsightsMetrics:
    """The port ReadingMeter, for Prometheus; every series exists from the start."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = Counter(
            "switchyard_insights_events_total",
            "Events read, by log and what became of them: stored, pruned (older than what is kept) "
            "or ignored (of a type that is not kept).",
            ("log", "outcome"),
            registry=registry,
        )
        self._again = _by_log(
            registry,
            "switchyard_insights_events_again_total",
            "Events given out a second time, because a reader did not say that it was done.",
        )
        self._lost = _by_log(
            registry,
            "switchyard_insights_events_lost_total",
            "Events that were trimmed from the log before they were read.",
        )
        self._refused = _by_log(
            registry,
            "switchyard_insights_events_refused_total",
            "Events that could not be understood or stored and were put aside.",
        )
        self._behind = Gauge(
            "switchyard_insights_lag_entries",
            "Entries of the log that no reader has been given yet.",
            ("log",),
            registry=registry,
        )
        self._behind_seconds = Gauge(
            "switchyard_insights_lag_seconds",
            "How old the newest entry that was read is, while there are more; else 0.",
            ("log",),
            registry=registry,
        )
        self._failures = Counter(
            "switchyard_insights_failures_total",
            "Tries that failed because the log or the history did not answer.",
            ("what",),
            registry=registry,
        )
        self._up = Gauge(
            "switchyard_insights_up",
            "1 while the log or the history answers, else 0.",
            ("what",),
            registry=registry,
        )
        for what in ("log", "history"):
            self._failures.labels(what)
            self._up.labels(what)

    def stored(self, log: str, *, kept: int, pruned: int, ignored: int) -> None:
        """As ReadingMeter."""
        for outcome, count in (("stored", kept), ("pruned", pruned), ("ignored", ignored)):
            self._events.labels(log, outcome).inc(max(0, count))

    def again(self, log: str, count: int) -> None:
        """As ReadingMeter."""
        self._again.labels(log).inc(count)

    def lost(self, log: str, count: int) -> None:
        """As ReadingMeter."""
        self._lost.labels(log).inc(count)

    def refused(self, log: str, count: int) -> None:
        """As ReadingMeter."""
        self._refused.labels(log).inc(count)

    def behind(self, log: str, entries: int, seconds: float) -> None:
        """As ReadingMeter."""
        self._behind.labels(log).set(entries)
        self._behind_seconds.labels(log).set(seconds)

    def failed(self, what: str) -> None:
        """As ReadingMeter."""
        self._failures.labels(what).inc()

    def answers(self, what: str, *, up: bool) -> None:
        """Whether the log or the history answered just now."""
        self._up.labels(what).set(up)


def _by_log(registry: CollectorRegistry, name: str, meaning: str) -> Counter:
    counter = Counter(name, meaning, ("log",), registry=registry)
    for log in _LOGS:
        counter.labels(log)
    return counter
