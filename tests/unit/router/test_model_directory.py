"""The newest sound version serves, else the one before goes on; a shadow is followed beside it."""

import shutil
from pathlib import Path
from typing import Any

import pytest
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
from switchyard_router.adapters.models.manifest import MANIFEST_FILE, MODEL_FILE, read_manifest
from switchyard_router.adapters.models.metrics import ModelMetrics
from switchyard_router.model_command import app
from typer.testing import CliRunner

from tests.fakes.router.core import Meter
from tests.fakes.router.models import change_manifest, change_model, version

pytestmark = pytest.mark.unit

FIRST_VERSION = "handle_time@20260101T120001"


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
