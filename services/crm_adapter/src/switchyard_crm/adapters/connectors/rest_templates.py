"""Templates of the connector `rest`: what an operator writes and what values can do to it.

Values come from callers and customers, so none can become anything but a value: in a path it is one
percent-encoded segment, in a query or a form the value of one parameter, in a body one JSON value.
Expressions run in Jinja's sandbox, and a name that an operation does not have is an error when the
file is read.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from switchyard_crm.adapters.connectors.http import segment
from switchyard_crm.service.connectors import Invalid

type Values = Mapping[str, Any]

_SCALARS = (str, int, float, bool, type(None))
_MAX_DEPTH = 20


class BadTemplate(ValueError):
    """Not a template; the text says why and quotes no value."""


def _one_segment(value: object) -> str:
    return segment(str(value))


def _environment(finalize: Any = None) -> SandboxedEnvironment:
    return SandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        finalize=finalize,
    )


_PLAIN = _environment()
_PATH = _environment(_one_segment)


@dataclass(frozen=True, slots=True)
class Text:
    """A template that makes a text."""

    _render: Any

    def render(self, values: Values) -> str:
        """The text. Raises Invalid for values that the template cannot take."""
        rendered: str = _guarded(self._render.render, values)
        return rendered


@dataclass(frozen=True, slots=True)
class Leaf:
    """A template in a body. One that is a single expression keeps its value's type."""

    _render: Any
    _native: bool

    def render(self, values: Values) -> Any:
        """The JSON value. Raises Invalid."""
        if not self._native:
            return _guarded(self._render.render, values)
        value = _guarded(self._render, values)
        return value if isinstance(value, _SCALARS) else _plain_json(value)


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON document whose texts are templates; what renders as null is left out of objects."""

    _document: Any

    def render(self, values: Values) -> Any:
        """The document. Raises Invalid."""
        return _filled(self._document, values)


def text_template(source: str, variables: Set[str]) -> Text:
    """A template of a query, form or header value. Raises BadTemplate."""
    _checked(source, variables)
    return Text(_PLAIN.from_string(source))


def path_template(source: str, variables: Set[str]) -> Text:
    """A template of a path: each of its values is one segment, or a part of one."""
    if "://" in source or source.startswith("//") or "?" in source or "#" in source:
        raise BadTemplate("write a path below the connector's url, without ? and #")
    _checked(source, variables)
    return Text(_PATH.from_string(source))


def body_template(document: Any, variables: Set[str]) -> Body:
    """A JSON document of templates. Raises BadTemplate, with the place within it."""
    return Body(_compiled(document, variables, 0))


def variables_of(document: Any) -> frozenset[str]:
    """The names that the templates of a document use."""
    if isinstance(document, str):
        return frozenset(meta.find_undeclared_variables(_PLAIN.parse(document)))
    if isinstance(document, Mapping):
        document = list(document.values())
    if isinstance(document, list | tuple):
        return frozenset().union(*(variables_of(item) for item in document))
    return frozenset()


def _compiled(document: Any, variables: Set[str], depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise BadTemplate("is nested too deeply")
    if isinstance(document, dict):
        return {
            str(key): _within(f"{key}", value, variables, depth) for key, value in document.items()
        }
    if isinstance(document, list):
        return [
            _within(f"[{place}]", value, variables, depth) for place, value in enumerate(document)
        ]
    if isinstance(document, str):
        return _leaf(document, variables)
    if isinstance(document, _SCALARS):
        return document
    raise BadTemplate("holds something that JSON has not; put dates in quotes")


def _within(place: str, value: Any, variables: Set[str], depth: int) -> Any:
    try:
        return _compiled(value, variables, depth + 1)
    except BadTemplate as error:
        raise BadTemplate(f"{place}: {error}") from None


def _leaf(source: str, variables: Set[str]) -> Leaf:
    tree = _checked(source, variables)
    if _is_single(tree):
        expression = source.strip().removeprefix("{{").removesuffix("}}").strip("-+ \n")
        return Leaf(_PLAIN.compile_expression(expression), True)
    return Leaf(_PLAIN.from_string(source), False)


def _is_single(tree: nodes.Template) -> bool:
    output = tree.body[0] if len(tree.body) == 1 else None
    if not isinstance(output, nodes.Output) or len(output.nodes) != 1:
        return False
    return not isinstance(output.nodes[0], nodes.TemplateData)


def _checked(source: str, variables: Set[str]) -> nodes.Template:
    try:
        tree = _PLAIN.parse(source)
        _PLAIN.from_string(source)  # unknown filters and tests are told only here
    except TemplateSyntaxError as error:
        raise BadTemplate(f"is no template: {error.message}") from None
    unknown = sorted(meta.find_undeclared_variables(tree) - variables)
    if unknown:
        known = ", ".join(sorted(variables)) or "none"
        raise BadTemplate(f"there is no {', '.join(unknown)} here; there are {known}")
    return tree


def _guarded(render: Any, values: Values) -> Any:
    try:
        return render(**values)
    except (TemplateError, TypeError, ValueError, ArithmeticError):
        # Without a cause: its text may quote a value.
        raise Invalid("a template cannot take what it was given") from None


def _filled(document: Any, values: Values) -> Any:
    if isinstance(document, Leaf):
        return document.render(values)
    if isinstance(document, dict):
        rendered = {key: _filled(value, values) for key, value in document.items()}
        return {key: value for key, value in rendered.items() if value is not None}
    if isinstance(document, list):
        return [_filled(value, values) for value in document]
    return document


def _plain_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain_json(item) for key, item in value.items()}
    return value if isinstance(value, _SCALARS) else str(value)
