"""YAML whose every part knows its line and its path, so that what is wrong can be pointed at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from switchyard_insights.service.importing import ImportRefused


class MappingRefused(ImportRefused):
    """A mapping cannot be used; the text names file, line and key, and says what to write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of a YAML document. `file` and `path` are for people."""

    file: str
    path: str
    node: yaml.Node

    def refuse(self, problem: str, fix: str) -> NoReturn:
        """Raises MappingRefused for this part."""
        where = f"{self.file}, line {self.node.start_mark.line + 1}"
        raise MappingRefused(f"{where}, {self.path or 'the document'}: {problem}. {fix}")

    def entries(self, known: frozenset[str] | None = None) -> dict[str, "Entry"]:
        """The parts of a mapping by key; only `known` keys are allowed where they are given."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("not keys with values", "Write `key: value` lines")
        found: dict[str, Entry] = {}
        for key_node, value in self.node.value:
            key = str(key_node.value)
            entry = Entry(self.file, f"{self.path}.{key}".lstrip("."), value)
            if key in found:
                entry.refuse("the key stands there twice", "Leave one of them")
            if known is not None and key not in known:
                entry.refuse("no such key", f"Use {', '.join(sorted(known))}")
            found[key] = entry
        return found

    def items(self) -> list["Entry"]:
        """The parts of a list; something else is a list of one."""
        if not isinstance(self.node, yaml.SequenceNode):
            return [self]
        return [
            Entry(self.file, f"{self.path}[{index}]", node)
            for index, node in enumerate(self.node.value)
        ]

    def is_mapping(self) -> bool:
        """Whether it is keys with values."""
        return isinstance(self.node, yaml.MappingNode)

    def scalar(self) -> Any:
        """A text, number, flag or nothing, as YAML reads it."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse("not a single value", "Write a text or a number")
        return yaml.SafeLoader("").construct_object(self.node)

    def text(self) -> str:
        """The scalar as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse("not a text", "Write one value")
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        """A list of texts, or one."""
        return tuple(item.text() for item in self.items())

    def choice(self, choices: Mapping[str, Any]) -> Any:
        """What the text stands for."""
        text = self.text()
        if text not in choices:
            self.refuse(f"{text!r} is not known", f"Use {', '.join(choices)}")
        return choices[text]

    def part(self, key: str) -> "Entry":
        """The part under a key, which must be there."""
        found = self.entries().get(key)
        if found is None:
            self.refuse(f"`{key}` is missing", f"Add `{key}: …` below it")
        return found


def read_entry(text: str, file: str) -> Entry:
    """The document's root. Raises MappingRefused for what is no YAML, and for an empty document."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        problem = str(error).replace("\n", " ")
        raise MappingRefused(f"{file}: not YAML ({problem}). Mind colons and indentation") from None
    if node is None:
        raise MappingRefused(f"{file}: empty. Begin from one of the included mappings")
    return Entry(file, "", node)
