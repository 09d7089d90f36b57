"""From a batch of a log's rows to rows of the history, and what happened to the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from switchyard_insights.domain.importing.frame import Frame, Mask, mask, nulls
from switchyard_insights.domain.importing.mapping import LogMapping, Targets
from switchyard_insights.domain.importing.reasons import Reason, missing, too_long


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a batch that share a reason: their places in it, counted from 0."""

    reason: Reason
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MappedRows:
    """What a batch became. `columns`: of the rows that were kept; `places`: which those are."""

    columns: Mapping[str, pa.Array]
    places: pa.Array
    dropped: tuple[Counted, ...]
    noted: tuple[Counted, ...]


def map_rows(frame: Frame, mapping: LogMapping, targets: Targets) -> MappedRows:
    """Applies a mapping to a batch; a row is dropped for the first reason that concerns it.

    The order of reasons: the mapping's own rules, cells that cannot be read, values that `targets`
    do not take. O(rows × columns), vectorised.
    """
    for name, source in mapping.derived.items():
        frame.columns[name] = source.read(frame)
    columns = {name: source.read(frame) for name, source in mapping.columns.items()}
    rules = [(rule.condition.holds(frame), rule.reason) for rule in mapping.drops]
    refused = list(_refused(columns, targets))
    left = np.ones(frame.rows, np.bool_)
    dropped = tuple(_claimed(left, [*rules, *frame.faults, *refused]))
    noted = [_counted(rule.condition.holds(frame) & left, rule.reason) for rule in mapping.notes]
    places = pa.array(np.flatnonzero(left))
    return MappedRows(
        columns={name: _filled(column).take(places) for name, column in columns.items()},
        places=places,
        dropped=dropped,
        noted=tuple(each for each in noted if each.places),
    )


def _refused(columns: Mapping[str, pa.Array], targets: Targets) -> Iterator[tuple[Mask, Reason]]:
    for name, column in columns.items():
        target = targets[name]
        if target.required:
            yield nulls(column), missing(name)
        if target.length:
            long = pc.greater(pc.utf8_length(column), target.length)
            yield mask(long), too_long(name, target.length)


def _filled(column: pa.Array) -> pa.Array:
    """The history's texts are '' where there is nothing to say."""
    return column.fill_null("") if pa.types.is_string(column.type) else column


def _claimed(left: Mask, reasons: list[tuple[Mask, Reason]]) -> Iterator[Counted]:
    """Takes the rows of each reason out of those that are left."""
    for rows, reason in reasons:
        claimed = rows & left
        if claimed.any():
            left &= ~rows
            yield _counted(claimed, reason)


def _counted(rows: Mask, reason: Reason) -> Counted:
    return Counted(reason, tuple(np.flatnonzero(rows).tolist()))
