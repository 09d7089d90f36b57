"""What a mapping can make of a log's cells: texts, numbers, and combinations of values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from switchyard_insights.domain.importing.conditions import Condition
from switchyard_insights.domain.importing.frame import Cell, Frame, mask, nulls
from switchyard_insights.domain.importing.reasons import Reason, unlisted
from switchyard_insights.domain.importing.times import Source

_A_NUMBER = Reason("a whole number", "整数")


class Others(StrEnum):
    """What to do with a text that a map of values does not list."""

    DROP = "drop"
    """Leave the row out."""
    KEEP = "keep"
    """Take the text as it is."""
    EMPTY = "empty"
    """Take nothing."""


@dataclass(frozen=True, slots=True)
class Text:
    """A cell's text, or the part of it that the pattern's first group finds."""

    cell: Cell
    pattern: re.Pattern[str] | None = None

    def read(self, frame: Frame) -> pa.Array:
        """Text or null."""
        if self.pattern is None:
            return self.cell.read(frame)
        shape = self.pattern.pattern
        expected = Reason(f"of the shape {shape}", f"{shape} 形状的文本")
        return self.cell.convert(frame, self._part, expected, pa.string())

    def _part(self, text: str) -> str:
        found = self.pattern.search(text) if self.pattern is not None else None
        if found is None:
            raise ValueError(text)
        return found[1]


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A cell's whole number."""

    cell: Cell

    def read(self, frame: Frame) -> pa.Array:
        """Whole numbers or null."""
        return self.cell.convert(frame, int, _A_NUMBER)


@dataclass(frozen=True, slots=True)
class Keyed:
    """A personal value, of which only the keyed hash goes on."""

    cell: Cell

    def read(self, frame: Frame) -> pa.Array:
        """16 hex digits or null."""
        nothing = Reason("a value to hash", "可散列的值")
        return self.cell.convert(frame, frame.pseudonym, nothing, pa.string())


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for every row."""

    value: str | int

    def read(self, frame: Frame) -> pa.Array:
        """That value."""
        return frame.constant(self.value)


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that the mapping derived before."""

    name: str

    def read(self, frame: Frame) -> pa.Array:
        """As it was derived."""
        return frame.columns[self.name]


@dataclass(frozen=True, slots=True)
class Joined:
    """Several texts in one; null if one of them is."""

    parts: tuple[Source, ...]
    by: str

    def read(self, frame: Frame) -> pa.Array:
        """Text or null."""
        return pc.binary_join_element_wise(*(part.read(frame) for part in self.parts), self.by)


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of several values that is there."""

    choices: tuple[Source, ...]

    def read(self, frame: Frame) -> pa.Array:
        """A value or null."""
        return pc.coalesce(*(choice.read(frame) for choice in self.choices))


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of whole numbers; null if one of them is."""

    parts: tuple[Source, ...]

    def read(self, frame: Frame) -> pa.Array:
        """Whole numbers or null."""
        return reduce(pc.add, (part.read(frame) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Span:
    """From one time to another; never negative, since clocks of a log may differ by a second."""

    begin: Source
    end: Source

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds or null."""
        return _not_negative(pc.subtract(self.end.read(frame), self.begin.read(frame)))


@dataclass(frozen=True, slots=True)
class Listed:
    """Texts put into the history's words."""

    source: Source
    column: str
    """Where the text comes from, for people."""
    words: Mapping[str, str]
    others: Others

    def read(self, frame: Frame) -> pa.Array:
        """Text or null."""
        texts = self.source.read(frame)
        places = pc.index_in(texts, pa.array(self.words, pa.string()))
        words = pa.array(self.words.values(), pa.string()).take(places)
        if self.others is Others.KEEP:
            return pc.coalesce(words, texts)
        if self.others is Others.DROP:
            frame.fault(nulls(places) & ~nulls(texts), unlisted(self.column))
        return words


@dataclass(frozen=True, slots=True)
class Only:
    """A value that counts on a condition; otherwise nothing, and faults of it do not matter."""

    source: Source
    condition: Condition

    def read(self, frame: Frame) -> pa.Array:
        """A value or null."""
        holds = self.condition.holds(frame)
        known = len(frame.faults)
        read = self.source.read(frame)
        late, frame.faults[known:] = frame.faults[known:], []
        for rows, reason in late:
            frame.fault(rows & holds, reason)
        return pc.if_else(pa.array(holds), read, pa.scalar(None, read.type))


def _not_negative(numbers: pa.Array) -> pa.Array:
    return pc.if_else(mask(pc.less(numbers, 0)), pa.scalar(0, pa.int64()), numbers)
