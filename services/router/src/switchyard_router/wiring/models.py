"""The models of a router: the one that serves, its shadow, and what is told of them."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Self

from prometheus_client import CollectorRegistry

from switchyard_router.adapters.models.directory import ModelDirectory, shadowed
from switchyard_router.adapters.models.drift_metrics import DriftMetrics, ShadowMetrics
from switchyard_router.adapters.models.metrics import ModelMetrics
from switchyard_router.service.model_trials import ModelTrials
from switchyard_router.service.verdicts import Verdicts
from switchyard_router.settings import RouterSettings


@dataclass(frozen=True, slots=True)
class Models:
    """Two views of one directory, each following its own version."""

    serving: ModelDirectory
    shadow: ModelDirectory
    metrics: ModelMetrics
    drift: DriftMetrics

    @classmethod
    def over(cls, settings: RouterSettings, registry: CollectorRegistry) -> Self:
        """On the directory of the settings; loads nothing yet."""
        directory, poll_seconds = settings.model_dir, settings.model_poll_seconds
        metrics = ModelMetrics(registry)
        choose = partial(shadowed, newest=settings.model_shadow)
        return cls(
            ModelDirectory(directory, metrics, poll_seconds),
            ModelDirectory(directory, ShadowMetrics(registry), poll_seconds, choose, "shadow"),
            metrics,
            DriftMetrics(registry),
        )


async def refresh_drift(
    models: Models, trials: ModelTrials, verdicts: Verdicts, seconds: float
) -> None:
    """Show what trials found, until cancelled. Each time costs O(services that are kept)."""
    while True:
        serving, shadow = trials.standings()
        wrong = serving is not None and verdicts.wrong(serving.version)
        models.drift.show(serving, shadow, wrong)
        await asyncio.sleep(seconds)
