"""Metrics of models and predictions."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchyard_router.adapters.models.manifest import Manifest

_PREFIX = "switchyard_router"
_SECONDS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class ModelMetrics:
    """Which model serves, how old it is, and how predictions go."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._info = Gauge(
            f"{_PREFIX}_model_info",
            "1 for the handle-time model that serves; no series: none does.",
            ("version",),
            registry=registry,
        )
        self._age = Gauge(
            f"{_PREFIX}_model_age_seconds",
            "Time since the end of the training window of the model that serves; 0: none does.",
            registry=registry,
        )
        self._loads = Counter(
            f"{_PREFIX}_model_loads_total", "Models taken into use.", registry=registry
        )
        self._refusals = Counter(
            f"{_PREFIX}_model_refusals_total",
            "Models on disk that were not taken into use, by reason.",
            ("reason",),
            registry=registry,
        )
        self._seconds = Histogram(
            f"{_PREFIX}_prediction_seconds",
            "Time of one request for handle times, of any number of contacts and agents.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._degraded = Counter(
            f"{_PREFIX}_predictions_degraded_total",
            "Requests for handle times answered without a model, by reason.",
            ("reason",),
            registry=registry,
        )
        self._switched_off = Counter(
            f"{_PREFIX}_model_switched_off_total",
            "Models switched off for a while, by reason.",
            ("reason",),
            registry=registry,
        )

    def loaded(self, manifest: Manifest) -> None:
        """A model serves from now on."""
        until = manifest.training_window.end.timestamp()
        self._info.clear()
        self._info.labels(manifest.label).set(1)
        self._age.set_function(lambda: time.time() - until)
        self._loads.inc()

    def refused(self, code: str) -> None:
        """A model on disk was not taken."""
        self._refusals.labels(code).inc()

    def withdrawn(self) -> None:
        """There is no model any more."""
        self._info.clear()
        self._age.set_function(lambda: 0.0)

    def predicted(self, seconds: float) -> None:
        """A request was answered in so many seconds."""
        self._seconds.observe(seconds)

    def degraded(self, reason: str) -> None:
        """Something stood in for the model."""
        self._degraded.labels(reason).inc()

    def switched_off(self, reason: str) -> None:
        """A model was switched off for a while."""
        self._switched_off.labels(reason).inc()
