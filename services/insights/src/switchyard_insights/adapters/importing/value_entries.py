"""Values of a mapping out of its document."""

import re
from collections.abc import Callable

from switchyard_insights.adapters.importing.column_names import ColumnNames
from switchyard_insights.adapters.importing.condition_entries import condition, pattern
from switchyard_insights.adapters.importing.yaml_entry import Entry
from switchyard_insights.domain.importing.frame import Cell
from switchyard_insights.domain.importing.mapping import Kind
from switchyard_insights.domain.importing.times import (
    CLOCK,
    DURATION_UNITS_MS,
    EPOCH_UNITS_MS,
    ClockNear,
    ClockOnDay,
    Duration,
    Epoch,
    Moment,
    Source,
)
from switchyard_insights.domain.importing.values import (
    Constant,
    Derived,
    FirstOf,
    Joined,
    Keyed,
    Listed,
    Only,
    Others,
    Span,
    Text,
    Total,
    WholeNumber,
)

type Parts = dict[str, Entry]
type Read = tuple[Source, Kind]

_EVERYWHERE = frozenset({"only", "values", "others"})
_UNITS = {unit: unit for unit in (*DURATION_UNITS_MS, CLOCK)}
_OTHERS = {others.value: others for others in Others}


class ValueReader:
    """Reads values; the columns they speak of must be known to `names`."""

    def __init__(self, names: ColumnNames) -> None:
        self._names = names
        self._kinds: dict[str, tuple[Callable[[Parts], Read], str]] = {
            "column": (self._column, "match empty"),
            "constant": (self._constant, ""),
            "join": (self._join, "by"),
            "time": (self._time, "format epoch empty"),
            "clock": (self._clock, "on format near empty"),
            "duration": (self._duration, "unit empty"),
            "number": (self._number, "empty"),
            "pseudonym": (self._pseudonym, "empty"),
            "first_of": (self._first_of, ""),
            "sum": (self._sum, ""),
            "span": (self._span, ""),
        }

    def read(self, entry: Entry) -> Read:
        """A column's name, or keys of which exactly one says what kind of value it is."""
        if not entry.is_mapping():
            return self._named(entry)
        kinds = [kind for kind in self._kinds if kind in entry.entries()]
        if len(kinds) != 1:
            found = f"{len(kinds)} kinds of value ({', '.join(kinds) or 'none'})"
            entry.refuse(found, f"Write exactly one of {', '.join(self._kinds)}")
        reader, more = self._kinds[kinds[0]]
        parts = entry.entries(_EVERYWHERE | {kinds[0], *more.split()})
        source, kind = reader(parts)
        if "values" in parts:
            source = self._listed(source, kind, parts)
        elif "others" in parts:
            parts["others"].refuse("`others` without `values`", "Add `values:` or remove it")
        if "only" in parts:
            source = Only(source, condition(parts["only"], self._names))
        return source, kind

    def of_kind(self, entry: Entry, kind: Kind) -> Source:
        """A value that must be of a kind."""
        source, found = self.read(entry)
        if found is not kind:
            fix = (
                "Write `{time: …}`, `{duration: …}` or `{number: …}`"
                if kind is Kind.INTEGER
                else "Name a text column"
            )
            entry.refuse(f"gives a {found.value}, but a {kind.value} is needed", fix)
        return source

    def _named(self, entry: Entry) -> Read:
        name = self._names.known(entry.text(), entry)
        kind = self._names.kind(name)
        return (Derived(name) if name in self._names.derived else Text(Cell(name))), kind

    def _cell(self, entry: Entry, parts: Parts) -> Cell:
        name = self._names.known(entry.text(), entry)
        if self._names.kind(name) is not Kind.TEXT:
            entry.refuse(f"`{name}` is a number already", f"Use `{name}` as it is")
        return Cell(name, parts["empty"].texts() if "empty" in parts else ())

    def _column(self, parts: Parts) -> Read:
        if parts.keys().isdisjoint({"match", "empty"}):
            return self._named(parts["column"])
        cell = self._cell(parts["column"], parts)
        shape = re.compile(pattern(parts["match"], 1)) if "match" in parts else None
        return Text(cell, shape), Kind.TEXT

    def _constant(self, parts: Parts) -> Read:
        value = parts["constant"].scalar()
        if isinstance(value, int) and not isinstance(value, bool):
            return Constant(value), Kind.INTEGER
        return Constant(parts["constant"].text()), Kind.TEXT

    def _join(self, parts: Parts) -> Read:
        by = parts["by"].text() if "by" in parts else ""
        return Joined(self._several(parts["join"], Kind.TEXT), by), Kind.TEXT

    def _time(self, parts: Parts) -> Read:
        entry = parts["time"]
        cell = self._cell(entry, parts)
        if ("format" in parts) == ("epoch" in parts):
            entry.refuse("`format` or `epoch` is needed", "Write one, such as `epoch: s`")
        if "epoch" in parts:
            return Epoch(cell, parts["epoch"].choice(EPOCH_UNITS_MS)), Kind.INTEGER
        return Moment(cell, _time_format(parts["format"])), Kind.INTEGER

    def _clock(self, parts: Parts) -> Read:
        entry = parts["clock"]
        cell = self._cell(entry, parts)
        if ("on" in parts) == ("near" in parts):
            entry.refuse("its day is not clear", "Write `on: date column` or `near: a time`")
        if "near" in parts:
            return ClockNear(cell, self.of_kind(parts["near"], Kind.INTEGER)), Kind.INTEGER
        if "format" not in parts:
            entry.refuse(
                "the date's `format` is missing", "Write for instance `format: '%Y-%m-%d'`"
            )
        return ClockOnDay(
            cell, self._cell(parts["on"], {}), _time_format(parts["format"])
        ), Kind.INTEGER

    def _duration(self, parts: Parts) -> Read:
        if "unit" not in parts:
            parts["duration"].refuse("`unit` is missing", f"Write one of {', '.join(_UNITS)}")
        cell = self._cell(parts["duration"], parts)
        return Duration(cell, parts["unit"].choice(_UNITS)), Kind.INTEGER

    def _number(self, parts: Parts) -> Read:
        return WholeNumber(self._cell(parts["number"], parts)), Kind.INTEGER

    def _pseudonym(self, parts: Parts) -> Read:
        return Keyed(self._cell(parts["pseudonym"], parts)), Kind.TEXT

    def _first_of(self, parts: Parts) -> Read:
        items = parts["first_of"].items()
        _, kind = self.read(items[0])
        return FirstOf(self._several(parts["first_of"], kind)), kind

    def _sum(self, parts: Parts) -> Read:
        return Total(self._several(parts["sum"], Kind.INTEGER)), Kind.INTEGER

    def _span(self, parts: Parts) -> Read:
        ends = self._several(parts["span"], Kind.INTEGER)
        if len(ends) != 2:
            parts["span"].refuse(f"{len(ends)} times", "Write `[from, until]`")
        return Span(*ends), Kind.INTEGER

    def _several(self, entry: Entry, kind: Kind) -> tuple[Source, ...]:
        items = entry.items()
        if not items:
            entry.refuse("the list is empty", "Name at least one column")
        return tuple(self.of_kind(item, kind) for item in items)

    def _listed(self, source: Source, kind: Kind, parts: Parts) -> Source:
        values = parts["values"]
        if kind is not Kind.TEXT:
            values.refuse("`values` of a number", "Use them with texts")
        others = parts["others"].choice(_OTHERS) if "others" in parts else Others.DROP
        words = {text: word.text() for text, word in values.entries().items()}
        column = parts["column"].text() if "column" in parts else values.path
        return Listed(source, column, words, others)


def _time_format(entry: Entry) -> str:
    text = entry.text()
    if "%" not in text:
        entry.refuse("no % in the format", "Write for instance '%Y-%m-%d %H:%M:%S'")
    return text
