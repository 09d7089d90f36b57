"""What stands in the site, in which order, and under which headings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")


class ContentsWrong(Exception):
    """The table of contents and the folder of pages do not agree."""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the navigation: its title by language, its pages' names without suffix."""

    title: Mapping[str, str]
    pages: tuple[str, ...]


def read(table: Path = DOCS / "site" / "contents.yml", docs: Path = DOCS) -> tuple[Section, ...]:
    """The sections; a page that is missing, listed twice or not listed is refused by name."""
    sections = tuple(_sections(yaml.safe_load(table.read_text("utf-8")), docs))
    listed = [page for section in sections for page in section.pages]
    there = {_name(path, docs) for path in docs.rglob("*.md") if docs / "site" not in path.parents}
    twice = sorted({page for page in listed if listed.count(page) > 1})
    for what, pages in (
        ("listed twice", twice),
        ("listed, but there is no such page", sorted(set(listed) - there)),
        ("not listed: say under which heading it is read", sorted(there - set(listed))),
    ):
        if pages:
            raise ContentsWrong(f"{table.name}: {what}: {', '.join(pages)}")
    return sections


def _sections(told: list[dict[str, Any]], docs: Path) -> Iterator[Section]:
    for section in told:
        pages = (name for entry in section["pages"] for name in _expand(str(entry), docs))
        yield Section(section["title"], tuple(pages))


def _expand(entry: str, docs: Path) -> list[str]:
    if "*" not in entry:
        return [entry]
    return sorted({_name(path, docs) for path in docs.glob(f"{entry}.md")})


def _name(path: Path, docs: Path) -> str:
    return path.relative_to(docs).as_posix().removesuffix(".md").removesuffix(".zh")
