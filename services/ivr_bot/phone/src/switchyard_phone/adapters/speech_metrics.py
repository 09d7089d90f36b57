"""Prometheus metrics of the speech engines."""

from typing import override

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchyard_phone.service.speech_meter import SpeechMeter

_PREFIX = "switchyard_phone"
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)


class SpeechMetrics(SpeechMeter):
    """Counts work of the engines: `voice` tells speech from silence, `text` understands it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._queue = Histogram(
            f"{_PREFIX}_speech_queue_seconds",
            "How long work waited for an engine",
            ["engine"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._work = Histogram(
            f"{_PREFIX}_speech_work_seconds",
            "How long an engine took",
            ["engine"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._failed = Counter(
            f"{_PREFIX}_speech_failed_total",
            "Work of engines that came to nothing",
            ["engine", "reason"],
            registry=registry,
        )
        self._restarts = Counter(
            f"{_PREFIX}_speech_restarts_total",
            "Engines started anew",
            ["engine"],
            registry=registry,
        )
        self._ready = Gauge(
            f"{_PREFIX}_speech_engines_ready",
            "Engines that can work",
            ["engine"],
            registry=registry,
        )

    @override
    def queued(self, engine: str, seconds: float) -> None:
        """Work waited."""
        self._queue.labels(engine).observe(seconds)

    @override
    def worked(self, engine: str, seconds: float) -> None:
        """Work was done."""
        self._work.labels(engine).observe(seconds)

    @override
    def failed(self, engine: str, why: str) -> None:
        """Work came to nothing."""
        self._failed.labels(engine, why).inc()

    @override
    def restarted(self, engine: str) -> None:
        """An engine is started anew."""
        self._restarts.labels(engine).inc()

    @override
    def ready(self, engine: str, processes: int) -> None:
        """So many can work."""
        self._ready.labels(engine).set(processes)
