"""SOQL for a mapping: what to select, and values that stay values.

Escapes: "Quoted String Escape Sequences" of the SOQL and SOSL reference. Dates have no quotes.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapping import HandleRule, ItemFields
from switchyard_crm.adapters.connectors.salesforce_api import Described
from switchyard_crm.service.connectors import NotFound

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Z0-5]{3})?")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


def quoted(text: str) -> str:
    """A text as a literal."""
    return f"'{text.translate(_ESCAPES)}'"


def listed(texts: Iterable[str]) -> str:
    """Texts as the list of IN."""
    return f"({','.join(map(quoted, texts))})"


def stamped(time: datetime) -> str:
    """A moment as a literal, in whole seconds, which is all that Salesforce keeps."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record_id(text: str) -> str:
    """An id as a literal. Raises NotFound for what cannot be one."""
    if _ID.fullmatch(text) is None:
        raise NotFound("not an id of Salesforce")
    return quoted(text)


def any_of(conditions: Sequence[str]) -> str:
    """Conditions joined by OR."""
    return f"({' OR '.join(conditions)})"


def plain_fields(rules: Iterable[FieldRule], described: Described) -> list[str]:
    """The fields that rules read, as far as they are there."""
    found = {path for rule in rules for path in _paths(rule) if described.has(path)}
    return sorted(found)


def selected(section: BaseModel, described: Described, *needed: str) -> str:
    """What to select for a section of a mapping, and the fields that are `needed` besides."""
    found = {*plain_fields(_rules(section), described), *needed}
    items = [value for _, value in section if isinstance(value, ItemFields)]
    children = [child for item in items if (child := _child(item, described))]
    return ",".join((*sorted(found), *children))


def _rules(value: Any) -> Iterator[FieldRule]:
    if isinstance(value, FieldRule):
        yield value
    elif isinstance(value, HandleRule):
        yield value.path
    elif isinstance(value, tuple):
        for one in value:
            yield from _rules(one)
    elif isinstance(value, BaseModel) and not isinstance(value, ItemFields):
        for _, inner in value:
            yield from _rules(inner)


def _paths(rule: FieldRule) -> Iterator[str]:
    for path in (rule.path, *rule.paths):
        if path:
            yield path.split("[", maxsplit=1)[0]


def _child(items: ItemFields, described: Described) -> str:
    relation = next(_paths(items.path), "").split(".", maxsplit=1)[0]
    if relation not in described.children:
        return ""
    inner = ",".join(dict.fromkeys((*_paths(items.name), *_paths(items.quantity))))
    return f"(SELECT {inner} FROM {relation})"
