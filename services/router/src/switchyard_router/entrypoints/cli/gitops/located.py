"""YAML whose every value knows its file and line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from switchyard_common.commands import trouble_of

_MOST_BYTES = 8 * 1024 * 1024
_MOST_VALUES = 500_000
_MOST_DEPTH = 30


class BadFile(Exception):
    """A file that cannot be used; the text says file, line, field and what to do."""


@dataclass(frozen=True, slots=True)
class Located:
    """A value with its place. `value`: a scalar, a list of Located or a dict of name to Located."""

    value: object
    file: str
    line: int
    path: str

    def wrong(self, fix: str) -> BadFile:
        """Says what is wrong here."""
        return BadFile(f"{self.file}:{self.line}: {self.path}: {fix}")

    def fields(self) -> dict[str, "Located"]:
        """The entries of a mapping; raises BadFile for anything else."""
        if not isinstance(self.value, dict):
            raise self.wrong("must be a mapping (name: value)")
        return self.value

    def items(self) -> "list[Located]":
        """The items of a list; raises BadFile for anything else."""
        if not isinstance(self.value, list):
            raise self.wrong("must be a list")
        return self.value

    def text(self) -> str:
        """A string; raises BadFile for anything else."""
        if not isinstance(self.value, str):
            raise self.wrong(f"must be text; put it in quotes: {str(self.value)[:40]!r}")
        return self.value


def read(path: Path) -> Iterator[Located]:
    """The documents of a file, by a loader that builds plain values only. Raises BadFile."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadFile(f"{path}: larger than {_MOST_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
        nodes = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node]
    except OSError as error:
        raise BadFile(trouble_of(error)) from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{path}: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadFile(f"{path}:{line}: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadFile(f"{path}: is not YAML: {error}") from error
    reader = _Reader(str(path))
    for node in nodes:
        yield reader.located(node, "")


class _Reader:
    """Turns YAML nodes into located values; aliases are bounded by the number of values."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._left = _MOST_VALUES
        self._scalars = yaml.constructor.SafeConstructor()

    def located(self, node: yaml.Node, path: str, depth: int = 0) -> Located:
        line = node.start_mark.line + 1
        self._left -= 1
        if self._left < 0 or depth > _MOST_DEPTH:
            raise BadFile(f"{self._file}:{line}: {path}: too large or nested too deep")
        return Located(self._value(node, path, depth), self._file, line, path)

    def _value(self, node: yaml.Node, path: str, depth: int) -> object:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.located(item, f"{path}[{index}]", depth + 1)
                for index, item in enumerate(node.value)
            ]
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            line = node.start_mark.line + 1
            raise BadFile(f"{self._file}:{line}: {path}: {error}") from error

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Located]:
        found: dict[str, Located] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise BadFile(f"{self._file}:{line}: {path}: names must be text")
            name = str(key.value)
            below = f"{path}.{name}" if path else name
            if name in found:
                raise BadFile(f"{self._file}:{line}: {below}: is there twice")
            found[name] = self.located(value, below, depth + 1)
        return found
