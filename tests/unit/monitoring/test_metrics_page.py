"""The page of metrics says what the code exports, all of it, and Prometheus holds nobody's data."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.monitoring import inventory
from deploy.monitoring.__main__ import files
from deploy.monitoring.inventory import PROCESSES, metrics
from deploy.monitoring.table import PAGES, key, meanings

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("libs/*/src", "services/*/src", "services/ivr_bot/*/src", "services/ivr_bot/bot")
KINDS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}
PERSONAL = re.compile(
    r"agent|customer|contact|conversation|caller|number|phone|mail|user|name|session|(^|_)id$"
)


def classes_with_metrics() -> Iterator[str]:
    """Names of classes that make series on a registry they are given."""
    for pattern in SOURCES:
        for path in (file for folder in ROOT.glob(pattern) for file in folder.rglob("*.py")):
            text = path.read_text()
            if "prometheus_client" in text:
                yield from _making(ast.parse(text))


def _making(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            called = {
                call.func.id
                for call in ast.walk(node)
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
            }
            if called & KINDS or "Collector" in bases:
                yield node.name


def test_every_class_that_makes_metrics_is_in_the_inventory() -> None:
    made = set(classes_with_metrics())
    assert len(made) > 15
    source = Path(inventory.__file__).read_text()
    # Reached through another: the router's metrics own those of its queues.
    assert {name for name in made if name not in source} == {"QueueMetrics"}
    assert "switchyard_router_queue_offered_total" in inventory.series()


def test_no_metric_is_made_outside_of_a_class() -> None:
    for pattern in SOURCES:
        for path in (file for folder in ROOT.glob(pattern) for file in folder.rglob("*.py")):
            text = path.read_text()
            if re.search(r"from prometheus_client import .*\b(Counter|Gauge|Histogram)\b", text):
                assert list(_making(ast.parse(text))), path


@pytest.mark.parametrize("process", PROCESSES)
def test_every_metric_has_a_help_text_and_no_name_twice(process: str) -> None:
    found = [each for each in metrics() if each.process == process]
    assert found
    assert [each.name for each in found if len(each.meaning) < 5] == []
    names = [each.name for each in metrics()]
    assert len(names) == len(set(names))


def test_no_label_names_a_person_or_one_of_their_contacts() -> None:
    found = {label for each in metrics() for label in each.labels if PERSONAL.search(label)}
    assert found == set()


def test_no_label_tells_satisfaction_or_resolution() -> None:
    """Both are of the history: a case is solved or not days later, and ratings come late."""
    assert {label for each in metrics() for label in each.labels} & {
        "csat",
        "resolved",
        "fcr",
    } == set()


def test_no_label_is_one_that_prometheus_gives_to_targets() -> None:
    """It would be stored as `exported_job`, and `by (job)` would group by something else."""
    taken = {"job", "instance", "process", "namespace", "pod"}
    assert [each.name for each in metrics() if taken & set(each.labels)] == []


def test_counters_end_in_total_and_durations_in_seconds() -> None:
    for each in metrics():
        assert each.name.startswith(("switchyard_", "process_", "python_")), each.name
        assert (each.kind == "counter") == each.name.endswith("_total"), each.name
        assert not each.name.endswith(("_ms", "_minutes", "_hours", "_days")), each.name


def test_every_metric_is_explained_in_chinese_and_nothing_else_is() -> None:
    assert {key(each) for each in metrics()} == set(meanings())
    for name, said in meanings().items():
        assert re.search("[\u4e00-\u9fff]", said.zh), name
        assert bool(said.more) == bool(said.more_zh), name


def test_pages_are_as_the_code_makes_them() -> None:
    for path, text in files().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is stale: run make monitoring"
        )


def test_a_metric_that_is_new_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    page = ROOT / PAGES[0].path
    more = (*metrics(), inventory.Described("floor", "switchyard_x_total", "counter", (), "New."))
    monkeypatch.setattr("deploy.monitoring.table.metrics", lambda: more)
    monkeypatch.setattr(
        "deploy.monitoring.table.meanings",
        lambda: {**meanings(), "x_total": meanings()["python_info"]},
    )
    assert files()[page] != page.read_text(encoding="utf-8")


def test_a_metric_without_a_meaning_stops_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    more = (*metrics(), inventory.Described("floor", "switchyard_x_total", "counter", (), "New."))
    monkeypatch.setattr("deploy.monitoring.table.metrics", lambda: more)
    with pytest.raises(KeyError, match="x_total"):
        files()
