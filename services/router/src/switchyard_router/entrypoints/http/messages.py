"""From an HTTP request to a protobuf request: the canonical JSON mapping, read strictly."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

from switchyard_router.domain.names import bad_field
from switchyard_router.entrypoints.http.routes import Route

_MOST_UNKNOWN = 20
_BOOLS = {"true": True, "false": False}

type Json = dict[str, Any]


def read_body(raw: bytes) -> Json:
    """A JSON object; nothing is an empty one. INVALID (MALFORMED_REQUEST) for anything else."""
    if not raw:
        return {}
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _malformed(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise _malformed("the body must be a JSON object")
    return document


def read_query(message: type[Message], pairs: Iterable[tuple[str, str]]) -> Json:
    """Query parameters as a JSON object: a field of the request each, lists by repetition."""
    fields = _by_name(message.DESCRIPTOR)
    document: Json = {}
    for name, text in pairs:
        field = fields.get(name)
        if field is None:
            document[name] = text  # named as unknown with the others
        elif field.is_repeated:
            document.setdefault(name, []).append(text)
        elif name in document:
            raise bad_field(name, "give it once")
        else:
            document[name] = _value(field, name, text)
    return document


def make_request[M: Message](
    message: type[M],
    route: Route,
    tenant: str,
    parameters: Mapping[str, str],
    document: Json,
) -> M:
    """The request that a route, its parameters and a JSON object stand for.

    INVALID names each field that does not exist, or the one that cannot be read.
    """
    unknown = list(_unknown(message.DESCRIPTOR, document, ""))
    if unknown:
        raise _unknown_fields(unknown[:_MOST_UNKNOWN])
    request = message()
    try:
        json_format.ParseDict(document, request)
    except json_format.ParseError as error:
        raise _malformed(str(error)) from error
    for path, template in route.bind.items():
        _bind(request, path, f"{tenant}/{template.format_map(dict(parameters))}")
    if "parent" in message.DESCRIPTOR.fields_by_name:
        _bind(request, "parent", tenant)
    return request


def to_json(message: Message) -> Json:
    """A response in the canonical mapping; fields with their default value are left out."""
    try:
        return json_format.MessageToDict(message)
    except json_format.SerializeToJsonError as error:
        raise DomainError(
            kind=ErrorKind.PRECONDITION,
            reason="NOT_JSON",
            message="a number in the answer has no JSON form (NaN or infinity); use gRPC",
        ) from error


def _bind(request: Message, path: str, name: str) -> None:
    """Set a field that the path decides; the body may repeat it, not contradict it."""
    *parents, last = path.split(".")
    holder: Any = request
    for parent in parents:
        holder = getattr(holder, parent)
    if getattr(holder, last) not in ("", name):
        raise bad_field(path, f"the path says {name}; leave it out of the body", "BAD_NAME")
    setattr(holder, last, name)


def _value(field: FieldDescriptor, name: str, text: str) -> Any:
    if field.type != FieldDescriptor.TYPE_BOOL:
        return text
    if text not in _BOOLS:
        raise bad_field(name, "give true or false")
    return _BOOLS[text]


def _by_name(descriptor: Any) -> dict[str, FieldDescriptor]:
    """Fields by both of their names."""
    return {f.json_name: f for f in descriptor.fields} | dict(descriptor.fields_by_name)


def _unknown(descriptor: Any, document: Mapping[str, Any], path: str) -> Iterable[str]:
    fields = _by_name(descriptor)
    for name, value in document.items():
        field = fields.get(name)
        if field is None:
            yield f"{path}{name}"
            continue
        inner = field.message_type
        if inner is None or inner.full_name.startswith("google.protobuf."):
            continue
        if inner.GetOptions().map_entry:
            continue
        for index, each in enumerate(value if isinstance(value, list) else (value,)):
            if isinstance(each, dict):
                place = f"{name}[{index}]" if isinstance(value, list) else name
                yield from _unknown(inner, each, f"{path}{place}.")


def _unknown_fields(paths: list[str]) -> DomainError:
    fix = "is not a field of this request; see /openapi.json"
    return DomainError(
        kind=ErrorKind.INVALID,
        reason="UNKNOWN_FIELD",
        message=f"the request does not have: {', '.join(path[:100] for path in paths)}",
        violations=tuple(FieldViolation(path[:200], fix) for path in paths),
    )


def _malformed(problem: str) -> DomainError:
    return DomainError(kind=ErrorKind.INVALID, reason="MALFORMED_REQUEST", message=problem[:500])
