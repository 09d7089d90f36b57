"""Puts a trained model into a model directory, whole or not at all."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import lightgbm
import numpy as np

from switchyard_router.adapters.models.manifest import (
    MODEL_FILE,
    Bins,
    Manifest,
    Predicts,
    Probe,
    Ratios,
    Window,
    digest,
    version_of,
    write_manifest,
)
from switchyard_router.domain.feature_drift import histogram
from switchyard_router.domain.handle_time_features import names_hash
from switchyard_router.domain.handle_time_table import Floats

_PROBES = 64


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be published: a model file's text, and what its manifest says of it."""

    text: str
    predicts: Predicts
    objective: str
    features: tuple[str, ...]
    window: tuple[float, float]
    """Starts of the first and the last service it was fitted on, by the log's local clock."""
    rows: int
    metrics: Mapping[str, float | int | str]
    probes: tuple[Probe, ...]
    serves: Literal["model", "table"]
    seed: int
    histograms: Mapping[str, Bins] = field(default_factory=dict)
    residuals: Ratios | None = None


def publish_draft(draft: Draft, directory: Path, name: str, time_zone: str, now: datetime) -> Path:
    """Write a version into a model directory; returns its folder.

    FileExistsError if there is a version of this second.
    """
    data, zone = draft.text.encode(), ZoneInfo(time_zone)
    manifest = Manifest(
        name=name,
        version=version_of(now),
        created=now,
        predicts=draft.predicts,
        objective=draft.objective,
        features=draft.features,
        features_sha256=names_hash(draft.features),
        time_zone=time_zone,
        training_window=Window(
            begin=_local(draft.window[0], zone), end=_local(draft.window[1], zone)
        ),
        rows=draft.rows,
        metrics=draft.metrics,
        libraries={
            "lightgbm": lightgbm.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        model_sha256=digest(data),
        probes=draft.probes,
        seed=draft.seed,
        histograms=draft.histograms,
        residuals=draft.residuals,
        serves=draft.serves,
    )
    folder, hidden = directory / manifest.version, directory / f".writing-{manifest.version}"
    hidden.mkdir(parents=True)
    (hidden / MODEL_FILE).write_bytes(data)
    write_manifest(hidden, manifest)
    if folder.exists():
        raise FileExistsError(f"{folder} is there already")
    hidden.rename(folder)
    return folder


def probes_of(features: Floats, predicted: Floats) -> tuple[Probe, ...]:
    """Rows over the whole of the held-out days, and what was predicted for them."""
    which = np.linspace(0, len(predicted) - 1, num=_PROBES).astype(np.intp)
    return tuple(
        Probe(features=tuple(features[row].tolist()), seconds=float(predicted[row]))
        for row in which
    )


def histograms_of(names: tuple[str, ...], features: Floats) -> dict[str, Bins]:
    """What the router holds the features that it sees against."""
    made = {name: histogram(column) for name, column in zip(names, features.T, strict=True)}
    return {name: Bins(edges=each.edges, counts=each.counts) for name, each in made.items()}


def _local(seconds: float, zone: ZoneInfo) -> datetime:
    """A moment of the log's local clock."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone)
