"""A model on disk serves when all is well with it; else the one before goes on serving."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from switchyard_router.adapters.models import directory
from switchyard_router.adapters.models.directory import (
    POINTER,
    SHADOW_POINTER,
    ModelDirectory,
    chosen,
    shadowed,
)
from switchyard_router.adapters.models.drift_metrics import ShadowMetrics
from switchyard_router.adapters.models.loading import load_model
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, MODEL_FILE, read_manifest
from switchyard_router.adapters.models.metrics import ModelMetrics
from switchyard_router.adapters.models.refusal import ModelRefused
from switchyard_router.domain.handle_time_features import NAMES, names_hash
from switchyard_router.model_command import app
from typer.testing import CliRunner

from tests.fakes.router.core import Meter
from tests.fakes.router.models import change_manifest, change_model, invented_text, version

pytestmark = pytest.mark.unit

FIRST_VERSION = "handle_time@20260101T120001"


def refusal(folder: Path) -> ModelRefused:
    with pytest.raises(ModelRefused) as refused:
        load_model(folder)
    return refused.value


class Case:
    """A directory, and what serves from it."""

    def __init__(self, directory: Path) -> None:
        self.meter = Meter()
        self.models = ModelDirectory(str(directory), self.meter, poll_seconds=1)
        self.logs: list[Any] = []

    def serves(self) -> str:
        with capture_logs() as logs:
            self.models.look()
        self.logs += logs
        model = self.models.current()
        return model.info.version if model else ""


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


def test_the_version_that_sorts_last_serves_and_a_later_one_replaces_it(tmp_path: Path) -> None:
    case = Case(tmp_path / "models")
    assert case.serves() == ""
    version(tmp_path / "models", 1)
    assert case.serves() == "handle_time@20260101T120001"
    version(tmp_path / "models", 3, seed=2)
    version(tmp_path / "models", 2)
    assert case.serves() == "handle_time@20260101T120003"
    assert len(case.meter.of("loaded")) == 2


def test_who_holds_a_model_keeps_it_when_another_is_swapped_in(tmp_path: Path) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    case.serves()
    held = case.models.current()
    version(tmp_path, 2)
    case.serves()
    assert held is not None
    assert held.info.version.endswith("1")
    assert held is not case.models.current()


def test_nothing_is_loaded_twice_while_nothing_changes(tmp_path: Path) -> None:
    case = Case(tmp_path)
    version(tmp_path)
    case.serves()
    model = case.models.current()
    case.serves()
    assert case.models.current() is model
    assert len(case.meter.of("loaded")) == 1


def test_a_pointer_pins_a_version_as_a_file_or_as_a_link(tmp_path: Path) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    version(tmp_path, 2)
    (tmp_path / POINTER).write_text("20260101T120001\n")
    assert case.serves() == "handle_time@20260101T120001"
    (tmp_path / POINTER).unlink()
    (tmp_path / POINTER).symlink_to("20260101T120002")
    assert case.serves() == "handle_time@20260101T120002"


@pytest.mark.parametrize("name", ["", "gone", "..", "../elsewhere", "/etc"])
def test_a_pointer_that_leads_nowhere_leaves_the_old_model_serving(
    tmp_path: Path, name: str
) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    case.serves()
    (tmp_path / POINTER).write_text(name)
    assert case.serves() == "handle_time@20260101T120001"
    assert case.meter.of("refused") == [["POINTER_BROKEN"]]


def test_a_refused_version_leaves_the_old_one_serving_and_is_logged_once(tmp_path: Path) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    case.serves()
    change_manifest(version(tmp_path, 2), time_zone="Mars/Olympus")
    for _ in range(3):
        assert case.serves() == "handle_time@20260101T120001"
    assert case.meter.of("refused") == [["MANIFEST_BROKEN"]]
    refused = [entry for entry in case.logs if entry["event"] == "model_refused"]
    assert len(refused) == 1
    assert refused[0]["serving"] == "handle_time@20260101T120001"


def test_a_loader_that_fails_in_a_new_way_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    case.serves()

    def fail(folder: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(directory, "load_model", fail)
    version(tmp_path, 2)
    assert case.serves() == "handle_time@20260101T120001"
    assert case.meter.of("refused") == [["FILE_BROKEN"]]
    assert "model_unreadable" in [entry["event"] for entry in case.logs]


def test_a_version_that_is_mended_is_taken(tmp_path: Path) -> None:
    case = Case(tmp_path)
    folder = version(tmp_path, 1)
    whole = (folder / MODEL_FILE).read_bytes()
    (folder / MODEL_FILE).write_bytes(whole[:500])
    assert case.serves() == ""
    (folder / MODEL_FILE).write_bytes(whole)
    assert case.serves() == "handle_time@20260101T120001"


def test_a_version_that_is_being_written_is_not_looked_at(tmp_path: Path) -> None:
    case = Case(tmp_path)
    version(tmp_path, 1)
    (tmp_path / ".writing-20270101T000000").mkdir()
    assert case.serves() == "handle_time@20260101T120001"
    assert case.meter.of("refused") == []


def test_without_the_directory_there_is_no_model_and_it_may_come_back(tmp_path: Path) -> None:
    place = tmp_path / "models"
    case = Case(place)
    version(place, 1)
    assert case.serves()
    shutil.rmtree(place)
    assert case.serves() == ""
    assert len(case.meter.of("withdrawn")) == 1
    version(place, 1)
    assert case.serves() == "handle_time@20260101T120001"


def test_a_router_without_a_directory_never_has_a_model() -> None:
    models = ModelDirectory("", Meter(), poll_seconds=1)
    models.look()
    assert models.current() is None


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("no directory")
    case = Case(tmp_path / "models")
    assert case.serves() == ""
    assert case.meter.of("refused") == [["FILE_UNREADABLE"]]


def test_metrics_show_the_model_that_serves_and_none_when_it_is_gone(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    metrics = ModelMetrics(registry)
    for number in (1, 2):
        metrics.loaded(read_manifest(version(tmp_path, number)))
    labels = {"version": "handle_time@20260101T120002"}
    assert registry.get_sample_value("switchyard_router_model_info", labels) == 1
    infos = [m for m in registry.collect() if m.name == "switchyard_router_model_info"]
    assert len(infos[0].samples) == 1
    assert (registry.get_sample_value("switchyard_router_model_age_seconds") or 0) > 0
    metrics.withdrawn()
    assert registry.get_sample_value("switchyard_router_model_info", labels) is None
    assert registry.get_sample_value("switchyard_router_model_age_seconds") == 0
    metrics.degraded("MODEL_SLOW")
    degraded = registry.get_sample_value(
        "switchyard_router_predictions_degraded_total", {"reason": "MODEL_SLOW"}
    )
    assert degraded == 1


def test_the_newest_is_chosen_without_reading_any(tmp_path: Path) -> None:
    for name in ("20250101T000000", "20260101T000000", ".writing-2027"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST_FILE).write_text("{}")
    (tmp_path / "zzz.txt").write_text("no folder")
    (tmp_path / "notes").mkdir()
    assert chosen(tmp_path) == tmp_path / "20260101T000000"


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


def test_a_shadow_is_the_version_that_its_pointer_names(tmp_path: Path) -> None:
    version(tmp_path, 1)
    version(tmp_path, 2)
    assert shadowed(tmp_path) is None
    (tmp_path / SHADOW_POINTER).write_text("20260101T120001\n")
    assert shadowed(tmp_path) == tmp_path / "20260101T120001"
    case = Case(tmp_path)
    assert case.serves() == "handle_time@20260101T120002"


def test_the_newest_version_is_a_shadow_if_wished_while_another_is_pinned(tmp_path: Path) -> None:
    version(tmp_path, 1)
    version(tmp_path, 2)
    assert shadowed(tmp_path, newest=True) is None
    (tmp_path / POINTER).write_text("20260101T120001")
    assert shadowed(tmp_path, newest=True) == tmp_path / "20260101T120002"
    assert shadowed(tmp_path) is None


def test_the_version_that_serves_is_nobodys_shadow(tmp_path: Path) -> None:
    version(tmp_path, 1)
    (tmp_path / SHADOW_POINTER).write_text("20260101T120001")
    assert shadowed(tmp_path) is None


def test_a_shadow_is_followed_like_a_model_that_serves_and_shown_beside_it(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    shadow = ModelDirectory(str(tmp_path), ShadowMetrics(registry), 1, shadowed, "shadow")
    version(tmp_path, 1)
    version(tmp_path, 2)
    (tmp_path / SHADOW_POINTER).write_text("20260101T120001")
    shadow.look()
    name, labels = "switchyard_router_model_shadow_info", {"version": FIRST_VERSION}
    assert registry.get_sample_value(name, labels) == 1
    (tmp_path / SHADOW_POINTER).write_text("gone")
    shadow.look()
    refusals = "switchyard_router_model_shadow_refusals_total"
    assert registry.get_sample_value(refusals, {"reason": "POINTER_BROKEN"}) == 1
    assert shadow.current() is not None
    (tmp_path / SHADOW_POINTER).unlink()
    shadow.look()
    assert shadow.current() is None
    assert registry.get_sample_value(name, labels) is None


def test_showing_a_directory_tells_of_the_shadow_too(tmp_path: Path) -> None:
    version(tmp_path, 1)
    folder = version(tmp_path, 2)
    run = CliRunner().invoke
    assert "shadow" not in run(app, ["show", str(tmp_path)]).output
    (tmp_path / POINTER).write_text("20260101T120001")
    (tmp_path / SHADOW_POINTER).write_text("20260101T120002")
    shown = run(app, ["show", str(tmp_path)])
    assert shown.exit_code == 0
    head, _, tail = shown.output.partition("shadow: ")
    assert FIRST_VERSION in head
    assert "handle_time@20260101T120002" in tail
    change_model(folder, "broken")
    assert run(app, ["show", str(tmp_path)]).exit_code == 1
