"""A version of a model is loaded when all is well with it, and refused with the reason else."""

import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, MODEL_FILE, read_manifest
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.domain.handle_time_features import NAMES, names_hash

from tests.fakes.router.models import change_manifest, change_model, invented_text, version

pytestmark = pytest.mark.unit


def refusal(folder: Path) -> ModelRefused:
    with pytest.raises(ModelRefused) as refused:
        load_model(folder)
    return refused.value


def test_a_published_version_is_loaded_with_what_its_manifest_says(tmp_path: Path) -> None:
    model, manifest = load_model(version(tmp_path))
    assert model.info.version == "handle_time@20260101T120001"
    assert model.info.trained_until == manifest.training_window.end
    assert manifest.features == NAMES
    assert manifest.rows > 1000
    assert {"mae_lightgbm", "mae_table", "coverage80"} <= set(manifest.metrics)
    assert "lightgbm" in manifest.libraries


@pytest.mark.parametrize(
    ("features", "said"),
    [
        (NAMES[:-1], "not in the model: pair_log_seconds"),
        ((*NAMES, "mood"), "not in the router: mood"),
        (("mood", *NAMES[1:]), "not in the model: type_log_seconds; not in the router: mood"),
        ((NAMES[1], NAMES[0], *NAMES[2:]), "another order, or twice, from number 1 on"),
        ((*NAMES, NAMES[0]), "another order, or twice, from number 19 on"),
    ],
)
def test_other_features_are_refused_with_the_difference(
    tmp_path: Path, features: tuple[str, ...], said: str
) -> None:
    folder = version(tmp_path)
    change_manifest(folder, features=features, features_sha256=names_hash(features))
    assert refusal(folder).code == "FEATURES_DIFFER"
    assert said in refusal(folder).problem


def test_features_that_only_the_manifest_gets_right_are_refused(tmp_path: Path) -> None:
    folder = version(tmp_path)
    change_model(folder, (folder / MODEL_FILE).read_text().replace(" hour ", " minute "))
    assert "not in the router: minute" in refusal(folder).problem


def test_a_truncated_file_is_refused_by_its_hash(tmp_path: Path) -> None:
    folder = version(tmp_path)
    path = folder / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(folder).code == "HASH_DIFFERS"


def test_a_truncated_file_with_its_own_hash_is_refused_by_its_trees(tmp_path: Path) -> None:
    folder = version(tmp_path)
    text = (folder / MODEL_FILE).read_text()
    change_model(folder, text[: text.index("end of trees") - 200])
    assert refusal(folder).code == "FILE_BROKEN"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features_sha256": "x"}, "features_sha256 is not the hash"),
        ({"time_zone": "Mars/Olympus"}, "no time zone"),
        ({"model_sha256": "short"}, "model_sha256"),
        ({"created": "yesterday"}, "created"),
        ({"version": "../../etc"}, "version"),
        (
            {"training_window": {"begin": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}},
            "ends before it begins",
        ),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_with_the_place(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    folder = version(tmp_path)
    change_manifest(folder, **changes)
    assert refusal(folder).code == "MANIFEST_BROKEN"
    assert said in refusal(folder).problem


@pytest.mark.parametrize("name", [MANIFEST_FILE, MODEL_FILE])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = version(tmp_path)
    (folder / name).unlink()
    assert refusal(folder).code == "FILE_MISSING"
    assert name in refusal(folder).problem


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    folder = version(tmp_path)
    os.truncate(folder / MANIFEST_FILE, 1 << 21)
    assert refusal(folder).code == "TOO_LARGE"


@pytest.mark.parametrize("value", ["1e300", "-700", "700"])
def test_predictions_beyond_reason_are_refused(tmp_path: Path, value: str) -> None:
    folder = version(tmp_path)
    text = (folder / MODEL_FILE).read_text()
    start = text.index("leaf_value=") + len("leaf_value=")
    line = text[start : text.index("\n", start)]
    changed = " ".join(value for _ in line.split())
    change_model(folder, text.replace(line, changed, 1))
    assert refusal(folder).code == "PREDICTIONS_WRONG"


def test_predictions_that_are_not_what_the_trainer_saw_are_refused(tmp_path: Path) -> None:
    folder = version(tmp_path)
    probes = [
        {"features": probe.features, "seconds": probe.seconds + (2e-6 if number == 5 else 0)}
        for number, probe in enumerate(read_manifest(folder).probes)
    ]
    change_manifest(folder, probes=probes)
    assert refusal(folder).code == "PREDICTIONS_WRONG"
    change_manifest(folder, probes=[{**probe, "features": [1.0]} for probe in probes])
    assert refusal(folder).code == "MANIFEST_BROKEN"
    change_manifest(folder, probes=probes[:7])
    assert refusal(folder).code == "MANIFEST_BROKEN"


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    cuts=st.integers(0, 3),
    swaps=st.lists(st.sampled_from("0123456789-. =\nTreex"), max_size=4),
)
def test_a_damaged_file_is_refused_or_serves_sound_trees(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: int, swaps: list[str]
) -> None:
    folder = version(tmp_path_factory.mktemp("damaged"))
    rng, text = random.Random(seed), (folder / MODEL_FILE).read_text()
    text = text[: text.index("feature_importances")]
    for _ in range(cuts):
        start = rng.randrange(len(text))
        text = text[:start] + text[start + rng.randint(1, 30) :]
    for letter in swaps:
        place = rng.randrange(len(text))
        text = text[:place] + letter + text[place + 1 :]
    change_model(folder, text)
    try:
        model, _ = load_model(folder)
    except ModelRefused:
        return
    assert model.info.version


def test_a_model_of_invented_trees_for_other_features_never_serves(tmp_path: Path) -> None:
    folder = version(tmp_path)
    change_model(folder, invented_text(random.Random(1), 3, 8, len(NAMES)))
    assert refusal(folder).code == "FEATURES_DIFFER"


def test_a_manifest_tells_what_the_model_was_trained_on_or_that_it_does_not_know(
    tmp_path: Path,
) -> None:
    folder = version(tmp_path)
    manifest = read_manifest(folder)
    assert [sum(each.counts) for each in manifest.trained_on] == [manifest.rows] * len(NAMES)
    assert manifest.residual_ratios is not None
    assert 0 < manifest.residual_ratios.low < 1 < manifest.residual_ratios.high
    change_manifest(folder, histograms={"hour": {"edges": [1], "counts": [1, 2]}}, residuals=None)
    older = read_manifest(folder)
    assert (older.trained_on, older.residual_ratios) == ((), None)


@pytest.mark.parametrize(
    "changes",
    [
        {"histograms": {"hour": {"edges": [2, 1], "counts": [1, 2, 3]}}},
        {"histograms": {"hour": {"edges": [1, 2], "counts": [1, 2]}}},
        {"residuals": {"low": 1.5, "median": 0.9, "high": 2.0}},
    ],
)
def test_a_manifest_whose_histograms_or_quantiles_make_no_sense_is_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    folder = version(tmp_path)
    change_manifest(folder, **changes)
    assert refusal(folder).code == "MANIFEST_BROKEN"
