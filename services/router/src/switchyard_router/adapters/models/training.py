"""Trains a handle-time model, measures it on later days, and puts it into a model directory."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from switchyard_router.adapters.models.comparison import (
    MODEL,
    TABLE,
    Comparison,
    Errors,
    compare,
)
from switchyard_router.adapters.models.manifest import Bins, Probe, Ratios
from switchyard_router.adapters.models.publishing import (
    Draft,
    histograms_of,
    probes_of,
    publish_draft,
)
from switchyard_router.adapters.models.splits import Split, Until, day_of, split
from switchyard_router.adapters.models.training_rows import TrainingRows
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.domain.handle_time_table import Floats
from switchyard_router.domain.residual_ratios import ResidualRatios, residual_ratios

OBJECTIVE = "gamma"

type Parameters = dict[str, Any]
type Fit = Callable[[Floats, Floats, Sequence[str], Parameters, int], str]
"""Features, targets, names of the features, parameters and number of trees to a model file's text.
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. Same rows, recipe and library version: the same file, byte for byte.

    `trees`: at most; as many serve as are best on the days to choose by.
    """

    seed: int = 1
    trees: int = 150
    leaves: int = 31
    learning_rate: float = 0.05
    fewest_in_leaf: int = 800


@dataclass(frozen=True, slots=True)
class Trained:
    """A model file's text, and what its manifest and the report say of it."""

    text: str
    window: tuple[float, float]
    rows: int
    metrics: dict[str, float | int | str]
    probes: tuple[Probe, ...]
    histograms: dict[str, Bins]
    residuals: Ratios
    comparison: Comparison[Errors]
    importance: dict[str, float]
    """Share of the loss that splits on a feature took away."""
    test_seconds: Floats
    test_predicted: Floats


def fit_here(
    features: Floats, targets: Floats, names: Sequence[str], parameters: Parameters, trees: int
) -> str:
    """Train in this process, by one thread: the same bytes every time."""
    data = lightgbm.Dataset(features, targets, feature_name=list(names))
    return lightgbm.train(parameters, data, num_boost_round=trees).model_to_string()


def train(
    rows: TrainingRows, recipe: Recipe, until: Until | None = None, fit: Fit = fit_here
) -> Trained:
    """Fit on the earlier days, choose on later ones, measure on the last; what was measured serves.

    The objective is the gamma deviance with a log link: expected seconds for times that are skewed
    and above 0 (McCullagh and Nelder 1989, chapter 8). The days to choose by tell the number of
    trees, the factor that makes the mean right, and the interval. TooFewRows, ValueError: too few.
    """
    cut = split(rows.start_seconds, until or Until())
    early, choose = rows.part(slice(0, cut.choose)), rows.part(slice(cut.choose, cut.test))
    text = fit(early.features, early.seconds, NAMES, parameters_of(recipe, OBJECTIVE), recipe.trees)
    text = _recalibrated(_shortened(text, choose), choose)
    booster = lightgbm.Booster(model_str=text)
    predicted = np.asarray(booster.predict(rows.features, num_threads=1), dtype=np.float64)
    comparison = compare(rows, cut, predicted, recipe.seed)
    ratios = residual_ratios(choose.seconds, predicted[cut.choose : cut.test], choose.table_seconds)
    test, guess = rows.part(slice(cut.test, None)), predicted[cut.test :]
    return Trained(
        text,
        (float(early.start_seconds[0]), float(early.start_seconds[-1])),
        len(early.seconds),
        _metrics(test, guess, comparison, ratios, cut) | {"trees": booster.num_trees()},
        probes_of(test.features, guess),
        histograms_of(NAMES, early.features),
        Ratios(**asdict(ratios)),
        comparison,
        importance_of(booster),
        test.seconds,
        guess,
    )


def _shortened(text: str, choose: TrainingRows) -> str:
    """The first trees only: as many as have the least gamma deviance on the days to choose by."""
    return shortened(
        text,
        choose.features,
        lambda raw: float(np.mean(choose.seconds * np.exp(-raw) + raw)),
    )


def shortened(text: str, features: Floats, loss: Callable[[Floats], float]) -> str:
    """The first trees only: as many as have the least loss, which is given raw scores."""
    booster = lightgbm.Booster(model_str=text)
    raw, losses = np.zeros(len(features)), []
    for tree in range(booster.num_trees()):
        raw += np.asarray(
            booster.predict(
                features, start_iteration=tree, num_iteration=1, raw_score=True, num_threads=1
            )
        )
        losses.append(loss(raw))
    return booster.model_to_string(num_iteration=int(np.argmin(losses)) + 1)


def _recalibrated(text: str, choose: TrainingRows) -> str:
    """With the mean right on the days to choose by."""
    booster = lightgbm.Booster(model_str=text)
    predicted = np.asarray(booster.predict(choose.features, num_threads=1), dtype=np.float64)
    return moved(text, float(np.log(choose.seconds.sum() / predicted.sum())))


def moved(text: str, by: float) -> str:
    """With all raw scores moved by a constant, which goes into the first tree's leaves."""
    booster = lightgbm.Booster(model_str=text)
    leaves = booster.dump_model(num_iteration=1)["tree_info"][0]["num_leaves"]
    for leaf in range(leaves):
        booster.set_leaf_output(0, leaf, booster.get_leaf_output(0, leaf) + by)
    return booster.model_to_string()


def importance_of(booster: lightgbm.Booster) -> dict[str, float]:
    """Share of the loss that splits on each feature took away."""
    gains = booster.feature_importance("gain")
    shares = (gains / max(gains.sum(), 1e-300)).tolist()
    return dict(zip(booster.feature_name(), shares, strict=True))


def publish(
    trained: Trained, recipe: Recipe, directory: Path, name: str, time_zone: str, now: datetime
) -> Path:
    """Write a version into a model directory, whole or not at all; returns its folder.

    FileExistsError if there is a version of this second.
    """
    draft = Draft(
        text=trained.text,
        predicts="handle_time",
        objective=OBJECTIVE,
        features=NAMES,
        window=trained.window,
        rows=trained.rows,
        metrics=trained.metrics,
        probes=trained.probes,
        serves="model" if trained.comparison.serves == MODEL else "table",
        seed=recipe.seed,
        histograms=trained.histograms,
        residuals=trained.residuals,
    )
    return publish_draft(draft, directory, name, time_zone, now)


def parameters_of(recipe: Recipe, objective: str) -> Parameters:
    """LightGBM's; the same for every objective."""
    return {
        "objective": objective,
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


def _metrics(
    test: TrainingRows,
    guess: Floats,
    comparison: Comparison[Errors],
    ratios: ResidualRatios,
    cut: Split,
) -> dict[str, float | int | str]:
    """What the days say that were neither trained on nor chosen by."""
    share = test.seconds / guess
    within = float(np.mean((share >= ratios.low) & (share <= ratios.high)))
    lift = comparison.differences[TABLE]
    found: dict[str, float | int | str] = {
        "serves": comparison.serves,
        "choose_rows": cut.test - cut.choose,
        "held_out_rows": len(test.seconds),
        "held_out_from": day_of(float(test.start_seconds[0])),
        "held_out_until": day_of(float(test.start_seconds[-1])),
        "coverage80": round(within, 4),
        "gamma_deviance": round(float(2 * np.mean(share - 1 - np.log(share))), 4),
        "difference_to_table_seconds": round(lift.change, 2),
        "difference_low_seconds": round(lift.low, 2),
        "difference_high_seconds": round(lift.high, 2),
        "lift": "yes" if comparison.lift else "no lift",
    }
    for name, errors in comparison.errors.items():
        found |= {
            f"mae_{name}": round(errors.of_medians, 2),
            f"mae_of_means_{name}": round(errors.of_means, 2),
            f"predicted_to_actual_{name}": round(errors.predicted_to_actual, 4),
        }
    return found
