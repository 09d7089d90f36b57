"""Mapping files: which field of ours stands where in a CRM's JSON. docs/connectors.md shows one.

Every kind of connector ships a default; a file that an operator names replaces the fields it
mentions and leaves the others.
"""

from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from switchyard_common.errors import StartError

from switchyard_crm.adapters.connectors.fields import FieldRule


class BadFile(StartError):
    """A file of settings is wrong; the text names file, path and reason, never a value."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def fields(self) -> frozenset[str]:
        """What is read of a document, as `contacts.value`."""
        return _fields(getattr(self, name) for name in type(self).model_fields)

    @property
    def roots(self) -> frozenset[str]:
        """The document's fields that are read from, as `contacts`."""
        return frozenset(field.split(".", 1)[0] for field in self.fields)


class HandleRule(_Section):
    """A handle in an app, or a record id in another system."""

    namespace: str
    path: FieldRule


class ProfileFields(_Section):
    """Fields of a person. Phones and e-mails that are none are left out."""

    source_id: FieldRule
    observed: FieldRule | None = None
    display_name: FieldRule | None = None
    language: FieldRule | None = None
    tier: FieldRule | None = None
    birth_date: FieldRule | None = None
    address: FieldRule | None = None
    since: FieldRule | None = None
    phones: tuple[FieldRule, ...] = ()
    emails: tuple[FieldRule, ...] = ()
    handles: tuple[HandleRule, ...] = ()
    records: tuple[HandleRule, ...] = ()


class CaseFields(_Section):
    """Fields of a case. `created` stands in for a missing `updated`, and the other way round."""

    number: FieldRule
    state: FieldRule
    subject: FieldRule | None = None
    priority: FieldRule | None = None
    created: FieldRule | None = None
    updated: FieldRule | None = None
    order_number: FieldRule | None = None

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if self.created is None and self.updated is None:
            raise ValueError("give created, updated or both")
        return self


class TotalFields(_Section):
    """An amount; `unit` says whether it counts yuan or fen."""

    currency: FieldRule
    amount: FieldRule
    unit: Literal["major", "minor"] = "major"


class ItemFields(_Section):
    """Lines of an order: `path` leads to them, the others are within one."""

    path: FieldRule
    name: FieldRule
    quantity: FieldRule

    @property
    def fields(self) -> frozenset[str]:
        """What is read of a document: the lines, and in them what is within."""
        within = self.name.fields | self.quantity.fields
        lines = {field for path in self.path.paths_given for field in path.fields[:1]}
        return self.path.fields | {f"{line}.{field}" for line in lines for field in within}


class OrderFields(_Section):
    """Fields of an order."""

    number: FieldRule
    state: FieldRule
    placed: FieldRule
    total: TotalFields | None = None
    delivery_date: FieldRule | None = None
    carrier: FieldRule | None = None
    tracking_number: FieldRule | None = None
    items: ItemFields | None = None


class InteractionFields(_Section):
    """Fields of an interaction."""

    id: FieldRule
    time: FieldRule
    channel: FieldRule
    summary: FieldRule | None = None
    agent: FieldRule | None = None
    disposition: FieldRule | None = None
    contact: FieldRule | None = None


class FieldMapping(BaseModel):
    """A whole mapping. A section that is missing cannot be read by the connector."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: ProfileFields
    case: CaseFields | None = None
    order: OrderFields | None = None
    interaction: InteractionFields | None = None


def load_mapping(default: Traversable | Path | None, own: Path | None) -> FieldMapping:
    """The default with an operator's own fields in it; either may be missing. Raises BadFile."""
    document: dict[str, Any] = {}
    if default is not None:
        document = read_yaml(default)
    if own is not None:
        document = _merged(document, read_yaml(own))
    return validated(FieldMapping, document, str(own or default))


def read_yaml(file: Traversable | Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises BadFile."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFile(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadFile(f"{file}: is not UTF-8") from error
    except yaml.YAMLError as error:
        # Without the library's text: it quotes the line, which may hold a secret.
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        raise BadFile(f"{file}{line}: is not YAML") from None
    if not isinstance(document, dict):
        raise BadFile(f"{file}: holds no fields")
    return document


def validated[M: BaseModel](model: type[M], document: Mapping[str, Any], file: str) -> M:
    """The document as a model. Raises BadFile with one line per problem."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        lines = (
            f"{file}: {_place(problem['loc'])}: {_reason(problem['type'], problem['msg'])}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise BadFile("\n".join(lines)) from None


def _place(location: tuple[int | str, ...]) -> str:
    return (
        "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in location
        ).removeprefix(".")
        or "(top)"
    )


def _reason(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "there is no such field"
    if kind == "missing":
        return "is missing"
    text = message.removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]}"


def _merged(default: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    both = dict(default)
    for section, fields in own.items():
        below = both.get(section)
        both[section] = (
            {**below, **fields} if isinstance(below, dict) and isinstance(fields, dict) else fields
        )
    return both


def _fields(values: Iterable[Any]) -> frozenset[str]:
    found: set[str] = set()
    for value in values:
        if isinstance(value, FieldRule | _Section):
            found |= value.fields
        elif isinstance(value, tuple):
            found |= _fields(value)
    return frozenset(found)
