"""Queues, agents and plans as YAML that reads back to the same."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import yaml
from google.protobuf.message import Message
from switchyard.router.v1 import queue_pb2

from switchyard_router.entrypoints.cli.gitops import values
from switchyard_router.entrypoints.cli.gitops.files import LIVE, NAMES, SECTIONS, Key


def document(messages: Mapping[Key, Message], section: str) -> str:
    """One section as YAML text; empty when there is nothing in it."""
    kind, _ = SECTIONS[section]
    described = {
        resource_id: plain(messages[kind, resource_id])
        for of_kind, resource_id in sorted(messages)
        if of_kind == kind
    }
    if not described:
        return ""
    return yaml.safe_dump({section: described}, allow_unicode=True, sort_keys=False, width=100)


def plain(message: Message) -> dict[str, Any]:
    """A message as plain values, the fields that are set in the contract's order."""
    name = message.DESCRIPTOR.name
    found: dict[str, Any] = {}
    for descriptor, value in message.ListFields():
        if descriptor.name in LIVE.get(name, ()):
            continue
        special = f"{name}.{descriptor.name}"
        if special == "Queue.opening_hours":
            found[descriptor.name] = _opening_hours(value)
        elif special == "Holiday.hours":
            found[descriptor.name] = [_span(span) for span in value]
        else:
            found[descriptor.name] = _value(descriptor, value, special in NAMES)
    return found


def _value(descriptor: Any, value: Any, is_name: bool) -> Any:
    entry = descriptor.message_type
    if entry is not None and entry.GetOptions().map_entry:
        return {key: value[key] for key in sorted(value)}
    if descriptor.is_repeated:
        return [_single(item, is_name) for item in value]
    return _single(value, is_name)


def _single(value: Any, is_name: bool) -> Any:
    if not isinstance(value, Message):
        return value.rpartition("/")[2] if is_name else value
    kind = value.DESCRIPTOR.full_name
    if kind == "google.protobuf.Duration":
        return values.duration_text(value)  # type: ignore[arg-type]  # that is what the name says
    if kind == "google.protobuf.Timestamp":
        return values.timestamp_text(value)  # type: ignore[arg-type]
    return plain(value)


def _opening_hours(hours: Iterable[queue_pb2.OpeningHours]) -> dict[str, list[str]]:
    """By day, in the order in which they are stored; days that are alike are not joined."""
    by_day: dict[str, list[str]] = {}
    for weekday, spans in groupby(hours, lambda span: span.weekday):
        by_day.setdefault(values.WEEKDAYS[weekday - 1], []).extend(_span(span) for span in spans)
    return by_day


def _span(span: queue_pb2.OpeningHours) -> str:
    return values.span_text(span.opens_second, span.closes_second)
