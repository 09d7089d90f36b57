"""Reports: one page, two languages, nothing fetched."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure
from switchyard_report.page import Page, Section, Text, Tone, note, picture, rendered, table, write

pytestmark = pytest.mark.unit

_SVG = re.compile(r"<svg.*?</svg>", re.DOTALL)


def _figure() -> Figure:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], marker="o")
    axes.set_xlabel("wait & talk, s")
    axes.set_title("untranslated")
    return figure


def _page() -> Page:
    words = (Text("wait & talk, s", "等待（秒）"),)
    drawn = picture(_figure(), Text("Waits", "等待"), words)
    head = (Text("Arm", "组"), Text("Mean", "均值"))
    rows = table(head, (("<b>", 1234.5), (Text("b", "乙"), None)))
    told = note(Text("No difference yet", "尚无差异"), Tone.WARNING)
    result = Section(Text("Result", "结果"), (told, rows, drawn, drawn))
    return Page(Text("Comparison", "对比"), (result,))


def test_holds_both_languages_and_shows_the_asked_one_first() -> None:
    page = rendered(_page(), "zh")
    assert "No difference yet" in page
    assert "尚无差异" in page
    assert '<html lang="zh">' in page
    assert 'id="show-zh" checked' in page


def test_fetches_nothing_and_runs_nothing() -> None:
    page = rendered(_page())
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "@import" not in page


def test_escapes_what_rows_say() -> None:
    page = rendered(_page())
    assert "&lt;b&gt;" in page
    assert "<td><b>" not in page


def test_pictures_keep_text_as_text_in_both_languages() -> None:
    svg = _SVG.findall(rendered(_page()))[0]
    assert '<tspan lang="en">wait &amp; talk, s</tspan><tspan lang="zh">等待（秒）</tspan>' in svg
    assert ">untranslated</text>" in svg
    assert 'aria-label="Waits / 等待"' in svg


def test_pictures_are_well_formed_and_share_no_ids() -> None:
    pictures = _SVG.findall(rendered(_page()))
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in pictures]
    assert all(ET.fromstring(svg) is not None for svg in pictures)
    assert ids[0]
    assert not ids[0] & ids[1]
    for svg, own in zip(pictures, ids, strict=True):
        assert set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", svg)) <= own


def test_the_same_figure_gives_the_same_page() -> None:
    assert rendered(_page()) == rendered(_page())


def test_numbers_are_readable_and_missing_ones_a_dash() -> None:
    page = rendered(_page())
    assert '<td class="number">1234</td>' in page
    assert '<td class="number">–</td>' in page


def test_refuses_rows_that_do_not_fit_the_head() -> None:
    with pytest.raises(ValueError, match="row 1 has 2 cells; the head has 1"):
        table((Text("a", "甲"),), ((1, 2),))


def test_replaces_a_report_whole(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "page.html"
    write(_page(), path)
    assert write(_page(), path, "zh").read_text(encoding="utf-8") == rendered(_page(), "zh")
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]
