"""OpenAPI 3.1 of the HTTP face, made from the compiled contract and its comments."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from switchyard_common.admission import Rule

from switchyard_router.entrypoints.http.contract import comments, find_method, services
from switchyard_router.entrypoints.http.routes import ROUTES, STREAM_ONLY, Route
from switchyard_router.entrypoints.http.streams import NDJSON, SSE

_OWN = "switchyard.router.v1."
_PARAMETER = re.compile(r"{([a-z]+)}")
_ID = r"^[A-Za-z0-9][A-Za-z0-9._~\-]{0,127}$"
_COLLECTIONS = ["queues", "agents", "routingPlans"]

type Json = dict[str, Any]

_INT32: Json = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}
_INT64: Json = {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$"}
_UINT64: Json = {"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$"}
_DOUBLE: Json = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
_F = FieldDescriptor
_UINT32: Json = _INT32 | {"minimum": 0, "maximum": 2**32 - 1}
_SCALARS: Mapping[int, Json] = {
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BOOL: {"type": "boolean"},
    **dict.fromkeys((_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32), _INT32),
    **dict.fromkeys((_F.TYPE_UINT32, _F.TYPE_FIXED32), _UINT32),
    **dict.fromkeys((_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64), _INT64),
    **dict.fromkeys((_F.TYPE_UINT64, _F.TYPE_FIXED64), _UINT64),
    **dict.fromkeys((_F.TYPE_FLOAT, _F.TYPE_DOUBLE), _DOUBLE),
    _F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
}
# The canonical JSON mapping's own forms (protobuf.dev, ProtoJSON format).
_WELL_KNOWN: Mapping[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {
        "type": "string",
        "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "examples": ["1.5s"],
    },
    "google.protobuf.FieldMask": {
        "type": "string",
        "description": "Fields in camelCase, with commas between them.",
    },
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
    "google.protobuf.Value": {},
}
_ERROR: Json = {
    "type": "object",
    "description": "Why a request was refused.",
    "required": ["code", "reason", "message", "violations", "retry_after"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "string", "description": "Name of the google.rpc.Code."},
        "reason": {"type": "string", "description": "Stable reason, UPPER_SNAKE."},
        "message": {"type": "string", "description": "For people: what is wrong, and the fix."},
        "violations": {
            "type": "array",
            "description": "Fields that are wrong.",
            "items": {
                "type": "object",
                "required": ["field", "description"],
                "additionalProperties": False,
                "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
            },
        },
        "retry_after": {
            "type": ["number", "null"],
            "description": "Seconds after which a retry makes sense.",
        },
    },
}


def openapi(rules: Mapping[str, Rule]) -> Json:
    """The document; `rules` tell each operation's roles."""
    return _Writer(rules).document()


class _Writer:
    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._comments = comments()
        self._schemas: Json = {"Error": _ERROR}

    def document(self) -> Json:
        paths: dict[str, Json] = {}
        for route in ROUTES:
            paths.setdefault(route.path, {})[route.verb.lower()] = self._operation(route)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Switchyard router",
                "version": "v1",
                "description": "The router's RPCs over HTTP, one to one, in protobuf's canonical "
                "JSON. Streams are NDJSON, or server-sent events if asked for. Only as gRPC: "
                + "; ".join(f"{rpc} ({why})" for rpc, why in STREAM_ONLY.items()),
            },
            "tags": [
                {"name": each.name, "description": self._comment(each.full_name)}
                for each in services()
            ],
            "security": [{"bearer": []}, {"certificate": []}, {}],
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self._schemas.items())),
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                    "certificate": {"type": "mutualTLS"},
                },
            },
        }

    def _operation(self, route: Route) -> Json:
        method = find_method(route)
        comment = self._comment(method.full_name)
        operation: Json = {
            "operationId": f"{route.service}_{route.method}",
            "tags": [route.service],
            "summary": comment.partition(". ")[0].rstrip("."),
            "description": comment,
            "x-rpc": route.full_method,
            "x-roles": [str(role) for role in self._rules[route.full_method].roles],
            "parameters": _path_parameters(route),
            "responses": {
                "200": self._answer(method.output_type, streams=method.server_streaming),
                "default": {
                    "description": "Refused.",
                    "content": {"application/json": {"schema": _ref("Error")}},
                },
            },
        }
        if route.has_body:
            schema = self._body(method.input_type, route)
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        else:
            operation["parameters"] += self._query_parameters(method.input_type, route)
        return operation

    def _answer(self, message: Descriptor, *, streams: bool) -> Json:
        schema = self._of_message(message)
        if not streams:
            return {"description": "Done.", "content": {"application/json": {"schema": schema}}}
        line = {
            "oneOf": [
                {"type": "object", "required": ["result"], "properties": {"result": schema}},
                {"type": "object", "required": ["error"], "properties": {"error": _ref("Error")}},
            ]
        }
        return {
            "description": "A stream: each line, or event, holds a document like this.",
            "content": {NDJSON: {"schema": line}, SSE: {"schema": line}},
        }

    def _body(self, message: Descriptor, route: Route) -> Json:
        """The request without what the path decides."""
        schema = self._object(message)
        for name in (*route.bind, "parent"):
            schema["properties"].pop(name, None)
        return schema

    def _query_parameters(self, message: Descriptor, route: Route) -> list[Json]:
        bound = {*route.bind, "parent"}
        return [
            {
                "name": field.json_name,
                "in": "query",
                "description": self._comment(f"{message.full_name}.{field.name}"),
                "schema": self._of_field(field),
            }
            for field in message.fields
            if field.name not in bound
        ]

    def _object(self, message: Descriptor) -> Json:
        properties: Json = {}
        for field in message.fields:
            schema = self._of_field(field)
            comment = self._comment(f"{message.full_name}.{field.name}")
            oneof = field.containing_oneof
            if oneof is not None:
                comment = f"{comment} (One of {oneof.name}.)"
            properties[field.json_name] = {**schema, "description": comment}
        return {
            "type": "object",
            "description": self._comment(message.full_name),
            "additionalProperties": False,
            "properties": properties,
        }

    def _of_field(self, field: FieldDescriptor) -> Json:
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            values = self._of_single(inner.fields_by_name["value"])
            return {"type": "object", "additionalProperties": values}
        single = self._of_single(field)
        return {"type": "array", "items": single} if field.is_repeated else single

    def _of_single(self, field: FieldDescriptor) -> Json:
        if field.message_type is not None:
            return self._of_message(field.message_type)
        if field.enum_type is not None:
            return self._of_enum(field.enum_type)
        return dict(_SCALARS[field.type])

    def _of_message(self, message: Descriptor) -> Json:
        known = _WELL_KNOWN.get(message.full_name)
        if known is not None:
            return dict(known)
        name = _short(message.full_name)
        if name not in self._schemas:
            self._schemas[name] = {}  # a message may hold itself
            self._schemas[name] = self._object(message)
        return _ref(name)

    def _of_enum(self, enum: EnumDescriptor) -> Json:
        name = _short(enum.full_name)
        if name not in self._schemas:
            said = [
                f"{value.name}: {self._comment(f'{enum.full_name}.{value.name}')}"
                for value in enum.values
            ]
            self._schemas[name] = {
                "type": "string",
                "description": " ".join((self._comment(enum.full_name), *said)),
                "enum": [value.name for value in enum.values],
            }
        return _ref(name)

    def _comment(self, full_name: str) -> str:
        return self._comments.get(full_name, "")


def _path_parameters(route: Route) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"enum": _COLLECTIONS}
            if name == "collection"
            else {"type": "string", "pattern": _ID},
        }
        for name in _PARAMETER.findall(route.path)
    ]


def _short(full_name: str) -> str:
    return full_name.removeprefix(_OWN).removeprefix("switchyard.")


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
