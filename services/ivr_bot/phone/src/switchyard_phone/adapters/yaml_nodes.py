"""Reads a YAML document part by part and notes every mistake with its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


class _NoDuplicates(yaml.SafeLoader):
    """YAML lets a later key replace an earlier one without a word."""


def _mapping(loader: _NoDuplicates, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if str(key) in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!s} stands here twice", key_node.start_mark
            )
        seen.add(str(key))
    found: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return found


_NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and where: `path` as in `menus.main.keys.3.label`."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


@dataclass(frozen=True, slots=True)
class Node:
    """One part of a document. What is read from it where it is wrong is harmless and noted."""

    path: str
    value: object
    problems: list[Problem] = field(repr=False)

    def wrong(self, reason: str) -> None:
        """Notes a mistake here."""
        self.problems.append(Problem(self.path, reason))

    def parts(self) -> dict[str, "Node"]:
        """The parts of a mapping, by name."""
        if not isinstance(self.value, Mapping):
            self.wrong("must map names to values")
            return {}
        return {
            str(name): Node(f"{self.path}.{name}" if self.path else str(name), part, self.problems)
            for name, part in self.value.items()
        }

    def fields(self, allowed: Iterable[str], needed: Iterable[str] = ()) -> dict[str, "Node"]:
        """The parts of a mapping that may hold only these."""
        parts = self.parts()
        for name in sorted(set(parts) - set(allowed)):
            parts.pop(name).wrong(f"is not known here; allowed: {', '.join(sorted(allowed))}")
        if isinstance(self.value, Mapping):
            for name in sorted(set(needed) - set(parts)):
                self.wrong(f"{name} is missing")
        return parts

    def items(self) -> list["Node"]:
        """The parts of a list."""
        if not isinstance(self.value, list):
            self.wrong("must be a list")
            return []
        return [
            Node(f"{self.path}[{place}]", part, self.problems)
            for place, part in enumerate(self.value)
        ]

    def text(self) -> str:
        """Words that are not empty."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value.strip()
        self.wrong("must be text, in quotes if it is a number or yes or no")
        return ""

    def one_of(self, known: Iterable[str]) -> str:
        """A name out of those."""
        name = self.text()
        if name and name not in set(known):
            self.wrong(f"{name} is not known; known: {', '.join(sorted(known))}")
            return ""
        return name

    def number(self, least: float, most: float) -> float:
        """A number between the two."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong("must be a number")
            return least
        if not least <= value <= most:
            self.wrong(f"must be from {least:g} to {most:g}")
            return least
        return float(value)

    def whole(self, least: int, most: int) -> int:
        """A whole number between the two."""
        if isinstance(self.value, float):
            self.wrong("must be a whole number")
            return least
        return int(self.number(least, most))

    def yes(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.wrong("must be true or false")
        return self.value is True


def document(text: str, problems: list[Problem]) -> Node | None:
    """The root of a document; None, and a problem with its line, if it is not YAML."""
    try:
        return Node("", yaml.load(text, _NoDuplicates), problems)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problems.append(Problem(f"line {line}", error.problem or "not YAML"))
    except yaml.YAMLError as error:
        problems.append(Problem("", f"not YAML: {error}"))
    return None
