"""Dashboards ask for nothing that the processes do not export."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from switchyard_insights.adapters.metrics import InsightsMetrics
from switchyard_phone.adapters.metrics import PhoneMetrics
from switchyard_router.adapters.models.drift_metrics import DriftMetrics, ShadowMetrics
from switchyard_router.adapters.models.metrics import ModelMetrics

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
_SOURCES = ("services/ivr_bot", "services/router/src", "services/crm_adapter/src")
_METRIC = re.compile(
    r'(Counter|Gauge|Histogram)\(\s*f?"((?:switchyard|\{\w+\})_[a-z_{}]+)",\s*"[^"]*"(.*?)\)\n',
    re.DOTALL,
)
_SUFFIXES = {"Histogram": ("_bucket", "_count", "_sum"), "Counter": ("",), "Gauge": ("",)}


def exported() -> dict[str, frozenset[str]]:
    """Series by name, with their labels, as the code of the processes declares them."""
    found: dict[str, frozenset[str]] = {}
    for folder in _SOURCES:
        for path in (ROOT / folder).rglob("*metrics*.py"):
            for kind, name, rest in _METRIC.findall(path.read_text()):
                labels = frozenset(re.findall(r'"([a-z_]+)"', rest))
                extra = {"le"} if kind == "Histogram" else set()
                for suffix in _SUFFIXES[kind]:
                    found[f"{name}{suffix}"] = labels | extra
    return found | phones() | models() | histories()


def phones() -> dict[str, frozenset[str]]:
    """The phone's, as its registry has them."""
    return registered(PhoneMetrics)


def models() -> dict[str, frozenset[str]]:
    """The router's of models, as its registry has them."""
    return registered(ModelMetrics, DriftMetrics, ShadowMetrics)


def histories() -> dict[str, frozenset[str]]:
    """Those of the history's writer, as its registry has them."""
    return registered(InsightsMetrics)


def registered(*kinds: Callable[[CollectorRegistry], object]) -> dict[str, frozenset[str]]:
    """Series by name, with their labels, that metrics of these kinds register."""
    registry = CollectorRegistry()
    for kind in kinds:
        kind(registry)
    found: dict[str, frozenset[str]] = {}
    for series, collector in registry._names_to_collectors.items():
        extra = {"le"} if series.endswith("_bucket") else set()
        found[series] = frozenset(collector._labelnames) | extra  # type: ignore[attr-defined]
    return found


def queries(path: Path) -> list[str]:
    board: dict[str, Any] = json.loads(path.read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def assert_exported(query: str, series: dict[str, frozenset[str]]) -> None:
    names = re.findall(r"switchyard_[a-z_]+", query)
    assert names, query
    for name in names:
        assert name in series, f"{name} is exported by nobody: {query}"
    used = set(re.findall(r"([a-z_]+)=~?\"", query))
    used |= {part.strip() for by in re.findall(r"by \(([^)]*)\)", query) for part in by.split(",")}
    for label in used:
        assert all(label in series[name] for name in names), f"{label}: {query}"


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_every_series_and_label_of_a_dashboard_is_exported(path: Path) -> None:
    series = exported()
    assert queries(path)
    for query in queries(path):
        assert_exported(query, series)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_every_panel_is_titled_in_both_languages_and_overlaps_no_other(path: Path) -> None:
    panels = json.loads(path.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert re.search(r"[A-Za-z]", panel["title"]), panel["title"]
        assert re.search("[\u4e00-\u9fff]", panel["title"]), panel["title"]
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_chat_phone_and_models_have_dashboards() -> None:
    assert {"chat.json", "models.json", "phone.json"} <= {path.name for path in DASHBOARDS}


@pytest.mark.parametrize(("board", "registry"), [("phone", phones), ("models", models)])
def test_a_dashboard_leaves_none_of_its_series_out(
    board: str, registry: Callable[[], dict[str, frozenset[str]]]
) -> None:
    asked = " ".join(queries(ROOT / f"deploy/grafana/dashboards/{board}.json"))
    written = {series.removesuffix("_created") for series in registry()}
    named = {re.sub("_(bucket|count|sum|total)$", "", series) for series in written}
    assert {name for name in named if name not in asked} == set()
