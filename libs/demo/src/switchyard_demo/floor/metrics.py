"""The floor's own metrics: what its callers and agents experience."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchyard_demo.floor.call import CallOutcome, Fate

_PREFIX = "switchyard_floor"
_WAIT_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)


class FloorMetrics:
    """Counts calls and chats; queue ids are labels, people never are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            f"{_PREFIX}_calls_total",
            "Simulated calls that ended, by queue and fate.",
            ("queue", "fate"),
            registry=registry,
        )
        self._wait = Histogram(
            f"{_PREFIX}_wait_seconds",
            "Waiting time of simulated callers until they were joined with an agent.",
            ("queue",),
            registry=registry,
            buckets=_WAIT_SECONDS,
        )
        self._on_line = Gauge(
            f"{_PREFIX}_callers", "Simulated callers on the line now.", registry=registry
        )
        self._signed_in = Gauge(
            f"{_PREFIX}_desktops", "Simulated desktops by duty.", ("duty",), registry=registry
        )
        self._callbacks = Counter(
            f"{_PREFIX}_callbacks_total",
            "Customers called back, by fate.",
            ("fate",),
            registry=registry,
        )
        self._chats = Counter(
            f"{_PREFIX}_chats_total", "Chats that ended, by how.", ("how",), registry=registry
        )

    def callback_ended(self, fate: Fate) -> None:
        """A customer was called back."""
        self._callbacks.labels(fate).inc()

    def call_began(self) -> None:
        """A caller is on the line."""
        self._on_line.inc()

    def call_ended(self, outcome: CallOutcome) -> None:
        """A caller is gone."""
        self._on_line.dec()
        queue = outcome.script.queue
        self._calls.labels(queue, outcome.fate).inc()
        if outcome.fate is Fate.SERVED:
            self._wait.labels(queue).observe(outcome.waited_seconds)

    def duty(self, duty: str, change: int) -> None:
        """An agent begins (1) or ends (-1) a duty."""
        self._signed_in.labels(duty).inc(change)

    def chat_ended(self, how: str) -> None:
        """A chat ended."""
        self._chats.labels(how).inc()
