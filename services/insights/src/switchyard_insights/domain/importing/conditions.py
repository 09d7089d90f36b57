"""Conditions on a log's cells: which rows to leave out, and when a value counts."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from switchyard_insights.domain.importing.frame import Frame, Mask, mask

type Numbers = NDArray[np.float64]

COMPARISONS: Mapping[str, Callable[[Numbers, float], Mask]] = MappingProxyType(
    {
        "above": operator.gt,
        "below": operator.lt,
        "at_least": operator.ge,
        "at_most": operator.le,
    }
)
"""What a bound may be, by the word for it."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """The cell is one of these texts."""

    column: str
    texts: tuple[str, ...]

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        texts = pc.cast(frame.columns[self.column], pa.string())
        return mask(pc.is_in(texts, pa.array(self.texts, pa.string())))


@dataclass(frozen=True, slots=True)
class Bound:
    """The cell is a number on one side of a bound; a cell that is no number is on none."""

    column: str
    comparison: str
    number: float

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        compare = COMPARISONS[self.comparison]
        return compare(_numbers(frame.columns[self.column]), self.number)


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression (RE2) is found in the cell."""

    column: str
    pattern: str

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        return mask(pc.match_substring_regex(frame.columns[self.column], self.pattern))


@dataclass(frozen=True, slots=True)
class Empty:
    """The cell is empty."""

    column: str

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        cells = frame.columns[self.column]
        empty = mask(pc.is_null(cells))
        return empty | mask(pc.equal(cells, "")) if pa.types.is_string(cells.type) else empty


@dataclass(frozen=True, slots=True)
class Not:
    """The other condition does not hold."""

    condition: "Condition"

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        return ~self.condition.holds(frame)


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold."""

    conditions: tuple["Condition", ...]

    def holds(self, frame: Frame) -> Mask:
        """Per row."""
        every = np.ones(frame.rows, np.bool_)
        for condition in self.conditions:
            every &= condition.holds(frame)
        return every


type Condition = OneOf | Bound | Matches | Empty | Not | All


def _numbers(cells: pa.Array) -> Numbers:
    if not pa.types.is_string(cells.type):
        numbers: Numbers = pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False)
        return numbers
    coded = pc.fill_null(cells, "").dictionary_encode()
    distinct = np.asarray([_number(text) for text in coded.dictionary.to_pylist()], np.float64)
    read: Numbers = distinct[coded.indices.to_numpy()]
    return read


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
