"""Trains a model of resolution: the share of services that settle what the customer came for.

The machinery is that of handle times (`training`): fit on early days, choose on later ones, measure
on the last, and leave the shrunk table serving unless the model is certainly better. Errors are
Brier scores (Brier 1950): squared differences between share and outcome, which only the true share
makes least.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.comparison import MODEL, TABLE, Comparison, judged
from switchyard_router.adapters.models.manifest import Bins, Probe
from switchyard_router.adapters.models.outcome_rows import OUTCOME_NAMES, OutcomeRows
from switchyard_router.adapters.models.publishing import (
    Draft,
    histograms_of,
    probes_of,
    publish_draft,
)
from switchyard_router.adapters.models.splits import Split, Until, day_of, split
from switchyard_router.adapters.models.training import (
    Fit,
    Parameters,
    Recipe,
    fit_here,
    importance_of,
    moved,
    parameters_of,
    shortened,
)
from switchyard_router.domain.handle_time_table import Floats

OBJECTIVE = "binary"
_FEWEST_IN_LEAF, _LEAVES_WORTH = 20, 50
_LEAST = 1e-6
_WIDEST, _HALVINGS = 20.0, 60


@dataclass(frozen=True, slots=True)
class ShareErrors:
    """Of one predictor, on the days to measure on."""

    brier: float
    log_loss: float
    predicted_to_actual: float


@dataclass(frozen=True, slots=True)
class TrainedResolution:
    """A model file's text, and what its manifest and the report say of it."""

    text: str
    window: tuple[float, float]
    rows: int
    metrics: dict[str, float | int | str]
    probes: tuple[Probe, ...]
    histograms: dict[str, Bins]
    comparison: Comparison[ShareErrors]
    importance: dict[str, float]
    test_resolved: NDArray[np.bool_]
    test_predicted: Floats


def train_resolution(
    rows: OutcomeRows, recipe: Recipe, until: Until | None = None, fit: Fit = fit_here
) -> TrainedResolution:
    """As `training.train`. TooFewRows, ValueError: too few services with an outcome, or all alike.

    The days to choose by tell the number of trees and the constant that makes the mean share right.
    """
    cut = split(rows.start_seconds, until or Until())
    early, choose = rows.part(slice(0, cut.choose)), rows.part(slice(cut.choose, cut.test))
    _check_varied(early, choose)
    targets = early.resolved.astype(np.float64)
    text = fit(early.features, targets, OUTCOME_NAMES, _parameters(recipe, early), recipe.trees)
    text = shortened(text, choose.features, lambda raw: _log_loss(_share(raw), choose.resolved))
    text = _recalibrated(text, choose)
    booster = lightgbm.Booster(model_str=text)
    predicted = np.asarray(booster.predict(rows.features, num_threads=1), dtype=np.float64)
    comparison = compare_shares(rows, cut, predicted, recipe.seed)
    test, guess = rows.part(slice(cut.test, None)), predicted[cut.test :]
    return TrainedResolution(
        text,
        (float(early.start_seconds[0]), float(early.start_seconds[-1])),
        len(targets),
        _metrics(test, comparison, cut) | {"trees": booster.num_trees()},
        probes_of(test.features, guess),
        histograms_of(OUTCOME_NAMES, early.features),
        comparison,
        importance_of(booster),
        test.resolved,
        guess,
    )


def publish_resolution(
    trained: TrainedResolution,
    recipe: Recipe,
    directory: Path,
    name: str,
    time_zone: str,
    now: datetime,
) -> Path:
    """As `training.publish`."""
    draft = Draft(
        text=trained.text,
        predicts="resolution",
        objective=OBJECTIVE,
        features=OUTCOME_NAMES,
        window=trained.window,
        rows=trained.rows,
        metrics=trained.metrics,
        probes=trained.probes,
        serves="model" if trained.comparison.serves == MODEL else "table",
        seed=recipe.seed,
        histograms=trained.histograms,
    )
    return publish_draft(draft, directory, name, time_zone, now)


def compare_shares(
    rows: OutcomeRows, cut: Split, predicted: Floats, seed: int
) -> Comparison[ShareErrors]:
    """`predicted`: the model's shares for all rows; measured on those from `cut.test` on."""
    shares = {**rows.guesses, MODEL: predicted}
    test, actual = slice(cut.test, None), rows.resolved[cut.test :]
    squares = {name: (guess[test] - actual) ** 2 for name, guess in shares.items()}
    errors = {
        name: ShareErrors(
            float(squares[name].mean()),
            _log_loss(guess[test], actual),
            float(guess[test].mean() / max(actual.mean(), _LEAST)),
        )
        for name, guess in shares.items()
    }
    return judged(errors, squares, rows.start_seconds[test], seed)


def _check_varied(*parts: OutcomeRows) -> None:
    for part in parts:
        if part.resolved.all() or not part.resolved.any():
            raise ValueError(
                "all services of the days to train on, or of those to choose by, ended alike: "
                "there is nothing to learn; give a longer history, or other --train-until and "
                "--choose-until"
            )


def _parameters(recipe: Recipe, early: OutcomeRows) -> Parameters:
    """Surveys are few: leaves may be smaller than those of handle times, down to 20 services."""
    fewest = max(_FEWEST_IN_LEAF, len(early.resolved) // _LEAVES_WORTH)
    least = {"min_data_in_leaf": min(recipe.fewest_in_leaf, fewest)}
    return parameters_of(recipe, OBJECTIVE) | least


def _recalibrated(text: str, choose: OutcomeRows) -> str:
    """With the mean share right on the days to choose by; the constant is found by halving."""
    booster = lightgbm.Booster(model_str=text)
    raw = np.asarray(booster.predict(choose.features, raw_score=True, num_threads=1))
    low, high, wanted = -_WIDEST, _WIDEST, float(choose.resolved.mean())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _share(raw + middle).mean() < wanted:
            low = middle
        else:
            high = middle
    return moved(text, (low + high) / 2)


def _share(raw: Floats) -> Floats:
    return 1 / (1 + np.exp(-raw))


def _log_loss(share: Floats, resolved: NDArray[np.bool_]) -> float:
    right = np.where(resolved, share, 1 - share)
    return float(-np.log(np.maximum(right, _LEAST)).mean())


def _metrics(
    test: OutcomeRows, comparison: Comparison[ShareErrors], cut: Split
) -> dict[str, float | int | str]:
    """What the days say that were neither trained on nor chosen by."""
    lift = comparison.differences[TABLE]
    found: dict[str, float | int | str] = {
        "serves": comparison.serves,
        "choose_rows": cut.test - cut.choose,
        "held_out_rows": len(test.resolved),
        "held_out_from": day_of(float(test.start_seconds[0])),
        "held_out_until": day_of(float(test.start_seconds[-1])),
        "resolved_share": round(float(test.resolved.mean()), 4),
        "difference_to_table": round(lift.change, 5),
        "difference_low": round(lift.low, 5),
        "difference_high": round(lift.high, 5),
        "lift": "yes" if comparison.lift else "no lift",
    }
    for name, errors in comparison.errors.items():
        found |= {
            f"brier_{name}": round(errors.brier, 5),
            f"log_loss_{name}": round(errors.log_loss, 5),
            f"predicted_to_actual_{name}": round(errors.predicted_to_actual, 4),
        }
    return found
