"""Conditions of a mapping out of its document."""

import re
from collections.abc import Callable

from switchyard_insights.adapters.importing.column_names import ColumnNames
from switchyard_insights.adapters.importing.yaml_entry import Entry
from switchyard_insights.domain.importing.conditions import (
    COMPARISONS,
    All,
    Bound,
    Condition,
    Empty,
    Matches,
    Not,
    OneOf,
)

_FLAGS = {"true": True, "false": False}


def condition(entry: Entry, names: ColumnNames) -> Condition:
    """`{column: test, …}`: all must hold. Raises MappingRefused."""
    tests = [
        found
        for column, test in entry.entries().items()
        for found in _tests(names.known(column, test), test)
    ]
    if not tests:
        entry.refuse("no condition", "Write `column: value`")
    return tests[0] if len(tests) == 1 else All(tuple(tests))


def pattern(entry: Entry, groups: int) -> str:
    """A regular expression with at least so many groups."""
    text = entry.text()
    try:
        compiled = re.compile(text)
    except re.error as error:
        entry.refuse(f"not a regular expression ({error})", "Escape special characters by \\")
    if compiled.groups < groups:
        entry.refuse("no group in it", "Put what to take into ( )")
    return text


def _tests(column: str, test: Entry) -> list[Condition]:
    if not test.is_mapping():
        return [OneOf(column, test.texts())]
    parts = test.entries(frozenset(_KINDS))
    return [_KINDS[kind](column, part, kind) for kind, part in parts.items()]


def _bound(column: str, entry: Entry, kind: str) -> Condition:
    number = entry.scalar()
    if isinstance(number, bool) or not isinstance(number, int | float):
        entry.refuse("not a number", "Write a number, in the unit of the column")
    return Bound(column, kind, float(number))


def _matches(column: str, entry: Entry, _: str) -> Condition:
    return Matches(column, pattern(entry, 0))


def _empty(column: str, entry: Entry, _: str) -> Condition:
    return Empty(column) if entry.choice(_FLAGS) else Not(Empty(column))


def _not(column: str, entry: Entry, _: str) -> Condition:
    return Not(OneOf(column, entry.texts()))


_KINDS: dict[str, Callable[[str, Entry, str], Condition]] = {
    **dict.fromkeys(COMPARISONS, _bound),
    "matches": _matches,
    "empty": _empty,
    "not": _not,
}
