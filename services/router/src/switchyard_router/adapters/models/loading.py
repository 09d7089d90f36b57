"""Loads one version of a model: every check that it must pass before it serves."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from switchyard_router.adapters.models.gradient_boosting import GradientBoosting
from switchyard_router.adapters.models.manifest import (
    MODEL_FILE,
    Manifest,
    check_features,
    digest,
    read_bounded,
    read_manifest,
)
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.adapters.models.trees import Ensemble, read_ensemble
from switchyard_router.domain.handle_time_features import NAMES
from switchyard_router.service.predictions import ModelInfo

_MOST_BYTES = 64 << 20
_MOST_TABLE_BYTES = 256 << 20
_LONGEST_SECONDS = 86_400.0
_ROWS = 256
_TOLERANCE_SECONDS = 1e-6


def load_model(folder: Path) -> tuple[GradientBoosting, Manifest]:
    """The model in a folder, checked and warm; ModelRefused, with code and reason, otherwise.

    Checked: the manifest, its features against the router's, the file against its hash, every tree,
    predictions all over the features' ranges (finite, between 0 and a day), and those for the
    manifest's probes, which must be what LightGBM predicted when it trained. LightGBM itself is not
    asked: it ends the process at some broken files.
    """
    manifest = read_manifest(folder)
    if manifest.predicts != "handle_time":
        raise ModelRefused(
            "KIND_DIFFERS",
            f"it predicts {manifest.predicts}, and routers ask models for handle_time only: "
            "keep it in a directory of its own",
        )
    check_features(manifest.features)
    data = read_bounded(folder / MODEL_FILE, _MOST_BYTES)
    if digest(data) != manifest.model_sha256:
        raise ModelRefused("HASH_DIFFERS", f"{MODEL_FILE} is not the file that was trained")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ModelRefused("FILE_BROKEN", f"{MODEL_FILE} is not text") from error
    ensemble = read_ensemble(text)
    check_features(ensemble.features)
    _check_size(ensemble)
    info = ModelInfo(
        manifest.label,
        manifest.training_window.end,
        manifest.time_zone,
        manifest.trained_on,
        manifest.residual_ratios,
        manifest.serves == "model",
    )
    model = GradientBoosting(ensemble, info)
    _check_predictions(model, manifest)
    return model, manifest


def _check_size(ensemble: Ensemble) -> None:
    thresholds = sum(len(tree.threshold) for tree in ensemble.trees)
    if thresholds * len(ensemble.trees) * 8 > _MOST_TABLE_BYTES:
        raise ModelRefused(
            "TOO_LARGE", f"{len(ensemble.trees)} trees with {thresholds} nodes need too much memory"
        )


def _check_predictions(model: GradientBoosting, manifest: Manifest) -> None:
    found = model.rows(_everywhere())
    if not (np.isfinite(found).all() and (found > 0).all() and (found < _LONGEST_SECONDS).all()):
        raise ModelRefused("PREDICTIONS_WRONG", "predictions are not between 0 and a day")
    if any(len(probe.features) != len(NAMES) for probe in manifest.probes):
        raise ModelRefused("MANIFEST_BROKEN", "a probe has not one value for each feature")
    probes = np.array([probe.features for probe in manifest.probes])
    expected = np.array([probe.seconds for probe in manifest.probes])
    worst = float(np.max(np.abs(model.rows(probes) - expected)))
    if not worst <= _TOLERANCE_SECONDS:
        raise ModelRefused("PREDICTIONS_WRONG", f"{worst} s away from what LightGBM predicted")


def _everywhere() -> NDArray[np.float64]:
    """Rows over the range of every feature, always the same."""
    rng = np.random.default_rng(7)
    ranges = {
        "type_log_seconds": (3.0, 7.0),
        "channel": (0.0, 6.0),
        "hour": (0.0, 23.0),
        "weekday": (0.0, 6.0),
        "wait_step": (0.0, 12.0),
        "queue_step": (0.0, 12.0),
        "customer_log_services": (0.0, 10.0),
        "customer_gap_step": (0.0, 15.0),
        "agent_shift_step": (0.0, 12.0),
        "agent_log_handled": (0.0, 16.0),
        "pair_log_handled": (0.0, 16.0),
        "pair_log_seconds": (3.0, 7.0),
        "agent_short_share": (0.0, 0.3),
        "agent_occupancy": (0.0, 1.0),
    }
    low, high = np.array([ranges.get(name, (-1.0, 1.0)) for name in NAMES]).T
    return rng.uniform(low, high, size=(_ROWS, len(NAMES)))
