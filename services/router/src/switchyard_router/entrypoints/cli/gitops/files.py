"""Queues, agents and plans from YAML files; docs/plans.md shows every field."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from switchyard.router.v1 import agent_pb2, plan_pb2, queue_pb2

from switchyard_router.domain.names import Tenant
from switchyard_router.entrypoints.cli.gitops import values
from switchyard_router.entrypoints.cli.gitops.located import BadFile, Located, read

SECTIONS: dict[str, tuple[str, type[Message]]] = {
    "queues": ("queue", queue_pb2.Queue),
    "agents": ("agent", agent_pb2.Agent),
    "plans": ("plan", plan_pb2.RoutingPlan),
}
COLLECTIONS = {"queue": "queues", "agent": "agents", "plan": "routingPlans"}
NAMES = {
    "Queue.routing_plan": "routingPlans",
    "Agent.queues": "queues",
    "Target.queue": "queues",
    "Target.agent": "agents",
}
"""Fields that hold names of resources; files have the bare ids."""
LIVE = {
    "Queue": {"name", "etag"},
    "Agent": {"name", "etag", "presence", "not_ready_reason", "next_presence", "channel_load",
              "state_time", "occupancy_1h", "session_epoch"},
    "RoutingPlan": {"name", "etag", "version"},
}  # fmt: skip
"""Fields that belong to the router and not into files."""
_INTEGERS = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)

_PARTS = re.compile(r"([^.\[\]]+)(?![^\[]*\])|\[([^\]]*)\]")

type Key = tuple[str, str]
"""Kind (queue, agent, plan) and id."""


@dataclass(slots=True)
class Wanted:
    """What files describe. `places`: where each field of a resource stands, by its path."""

    messages: dict[Key, Any] = field(default_factory=dict)
    places: dict[Key, Located] = field(default_factory=dict)

    def place(self, key: Key, path: str) -> str:
        """file:line of a field by the router's name (`plan.steps[0].skip_if`), or of its parent."""
        here = self.places[key]
        for name, index in _PARTS.findall(path)[1:]:
            part = name or index
            below = _below(here, part)
            if below is None:
                break
            here = below
        return f"{here.file}:{here.line}"


def wanted(paths: Iterable[Path], tenant: Tenant) -> Wanted:
    """What the files, and the *.yaml and *.yml in the folders, describe. Raises BadFile."""
    found = Wanted()
    for path in _files(paths):
        for document in read(path):
            for section, content in document.fields().items():
                if section not in SECTIONS:
                    raise content.wrong(f"no such section; there are {', '.join(SECTIONS)}")
                _add(found, section, content, tenant)
    return found


def _files(paths: Iterable[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted({*path.rglob("*.yaml"), *path.rglob("*.yml")})
        else:
            files.append(path)
    if not files:
        raise BadFile("no YAML files there")
    return files


def _add(found: Wanted, section: str, content: Located, tenant: Tenant) -> None:
    kind, message_type = SECTIONS[section]
    for resource_id, described in (content.fields() if content.value is not None else {}).items():
        key = (kind, resource_id)
        if key in found.messages:
            raise described.wrong(f"is described at {found.place(key, '')} already")
        message = message_type()
        if described.value is not None:
            _Filler(tenant).fill(message, described)
        name = tenant.of(COLLECTIONS[kind], resource_id)
        message.name = name  # type: ignore[attr-defined]  # every resource has a name
        found.messages[key], found.places[key] = message, described


class _Filler:
    """Fills messages from mappings with the contract's field names."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._special: dict[str, Callable[[Any, Located], None]] = {
            "Queue.opening_hours": _opening_hours,
            "Holiday.hours": _holiday_hours,
            "Holiday.date": lambda message, given: setattr(message, "date", values.day(given)),
        }

    def fill(self, message: Any, given: Located) -> None:
        known = message.DESCRIPTOR.fields_by_name
        hidden = LIVE.get(message.DESCRIPTOR.name, set())
        for name, value in given.fields().items():
            if name not in known or name in hidden:
                fields = ", ".join(sorted(set(known) - hidden))
                raise value.wrong(f"no such field; there are {fields}")
            special = self._special.get(f"{message.DESCRIPTOR.name}.{name}")
            if special is not None:
                special(message, value)
            elif value.value is not None:
                self._set(message, known[name], value)

    def _set(self, message: Any, descriptor: FieldDescriptor, given: Located) -> None:
        target = getattr(message, descriptor.name)
        entry = descriptor.message_type
        if entry is not None and entry.GetOptions().map_entry:
            for key, item in given.fields().items():
                target[key] = self._scalar(entry.fields_by_name["value"], item)
        elif descriptor.is_repeated:
            for item in given.items():
                if entry is not None:
                    self._message(target.add(), item)
                else:
                    target.append(self._scalar(descriptor, item))
        elif entry is not None:
            target.SetInParent()
            self._message(target, given)
        else:
            setattr(message, descriptor.name, self._scalar(descriptor, given))

    def _message(self, message: Any, given: Located) -> None:
        kind = message.DESCRIPTOR.full_name
        if kind == "google.protobuf.Duration":
            message.CopyFrom(values.duration(given))
        elif kind == "google.protobuf.Timestamp":
            message.CopyFrom(values.timestamp(given))
        else:
            self.fill(message, given)

    def _scalar(self, descriptor: FieldDescriptor, given: Located) -> object:
        value, kind = given.value, descriptor.cpp_type
        if kind == FieldDescriptor.CPPTYPE_STRING:
            owner = descriptor.containing_type.name if descriptor.containing_type else ""
            collection = NAMES.get(f"{owner}.{descriptor.name}")
            text = given.text()
            return self._tenant.of(collection, text) if collection else text
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            if not isinstance(value, bool):
                raise given.wrong("give true or false")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise given.wrong("give a number")
        if kind in _INTEGERS:
            if value != int(value) or abs(value) >= 2**31:
                raise given.wrong("give a whole number")
            return int(value)
        return float(value)


def _opening_hours(queue: queue_pb2.Queue, given: Located) -> None:
    for name, hours in given.fields().items():
        for weekday in values.weekdays(hours, name):
            for opens, closes in values.spans(hours):
                queue.opening_hours.add(weekday=weekday, opens_second=opens, closes_second=closes)


def _holiday_hours(day: queue_pb2.Holiday, given: Located) -> None:
    for opens, closes in values.spans(given):
        day.hours.add(opens_second=opens, closes_second=closes)


def _below(here: Located, part: str) -> Located | None:
    if isinstance(here.value, dict):
        return here.value.get(part)
    if isinstance(here.value, list) and part.isdigit() and int(part) < len(here.value):
        found: Located = here.value[int(part)]
        return found
    return None
