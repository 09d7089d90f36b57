"""Compares Rasa with and without the patches, so that a test can show that they change nothing."""

from typing import Any

from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses

_NO_TYPES = ("topic", "nonsense")
_ACTION_ANSWERS: tuple[dict[str, Any], ...] = (
    {"events": [], "responses": []},
    {"events": [{"event": "slot", "name": "a", "value": 1, "timestamp": None}]},
    {"events": [{"event": "nonsense"}], "responses": []},
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
