"""One HTML page in two languages, with everything it needs inside."""

import os
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from switchyard_report.blocks import Cell, Note, Table, Tone, note, shown, table
from switchyard_report.pictures import Picture, picture, placed
from switchyard_report.text import Language, Text

__all__ = [
    "Block",
    "Page",
    "Section",
    "Text",
    "Tone",
    "note",
    "picture",
    "rendered",
    "table",
    "write",
]

type Block = Note | Table | Picture
"""What a section can hold."""


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a page."""

    title: Text
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report: what it is called, and its parts from the most important on."""

    title: Text
    sections: tuple[Section, ...]


def rendered(page: Page, language: Language = "en") -> str:
    """The page as HTML; `language` is what it shows first, a switch on it shows the other."""
    environment = Environment(
        loader=PackageLoader("switchyard_report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.tests["text"] = lambda cell: isinstance(cell, Text)
    environment.tests["number"] = _is_number
    template = environment.get_template("page.html.j2")
    return template.render(page=page, language=language, sections=_sections(page))


def write(page: Page, path: Path, language: Language = "en") -> Path:
    """Write the page to a file; who reads it meanwhile sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(rendered(page, language), encoding="utf-8")
    unfinished.replace(path)
    return path


def _sections(page: Page) -> list[tuple[Text, list[tuple[str, Block, Markup]]]]:
    """Titles and blocks, each with its kind and, if it is a picture, its SVG under own ids."""
    numbered = 0
    sections = []
    for section in page.sections:
        blocks = []
        for block in section.blocks:
            svg = ""
            if isinstance(block, Picture):
                numbered += 1
                svg = placed(block, numbered)
            # Safe: matplotlib has escaped what was drawn, `placed` what was added.
            blocks.append((type(block).__name__.lower(), block, Markup(svg)))
        sections.append((section.title, blocks))
    return sections


def _is_number(cell: Cell) -> bool:
    return cell is None or isinstance(cell, int | float)
