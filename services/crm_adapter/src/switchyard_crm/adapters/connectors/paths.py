"""Paths into a CRM's JSON: `properties.email`, `contacts[].value`, `contacts[type=phone].value`.

A name takes a field of an object, `[]` every element of a list, `[2]` the third, `[key=a|b]` those
objects whose field has one of these values. What is not there yields nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"(?:^|\.)([^.\[\]=|\s][^.\[\]=|]*)|\[(\d*)\]|\[([^.\[\]=|]+)=([^\[\]=]*)\]")


class BadPath(ValueError):
    """Not a path."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: a field's name, or elements of a list (all, one, or those with given values)."""

    name: str = ""
    index: int | None = None
    key: str = ""
    values: frozenset[str] = frozenset()

    def of(self, value: Any) -> Iterator[Any]:
        if self.name:
            if isinstance(value, Mapping) and self.name in value:
                yield value[self.name]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from self._elements(value)

    def _elements(self, values: Sequence[Any]) -> Iterator[Any]:
        if self.index is not None:
            yield from values[self.index : self.index + 1]
        elif self.key:
            yield from (value for value in values if self._fits(value))
        else:
            yield from values

    def _fits(self, value: Any) -> bool:
        return isinstance(value, Mapping) and scalar(value.get(self.key)) in self.values


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A parsed path."""

    text: str
    steps: tuple[_Step, ...]

    @property
    def root(self) -> str:
        """The field of the document that it starts from, for CRMs that want to be told fields."""
        return self.steps[0].name

    @property
    def fields(self) -> tuple[str, ...]:
        """What it reads, as `contacts.value`: the field it leads to, and those it chooses by."""
        names: list[str] = []
        chosen: list[str] = []
        for step in self.steps:
            if step.name:
                names.append(step.name)
            elif step.key:
                chosen.append(".".join((*names, step.key)))
        return (".".join(names), *chosen)

    def all(self, document: Any) -> list[Any]:
        """Everything there."""
        found = [document]
        for step in self.steps:
            found = [inner for value in found for inner in step.of(value)]
        return found


def parse_path(text: str) -> JsonPath:
    """The path that a text describes. Raises BadPath."""
    steps, end = [], 0
    while end < len(text):
        match = _STEP.match(text, end)
        if match is None or match.end() == end:
            raise BadPath(f"cannot be read from {text[end:]!r} on; write it like a.b[].c")
        steps.append(_step(match))
        end = match.end()
    if not steps or not steps[0].name:
        raise BadPath("is empty, or does not begin with a field's name")
    return JsonPath(text, tuple(steps))


def _step(match: re.Match[str]) -> _Step:
    name, index, key, values = match.groups()
    if name is not None:
        return _Step(name=name)
    if key is not None:
        return _Step(key=key, values=frozenset(values.split("|")))
    return _Step(index=int(index) if index else None)


def scalar(value: Any) -> str:
    """A JSON scalar as the text that YAML would have for it; empty for null, lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else ""
