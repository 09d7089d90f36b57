"""What the site is made of: every page in its place, links that stay in a language, contracts."""

from pathlib import Path

import pytest
from switchyard.router.v1 import contact_service_pb2
from switchyard_router.entrypoints.http.routes import ROUTES

from docs.site import reference
from docs.site.contents import DOCS, LANGUAGES, ROOT, ContentsWrong, read
from docs.site.pages import BrokenLink, Site
from docs.site.search import BothLanguages

pytestmark = pytest.mark.unit

PLANS, WAITS, HTTP = (DOCS / f"{name}.md" for name in ("plans", "waits", "http"))
NAMES = {ROOT / "README.md": "index", PLANS: "plans", WAITS: "waits", HTTP: "http"}


def contents(tmp_path: Path, listed: str, *there: str) -> tuple[str, ...]:
    for name in there:
        page = tmp_path / "docs" / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()
    table = tmp_path / "contents.yml"
    table.write_text(f"- title: {{en: All, zh: 全部}}\n  pages: [{listed}]\n", "utf-8")
    (section,) = read(table, tmp_path / "docs")
    return section.pages


def test_every_page_of_the_documentation_has_its_place_and_every_heading_two_languages() -> None:
    for section in read():
        assert set(section.title) == set(LANGUAGES)
        assert section.pages


def test_a_translation_is_no_page_of_its_own_and_a_folder_is_taken_whole(tmp_path: Path) -> None:
    there = ("plans", "plans.zh", "runbooks/b", "runbooks/b.zh", "runbooks/a")
    assert contents(tmp_path, "plans, runbooks/*", *there) == ("plans", "runbooks/a", "runbooks/b")


@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        ("plans, plans, http", "listed twice: plans"),
        ("plans, http, waits", "no such page: waits"),
        ("plans", "not listed: say under which heading it is read: http"),
    ],
)
def test_a_table_that_does_not_fit_the_folder_is_refused_by_name(
    tmp_path: Path, listed: str, complaint: str
) -> None:
    with pytest.raises(ContentsWrong, match=complaint):
        contents(tmp_path, listed, "plans", "http")


@pytest.mark.parametrize(
    ("written", "language", "shown"),
    [
        ("[plans](plans.md#steps)", "en", "[plans](plans.md#steps)"),
        ("[方案](plans.zh.md#步骤)", "zh", "[方案](plans.md#步骤)"),
        ("[start](../README.md)", "en", "[start](index.md)"),
        ("[law](https://example.org/a.md)", "en", "[law](https://example.org/a.md)"),
        ("[below](#here)", "en", "[below](#here)"),
        ("[examples](../deploy/asterisk)", "en", "examples (`deploy/asterisk`)"),
        ("[deploy/asterisk](../deploy/asterisk)", "en", "`deploy/asterisk`"),
        ("![all](images/processes.svg)", "en", "![all](images/processes.svg)"),
        ("```sh\n[not](a-link.md)\n```", "en", "```sh\n[not](a-link.md)\n```"),
    ],
)
def test_a_link_leads_to_the_page_in_the_readers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, language: str, shown: str
) -> None:
    page = DOCS / "http.md"
    monkeypatch.setattr(
        Path, "read_text", lambda *_: f"# HTTP\n\n[中文](http.zh.md)\n\n{written}\n"
    )
    assert Site(NAMES, language).render(page) == f"# HTTP\n\n{shown}\n"


def test_a_link_to_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_: "# HTTP\n\n[gone](no-such.md)\n")
    with pytest.raises(BrokenLink, match=r"docs/http\.md: no-such\.md is not there"):
        Site(NAMES, "en").render(HTTP)


def test_a_page_that_is_not_translated_says_so_and_leads_to_no_english_headings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    english_only = {path for path in NAMES if not path.with_suffix(".zh.md").exists()}
    assert HTTP not in english_only
    page = DOCS / "only-english.md"
    monkeypatch.setattr(Path, "read_text", lambda *_: "# Only\n\n[h](http.md#certificates)\n")
    shown = Site({**NAMES, page: "only-english"}, "zh").render(page)
    assert shown.startswith("# Only\n\n```{note}\n这一页目前只有英文。\n```\n\n")
    assert "[h](http.md)" in shown


def test_the_reference_tells_every_rpc_with_its_roles_and_its_http_form() -> None:
    pages = reference.pages()
    router = pages["switchyard.router.v1"]
    service = contact_service_pb2.DESCRIPTOR.services_by_name["ContactService"]
    assert all(f"### {method.name}\n" in router for method in service.methods)
    assert all(f"`{route.verb} {route.path}`" in router for route in ROUTES)
    assert "Roles: platform, supervisor" in router
    assert {"switchyard.crm.v1", "switchyard.events.v1"} <= set(pages)


def test_what_a_comment_says_is_text_and_no_markdown() -> None:
    assert reference.literal("a [list] of <b>, *all* {x}") == r"a \[list] of \<b>, \*all\* \{x}"


def test_chinese_is_searched_by_pairs_of_characters_and_english_by_words() -> None:
    words = BothLanguages({})
    assert words.split("转接到 agent 1007 的电话") == [
        "agent",
        "1007",
        "转接",
        "接到",
        "的电",
        "电话",
    ]
    assert words.split("中") == ["中"]
    assert words.stem("offers") == words.stem("offer")
