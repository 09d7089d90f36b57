"""A mapping: how the rows of one kind of call log become rows of one table of the history."""

from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from enum import StrEnum

from switchyard_insights.domain.importing.conditions import Condition
from switchyard_insights.domain.importing.reasons import Reason
from switchyard_insights.domain.importing.times import Source


class Kind(StrEnum):
    """What a value is."""

    TEXT = "text"
    INTEGER = "whole number or time"


@dataclass(frozen=True, slots=True)
class FileShape:
    """How the file is written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    columns: tuple[str, ...] = ()
    """Names of the columns of a file without a heading."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of which the condition holds are left out, or kept and counted, for this reason."""

    condition: Condition
    reason: Reason


@dataclass(frozen=True, slots=True)
class LogMapping:
    """All that is needed to read a log.

    `columns`: the history's column and where its value comes from, in the file's order of mention.
    `derived`: values by names of their own, which later ones may use. `sources`: the columns that
    are read from the file.
    """

    name: str
    table: str
    shape: FileShape
    time_zone: str
    sources: tuple[str, ...]
    derived: Pairs[str, Source]
    drops: tuple[Rule, ...]
    notes: tuple[Rule, ...]
    columns: Pairs[str, Source]


@dataclass(frozen=True, slots=True)
class Target:
    """A column of the history's table, as far as an import must know it.

    `kind`: of the value. `required`: without a value the row means nothing. `length`: of the
    longest text it takes; 0: no limit.
    """

    kind: Kind
    required: bool = False
    length: int = 0


type Targets = Pairs[str, Target]
"""Columns by name."""
