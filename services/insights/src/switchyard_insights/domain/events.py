"""Events as the log tells them, and what they say about rows of the history."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from switchyard_history.merging import Part

NEVER_PRUNED = 1 << 62
"""A time for facts about the history itself: later than everything that is ever pruned."""


class BadEvent(ValueError):
    """An event that cannot be understood; the text names the field, never its value."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One entry of an event log, in the terms of switchyard/events/v1/event.proto.

    `data` has the field names of the message of its type; fields that have their default may be
    missing, and unknown ones are left alone.
    """

    position: int
    type: str
    subject: str
    time_ms: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """What one event, decision or imported row says; `time_ms`: when that was."""

    time_ms: int
    parts: tuple[Part, ...]


class Fields:
    """An event's data by type; every method raises BadEvent for a value of another type."""

    __slots__ = ("_data",)

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """A text; '' where it is missing."""
        value = self._data.get(name, "")
        if not isinstance(value, str):
            raise BadEvent(f"{name} is not a text")
        return value

    def number(self, name: str) -> float:
        """A finite number; 0 where it is missing."""
        value = self._data.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadEvent(f"{name} is not a number")
        if not math.isfinite(value):
            raise BadEvent(f"{name} is not finite")
        return float(value)

    def whole(self, name: str) -> int:
        """A whole number of at most 63 bits; 0 where it is missing."""
        value = self._data.get(name, 0)
        if type(value) is int and -_MOST <= value <= _MOST:
            return value
        number = self.number(name)
        if number != int(number) or abs(number) > _MOST:
            raise BadEvent(f"{name} is not a whole number")
        return int(number)

    def time_ms(self, name: str) -> int | None:
        """A time; None where it is missing or 0."""
        return self.whole(name) or None

    def flag(self, name: str) -> bool:
        """True or False; False where it is missing."""
        value = self._data.get(name, False)
        if not isinstance(value, bool):
            raise BadEvent(f"{name} is not true or false")
        return value

    def items(self, name: str) -> list[Any]:
        """A list; empty where it is missing. Lua writes an empty list as an empty table."""
        value = self._data.get(name) or []
        if not isinstance(value, list):
            raise BadEvent(f"{name} is not a list")
        return value

    def counts(self, name: str) -> dict[str, int]:
        """Numbers by name; empty where it is missing. Lua may write an empty list instead."""
        value = self._data.get(name) or {}
        if not isinstance(value, dict) or not all(type(n) is int for n in value.values()):
            raise BadEvent(f"{name} is not numbers by name")
        return value


_MOST = (1 << 63) - 1
