"""A batch of a log's rows while they are read, column by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from switchyard_insights.domain.importing.reasons import Reason, unreadable

type Mask = NDArray[np.bool_]
"""One flag per row of a batch."""


@dataclass(slots=True)
class Frame:
    """The columns of a batch by name, and what is wrong with which of its rows.

    Text as it stands in the file, or what the mapping derived: whole numbers, of milliseconds where
    they are times or durations. Arrow arrays, all `rows` long; an empty cell is null.
    """

    columns: dict[str, pa.Array]
    rows: int
    zone: ZoneInfo
    """Of the log's clock."""
    pseudonym: Callable[[str], str]
    """A personal value's keyed hash."""
    faults: list[tuple[Mask, Reason]] = field(default_factory=list)

    def fault(self, rows: Mask, reason: Reason) -> None:
        """Says that these rows cannot be used."""
        if rows.any():
            self.faults.append((rows, reason))

    def constant(self, value: str | int) -> pa.Array:
        """A column that holds the same everywhere."""
        kind = pa.string() if isinstance(value, str) else pa.int64()
        return pa.repeat(pa.scalar(value, kind), self.rows)


@dataclass(frozen=True, slots=True)
class Cell:
    """A column's text, trimmed; texts in `empty` count as nothing, as "" always does."""

    column: str
    empty: tuple[str, ...] = ()

    def read(self, frame: Frame) -> pa.Array:
        """Text or null per row."""
        texts = frame.columns[self.column]
        nothing = pc.is_in(texts, pa.array(["", *self.empty], pa.string()))
        return pc.if_else(nothing, pa.scalar(None, texts.type), texts)

    def convert(
        self,
        frame: Frame,
        convert: Callable[[str], str | int],
        expected: Reason,
        kind: pa.DataType | None = None,
    ) -> pa.Array:
        """What `convert` makes of each text; it is asked once per distinct text of the batch.

        A text at which it raises ValueError is a fault of its rows. `kind` is that of the result,
        whole numbers by default.
        """
        coded = self.read(frame).dictionary_encode()
        values: list[str | int | None] = []
        wrong: list[int] = []
        for index, text in enumerate(coded.dictionary.to_pylist()):
            try:
                values.append(convert(text))
            except ValueError:
                values.append(None)
                wrong.append(index)
        if wrong:
            bad = pc.is_in(coded.indices, pa.array(wrong, coded.indices.type))
            frame.fault(mask(bad), unreadable(self.column, expected))
        return pa.array(values, pa.int64() if kind is None else kind).take(coded.indices)


def mask(flags: pa.Array) -> Mask:
    """Arrow's flags as numpy's; unknown is False."""
    filled: Mask = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return filled


def nulls(array: pa.Array) -> Mask:
    """Where a column has nothing."""
    return mask(pc.is_null(array))


def trimmed(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """The text columns without the blanks around their cells."""
    return {name: pc.utf8_trim_whitespace(array) for name, array in columns.items()}
