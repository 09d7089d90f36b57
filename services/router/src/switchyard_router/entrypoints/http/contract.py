"""The contract as it was compiled: methods, messages, and the comments on them."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from switchyard.router.v1 import (
    agent_service_pb2,
    config_service_pb2,
    contact_service_pb2,
    routing_service_pb2,
    supervision_service_pb2,
)

from switchyard_router.entrypoints.http.routes import PACKAGE, Route

_FILES: tuple[FileDescriptor, ...] = (
    contact_service_pb2.DESCRIPTOR,
    routing_service_pb2.DESCRIPTOR,
    agent_service_pb2.DESCRIPTOR,
    config_service_pb2.DESCRIPTOR,
    supervision_service_pb2.DESCRIPTOR,
)
_DESCRIPTORS = "descriptors.binpb"


def services() -> Iterator[ServiceDescriptor]:
    """The router's services."""
    for file in _FILES:
        yield from file.services_by_name.values()


def find_method(route: Route) -> MethodDescriptor:
    """The method of a route; KeyError if the contract has none."""
    return _find(f"{PACKAGE}.{route.service}.{route.method}")


@cache
def _find(full_name: str) -> MethodDescriptor:
    return descriptor_pool.Default().FindMethodByName(full_name)  # type: ignore[no-any-return, no-untyped-call, unused-ignore]


def comments() -> Mapping[str, str]:
    """The comment on each message, field, enum, value, service and method, by full name.

    Read from the descriptor set that is built with the generated code.
    """
    encoded = (files("switchyard") / _DESCRIPTORS).read_bytes()
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(encoded).file:
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            text = " ".join(location.leading_comments.split())
            if name is not None and text:
                found[name] = text
    return found


type _Named = Iterator[tuple[tuple[int, ...], str]]


def _names(file: FileDescriptorProto) -> _Named:
    """Full names by their place in the file, numbered as descriptor.proto numbers its fields."""
    for index, message in enumerate(file.message_type):
        yield from _message_names(message, (4, index), file.package)
    for index, enum in enumerate(file.enum_type):
        yield from _enum_names(enum, (5, index), file.package)
    for index, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield (6, index), name
        for number, method in enumerate(service.method):
            yield (6, index, 2, number), f"{name}.{method.name}"


def _message_names(message: DescriptorProto, place: tuple[int, ...], scope: str) -> _Named:
    name = f"{scope}.{message.name}"
    yield place, name
    for number, each in enumerate(message.field):
        yield (*place, 2, number), f"{name}.{each.name}"
    for number, inner in enumerate(message.nested_type):
        yield from _message_names(inner, (*place, 3, number), name)
    for number, enum in enumerate(message.enum_type):
        yield from _enum_names(enum, (*place, 4, number), name)


def _enum_names(enum: EnumDescriptorProto, place: tuple[int, ...], scope: str) -> _Named:
    name = f"{scope}.{enum.name}"
    yield place, name
    for number, value in enumerate(enum.value):
        yield (*place, 2, number), f"{name}.{value.name}"
