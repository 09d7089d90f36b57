"""Compares Rasa with and without the patches, so that a test can show that they change nothing."""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses

_ROUNDING = 1e-3
_NO_TYPES = ("topic", "nonsense")
_ACTION_ANSWERS: tuple[dict[str, Any], ...] = (
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1, "timestamp": None}]},
    {
        "events": [{"event": "slot", "name": "a", "value": None}, {"event": "pause"}],
        "responses": [],
    },
    {"events": [{"event": "nonsense"}], "responses": []},
    {"events": [{"event": "slot", "name": 1, "value": None}], "responses": []},
    {"events": [{"event": "slot", "name": "a"}], "responses": []},
    {"events": ["pause"], "responses": [{}]},
    {"events": {}, "responses": []},
    {"events": [], "responses": ["text"]},
)


def behaviour() -> dict[str, Any]:
    """What the two methods that ``patches`` replaces do with everything that tells them apart."""
    action = RemoteAction("action_x", None)
    names = [*sorted({cls.type_name for cls in all_subclasses(Event)}), *_NO_TYPES]
    return {
        "types": {name: _resolved(name) for name in names},
        "types_again": {name: _resolved(name) for name in names},
        "answers": [_accepted(action, answer) for answer in _ACTION_ANSWERS],
    }


async def understood(agent: Agent, phrases: Sequence[str]) -> list[dict[str, Any]]:
    """What phrases mean that come at the same moment; patched, they are taken several at a time."""
    return list(await asyncio.gather(*(agent.parse_message(phrase) for phrase in phrases)))


def alike(one: Any, other: Any) -> bool:
    """Whether two accounts say the same, but for the last digits: sums depend on their order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=_ROUNDING)
    return bool(one == other)


def _resolved(name: str) -> list[str]:
    """The class for a type name, without and with a default, or the name of the error."""
    found = []
    for default in (None, Event):
        try:
            found.append(str(Event.resolve_by_type(name, default)))
        except ValueError as error:
            found.append(type(error).__name__)
    return found


def _accepted(action: RemoteAction, answer: dict[str, Any]) -> bool | list[str]:
    """True, or the path of what is wrong."""
    try:
        return bool(action._validate_action_result(answer))
    except ValidationError as error:
        return [str(part) for part in error.path]
