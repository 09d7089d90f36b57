"""Metrics of how right models are: drift of features and residuals, evidence, shadows."""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge

from switchyard_router.adapters.models.manifest import Manifest
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.service.trial import Standing

_PREFIX = "switchyard_router"
_ROLES = ("serving", "shadow")


class DriftMetrics:
    """What model trials found, by role: `serving` or `shadow`. Without a model: no series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._psi = Gauge(
            f"{_PREFIX}_model_feature_psi",
            "Population stability index of a feature, last services against training, by role.",
            ("role", "feature"),
            registry=registry,
        )
        self._services = Gauge(
            f"{_PREFIX}_model_trial_services",
            "Services that the other figures of trials are from, at most 2,000, by role.",
            ("role",),
            registry=registry,
        )
        self._error = Gauge(
            f"{_PREFIX}_model_error_seconds",
            "Mean absolute error of expected medians, by role.",
            ("role",),
            registry=registry,
        )
        self._ratio = Gauge(
            f"{_PREFIX}_model_error_ratio",
            "Mean absolute error over the table's for the same services, by role.",
            ("role",),
            registry=registry,
        )
        self._residual = Gauge(
            f"{_PREFIX}_model_log_residual",
            "Mean logarithm of real time over expected median, by role.",
            ("role",),
            registry=registry,
        )
        self._coverage = Gauge(
            f"{_PREFIX}_model_interval_coverage",
            "Share of services that ended within the 80 % interval, by role.",
            ("role",),
            registry=registry,
        )
        self._evidence = Gauge(
            f"{_PREFIX}_model_evidence",
            "log10 of evidence: serving errs more than the table, shadow errs less than serving.",
            ("role",),
            registry=registry,
        )
        self._wrong = Gauge(
            f"{_PREFIX}_model_wrong",
            "1 while the model on disk is withdrawn because it was found to be wrong.",
            registry=registry,
        )

    def show(
        self, serving: Standing | None, shadow: Standing | None, serving_is_wrong: bool
    ) -> None:
        """Present figures; those of a model that is gone go with it."""
        for role, standing in zip(_ROLES, (serving, shadow), strict=True):
            for gauge, value in self._figures(standing):
                _set(gauge, (role,), value)
            psi = {} if standing is None else standing.psi
            for feature in NAMES:
                _set(self._psi, (role, feature), psi.get(feature))
        self._wrong.set(int(serving_is_wrong))

    def _figures(self, standing: Standing | None) -> tuple[tuple[Gauge, float | None], ...]:
        gauges = (
            self._services,
            self._error,
            self._ratio,
            self._residual,
            self._coverage,
            self._evidence,
        )
        if standing is None:
            return tuple((gauge, None) for gauge in gauges)
        recent = standing.recent
        return tuple(
            zip(
                gauges,
                (
                    recent.services,
                    recent.error_seconds,
                    recent.ratio,
                    recent.log_residual,
                    recent.coverage,
                    math.log10(standing.evidence),
                ),
                strict=True,
            )
        )


class ShadowMetrics:
    """Which version is tried beside the one that serves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._info = Gauge(
            f"{_PREFIX}_model_shadow_info",
            "1 for the model that is tried beside the one that serves; no series: none is.",
            ("version",),
            registry=registry,
        )
        self._refusals = Counter(
            f"{_PREFIX}_model_shadow_refusals_total",
            "Models on disk that were not taken as shadows, by reason.",
            ("reason",),
            registry=registry,
        )

    def loaded(self, manifest: Manifest) -> None:
        """A model is tried from now on."""
        self._info.clear()
        self._info.labels(manifest.label).set(1)

    def refused(self, code: str) -> None:
        """A model on disk was not taken."""
        self._refusals.labels(code).inc()

    def withdrawn(self) -> None:
        """None is tried any more."""
        self._info.clear()


def _set(gauge: Gauge, labels: tuple[str, ...], value: float | None) -> None:
    """Show a value, or no series at all."""
    if value is None or math.isnan(value):
        gauge.remove(*labels)
    else:
        gauge.labels(*labels).set(value)
