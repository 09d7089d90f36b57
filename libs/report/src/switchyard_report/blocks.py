"""What a section of a report is made of: notes and tables; pictures have a module of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from switchyard_report.text import Text

type Cell = Text | str | float | int | None
"""One cell of a table; numbers are aligned to the right, None shows as a dash."""


class Tone(StrEnum):
    """How a note is meant."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: Text
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head, all of the same width."""

    head: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: Text | None = None


def note(text: Text, tone: Tone = Tone.PLAIN) -> Note:
    """A paragraph; its tone colours it, its words must say the same."""
    return Note(text, tone)


def table(
    head: Sequence[Text], rows: Sequence[Sequence[Cell]], caption: Text | None = None
) -> Table:
    """A table. Raises ValueError where a row is not as wide as the head."""
    for number, row in enumerate(rows, 1):
        if len(row) != len(head):
            raise ValueError(f"row {number} has {len(row)} cells; the head has {len(head)}")
    return Table(tuple(head), tuple(tuple(row) for row in rows), caption)


def shown(cell: Cell) -> str:
    """A cell without translation, as a reader sees it: four significant digits, thousands apart."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 10_000 else f"{cell:.4g}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return str(cell)
