"""Trains a handle-time model, measures it on later days, and puts it into a model directory."""

import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import lightgbm
import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.manifest import (
    MODEL_FILE,
    Bins,
    Manifest,
    Probe,
    Ratios,
    Window,
    digest,
    version_of,
    write_manifest,
)
from switchyard_router.adapters.models.training_rows import TrainingRows
from switchyard_router.domain.feature_drift import histogram
from switchyard_router.domain.handle_time_features import NAMES, names_hash
from switchyard_router.domain.handle_time_table import Floats
from switchyard_router.domain.residual_ratios import residual_ratios

OBJECTIVE = "gamma"
_FEWEST_ROWS = 1000
_DAY_SECONDS = 86_400
_PROBES = 64


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. Same rows, recipe and library version: the same file, byte for byte."""

    seed: int = 1
    trees: int = 100
    leaves: int = 31
    learning_rate: float = 0.05
    fewest_in_leaf: int = 200
    held_out_share: float = 0.2


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file's text, and what its manifest says of it."""

    text: str
    window: tuple[float, float]
    rows: int
    metrics: dict[str, float | int | str]
    probes: tuple[Probe, ...]
    histograms: dict[str, Bins]
    residuals: Ratios


class TooFewRows(Exception):
    """Not enough services to train on."""


def train(rows: TrainingRows, recipe: Recipe) -> Trained:
    """Fit on the earlier days, measure on the later ones; the model that was measured is returned.

    The objective is the gamma deviance with a log link: expected seconds for times that are skewed
    and above 0 (McCullagh and Nelder 1989, chapter 8). TooFewRows below 1,000 rows to train on.
    """
    cut = _cut(rows.start_seconds, recipe.held_out_share)
    fit, test = rows.part(slice(0, cut)), rows.part(slice(cut, None))
    if cut < _FEWEST_ROWS or not len(test.seconds):
        raise TooFewRows(f"{cut} services to train on and {len(test.seconds)} to measure with")
    data = lightgbm.Dataset(fit.features, fit.seconds, feature_name=list(NAMES))
    booster = lightgbm.train(_parameters(recipe), data, num_boost_round=recipe.trees)
    predicted = np.asarray(booster.predict(test.features, num_threads=1), dtype=np.float64)
    metrics = _measure(test, predicted, float(fit.seconds.mean()))
    window = (float(fit.start_seconds[0]), float(fit.start_seconds[-1]))
    ratios = residual_ratios(test.seconds, predicted, test.table_seconds)
    return Trained(
        booster.model_to_string(),
        window,
        len(fit.seconds),
        metrics,
        _probes(test, predicted),
        _histograms(fit.features),
        Ratios(**asdict(ratios)),
    )


def publish(
    trained: Trained, recipe: Recipe, directory: Path, name: str, time_zone: str, now: datetime
) -> Path:
    """Write a version into a model directory, whole or not at all; returns its folder.

    FileExistsError if there is a version of this second.
    """
    data = trained.text.encode()
    zone = ZoneInfo(time_zone)
    manifest = Manifest(
        name=name,
        version=version_of(now),
        created=now,
        objective=OBJECTIVE,
        features=NAMES,
        features_sha256=names_hash(NAMES),
        time_zone=time_zone,
        training_window=Window(
            begin=_local(trained.window[0], zone), end=_local(trained.window[1], zone)
        ),
        rows=trained.rows,
        metrics=trained.metrics,
        libraries={
            "lightgbm": lightgbm.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        model_sha256=digest(data),
        probes=trained.probes,
        seed=recipe.seed,
        histograms=trained.histograms,
        residuals=trained.residuals,
    )
    folder, draft = directory / manifest.version, directory / f".writing-{manifest.version}"
    draft.mkdir(parents=True)
    (draft / MODEL_FILE).write_bytes(data)
    write_manifest(draft, manifest)
    if folder.exists():
        raise FileExistsError(f"{folder} is there already")
    draft.rename(folder)
    return folder


def _parameters(recipe: Recipe) -> dict[str, object]:
    return {
        "objective": OBJECTIVE,
        "num_leaves": recipe.leaves,
        "learning_rate": recipe.learning_rate,
        "min_data_in_leaf": recipe.fewest_in_leaf,
        "feature_fraction": 0.8,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        # A row never lacks a value; without this, trees would reserve branches for it.
        "use_missing": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": recipe.seed,
        "verbosity": -1,
    }


def _cut(start_seconds: Floats, held_out_share: float) -> int:
    """Index of the first row of the held-out days: whole days, at least that share of the rows."""
    days = (start_seconds // _DAY_SECONDS).astype(np.int64)
    wanted = days[int(len(days) * (1 - held_out_share))] if len(days) else 0
    return int(np.searchsorted(days, wanted))


def _measure(
    test: TrainingRows, predicted: Floats, mean_seconds: float
) -> dict[str, float | int | str]:
    """Errors on the held-out days of the model, the table, and one mean for all."""
    constant = np.full(len(test.seconds), mean_seconds)
    measured: dict[str, float | int | str] = {
        "held_out_rows": len(test.seconds),
        "held_out_from": datetime.fromtimestamp(float(test.start_seconds[0]), UTC).strftime(
            "%Y-%m-%d"
        ),
    }
    for name, guess in (("model", predicted), ("table", test.table_seconds), ("mean", constant)):
        errors: NDArray[np.float64] = np.abs(test.seconds - guess)
        ratio = test.seconds / guess
        measured |= {
            f"{name}_mean_abs_error_seconds": round(float(errors.mean()), 2),
            f"{name}_median_abs_error_seconds": round(float(np.median(errors)), 2),
            f"{name}_gamma_deviance": round(float(2 * np.mean(ratio - 1 - np.log(ratio))), 4),
            f"{name}_predicted_to_actual": round(float(guess.mean() / test.seconds.mean()), 4),
        }
    return measured


def _probes(test: TrainingRows, predicted: Floats) -> tuple[Probe, ...]:
    """Rows over the whole of the held-out days."""
    which = np.linspace(0, len(predicted) - 1, num=_PROBES).astype(np.intp)
    return tuple(
        Probe(features=tuple(test.features[row].tolist()), seconds=float(predicted[row]))
        for row in which
    )


def _histograms(features: Floats) -> dict[str, Bins]:
    """What the router holds the features that it sees against."""
    made = {name: histogram(column) for name, column in zip(NAMES, features.T, strict=True)}
    return {name: Bins(edges=each.edges, counts=each.counts) for name, each in made.items()}


def _local(seconds: float, zone: ZoneInfo) -> datetime:
    """A moment of the log's local clock."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone)
