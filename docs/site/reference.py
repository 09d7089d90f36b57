"""The API reference: a page for each package of the contracts, made from their comments."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import groupby

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from switchyard_crm.entrypoints import access as crm_access
from switchyard_router.entrypoints import access as router_access
from switchyard_router.entrypoints.http.contract import comments
from switchyard_router.entrypoints.http.routes import ROUTES

_SCALARS = {
    number: name.removeprefix("TYPE_").lower() for name, number in FieldDescriptorProto.Type.items()
}


def pages() -> Mapping[str, str]:
    """Markdown by package, for instance switchyard.router.v1."""
    encoded = (files("switchyard") / "descriptors.binpb").read_bytes()
    every = [
        file
        for file in FileDescriptorSet.FromString(encoded).file
        if file.package.startswith("switchyard.")
    ]
    every.sort(key=lambda file: (file.package, file.name))
    writer = _Writer(comments())
    return {
        package: writer.page(package, list(parts))
        for package, parts in groupby(every, key=lambda file: file.package)
    }


class _Writer:
    def __init__(self, said: Mapping[str, str]) -> None:
        self._said = said
        self._http = {route.full_method: f"{route.verb} {route.path}" for route in ROUTES}
        rules = {**router_access.rules(None), **crm_access.rules()}  # type: ignore[arg-type]  # nobody asks whose it is
        self._roles = {rpc: [str(role) for role in rule.roles] for rpc, rule in rules.items()}

    def page(self, package: str, parts: list[FileDescriptorProto]) -> str:
        return "\n\n".join(
            [
                f"# {package}",
                *(text for file in parts for text in self._services(file)),
                "## Messages",
                *(
                    text
                    for file in parts
                    for message in file.message_type
                    for text in self._message(message, package)
                ),
                *(
                    text
                    for file in parts
                    for enum in file.enum_type
                    for text in self._enum(enum, package)
                ),
                "",
            ]
        )

    def _services(self, file: FileDescriptorProto) -> Iterator[str]:
        for service in file.service:
            name = f"{file.package}.{service.name}"
            yield f"## {service.name}"
            yield self._comment(name)
            for method in service.method:
                yield from self._method(method, name)

    def _method(self, method: MethodDescriptorProto, service: str) -> Iterator[str]:
        rpc = f"/{service}/{method.name}"
        yield f"### {method.name}"
        asked = "stream of " * method.client_streaming + _link(method.input_type)
        answered = "stream of " * method.server_streaming + _link(method.output_type)
        facts = [f"{asked} → {answered}"]
        if rpc in self._http:
            facts.append(f"HTTP: `{self._http[rpc]}`")
        if rpc in self._roles:
            facts.append("Roles: " + ", ".join(self._roles[rpc]))
        yield "  \n".join(facts)
        yield self._comment(f"{service}.{method.name}")

    def _message(self, message: DescriptorProto, scope: str) -> Iterator[str]:
        name = f"{scope}.{message.name}"
        yield f"({_anchor(name)})=\n### {_short(name)}"
        yield self._comment(name)
        if message.field:
            yield "\n".join(["| field | type | |", "|---|---|---|", *self._fields(message, name)])
        for inner in message.nested_type:
            if not inner.options.map_entry:
                yield from self._message(inner, name)
        for enum in message.enum_type:
            yield from self._enum(enum, name)

    def _fields(self, message: DescriptorProto, name: str) -> Iterator[str]:
        maps = {
            f".{name}.{inner.name}": inner
            for inner in message.nested_type
            if inner.options.map_entry
        }
        for each in message.field:
            kind = _kind(each, maps)
            if each.HasField("oneof_index") and not each.proto3_optional:
                kind += f", one of `{message.oneof_decl[each.oneof_index].name}`"
            yield f"| `{each.name}` | {kind} | {self._cell(f'{name}.{each.name}')} |"

    def _enum(self, enum: EnumDescriptorProto, scope: str) -> Iterator[str]:
        name = f"{scope}.{enum.name}"
        yield f"({_anchor(name)})=\n### {_short(name)}"
        yield self._comment(name)
        rows = (
            f"| `{value.name}` | {self._cell(f'{name}.{value.name}')} |" for value in enum.value
        )
        yield "\n".join(["| value | |", "|---|---|", *rows])

    def _comment(self, name: str) -> str:
        return literal(self._said.get(name, ""))

    def _cell(self, name: str) -> str:
        return self._comment(name).replace("|", "\\|")


def _kind(each: FieldDescriptorProto, maps: Mapping[str, DescriptorProto]) -> str:
    if each.type_name in maps:
        key, value = maps[each.type_name].field
        return f"map of {_kind(key, {})} to {_kind(value, {})}"
    kind = _link(each.type_name) if each.type_name else _SCALARS[each.type]
    if each.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"list of {kind}"
    return f"optional {kind}" if each.proto3_optional else kind


def _link(type_name: str) -> str:
    name = type_name.removeprefix(".")
    if not name.startswith("switchyard."):
        return f"`{name}`"
    return f"[{_short(name)}](#{_anchor(name)})"


def _short(name: str) -> str:
    """Contact, or Contact.Leg, without the package."""
    return ".".join(part for part in name.split(".")[3:])


def _anchor(name: str) -> str:
    return name.lower().replace(".", "-")


def literal(text: str) -> str:
    """A comment is text: what Markdown would read in it is taken literally."""
    for mark in ("\\", "*", "<", "{", "[", "#"):
        text = text.replace(mark, f"\\{mark}")
    return text
