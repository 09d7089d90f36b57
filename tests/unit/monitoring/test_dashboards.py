"""Dashboards are as the code makes them, ask for what is exported, and read in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.monitoring.alerts import recorded
from deploy.monitoring.dashboards import BOARDS, FOLDER, files
from deploy.monitoring.inventory import PROCESSES, metrics, series
from deploy.monitoring.panels import Board, Panel
from tests.fakes.monitoring.promql import assert_exported

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
PROMETHEUS = {
    "up": frozenset({"job", "process", "instance"}),
    "ALERTS": frozenset({"alertname", "alertstate"}),
}
WHOLE = {
    "phone": ("switchyard_phone_", "switchyard_phone_speech_"),
    "models": ("switchyard_router_model_", ""),
}


def known() -> dict[str, frozenset[str]]:
    return series() | dict.fromkeys(recorded(), frozenset({"queue"})) | PROMETHEUS


def read(board: Board) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / FOLDER / f"{board.name}.json").read_text())
    return found


def test_every_part_of_the_platform_has_a_dashboard_and_no_file_is_left_over() -> None:
    names = {board.name for board in BOARDS}
    assert names >= {"wallboard", "routing", "bot", "phone", "crm", "health", "history", "models"}
    assert {path.name for path in (ROOT / FOLDER).glob("*")} == {f"{name}.json" for name in names}


def test_files_are_as_the_code_makes_them() -> None:
    for path, text in files().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run make monitoring"


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda each: getattr(each, "title", ""))
def test_a_panel_asks_for_what_is_exported(board: Board, panel: Panel) -> None:
    assert 1 <= len(panel.queries) <= 26
    for query in panel.queries.values():
        if "__name__" not in query and "ALERTS" not in query:
            assert_exported(query, known())


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda each: getattr(each, "title", ""))
def test_a_legend_names_labels_that_the_query_keeps(board: Board, panel: Panel) -> None:
    for legend, query in panel.queries.items():
        for label in re.findall(r"\{\{(\w+)\}\}", legend):
            assert re.search(rf"by \([^)]*\b{label}\b[^)]*\)|:ratio", query), query


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=lambda each: getattr(each, "title", ""))
def test_a_panel_reads_in_both_languages(board: Board, panel: Panel) -> None:
    for text in (panel.title, panel.said, board.title):
        assert re.search("[A-Za-z]", text), text
        assert re.search("[\u4e00-\u9fff]", text), text
    assert " · " in panel.title


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_panels_fill_rows_and_overlap_nowhere(board: Board) -> None:
    taken: set[tuple[int, int]] = set()
    panels = read(board)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == len(board.panels)
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_variable_of_a_query_can_be_chosen(board: Board) -> None:
    chosen = {variable["name"] for variable in read(board)["templating"]["list"]}
    used = {
        name
        for panel in board.panels
        for query in panel.queries.values()
        for name in re.findall(r"\$([a-z]\w*)", query)
    }
    assert used <= chosen
    assert "datasource" in chosen


@pytest.mark.parametrize("name", WHOLE)
def test_a_dashboard_of_one_subject_leaves_none_of_its_metrics_out(name: str) -> None:
    board = next(board for board in BOARDS if board.name == name)
    asked = " ".join(query for panel in board.panels for query in panel.queries.values())
    start, but = WHOLE[name]
    own = {each.name for each in metrics() if each.name.startswith(start)}
    left_out = {each for each in own if each not in asked and not (but and each.startswith(but))}
    assert left_out == set()
    assert own, PROCESSES
