"""What the channel accepts: a customer's words, or one of a few events from the gateway. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from switchyard_bot import language
from switchyard_bot.text import normalise

MAX_SENDER_LENGTH = 200
MAX_MESSAGE_LENGTH = 4000
GREET = "greet"
HAND_BACK = "hand_back"
_INTENTS = (GREET, HAND_BACK)


class BadRequest(Exception):
    """The body is not what the channel accepts; the text says what is wrong."""


@dataclass(frozen=True)
class TurnRequest:
    """One thing to react to.

    Exactly one of ``message`` (a customer's words, never read as a command) and ``intent`` (an
    event) is set. ``message_id`` makes a repetition harmless.
    """

    sender: str
    message: str = ""
    intent: str = ""
    message_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """In which language to apologise when nothing else is known."""
        return language.choose(self.message, self.metadata.get("language")) or language.ENGLISH

    def rasa_text(self) -> str:
        """The message as Rasa takes it.

        Rasa reads a leading slash as "this intent, these slots"; a customer must not be able to
        set slots, so leading slashes are dropped from words, after full-width ones became plain.
        """
        if not self.intent:
            return normalise(self.message).lstrip("/ ") or "?"
        named = language.known(self.metadata.get("language"))
        return f"/{self.intent}" + (json.dumps({"language": named}) if named else "")


def parse(body: object) -> TurnRequest:
    """Reads the JSON body of a message.

    Raises:
        BadRequest: it is malformed, too long, or neither words nor a known event.
    """
    if not isinstance(body, Mapping):
        raise BadRequest("the body must be a JSON object")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise BadRequest("metadata must be an object")
    request = TurnRequest(
        sender=_text(body, "sender", MAX_SENDER_LENGTH),
        message=_text(body, "message", MAX_MESSAGE_LENGTH),
        intent=_text(body, "intent", MAX_SENDER_LENGTH),
        message_id=_text(body, "message_id", MAX_SENDER_LENGTH),
        metadata=metadata,
    )
    _check(request)
    return request


def _check(request: TurnRequest) -> None:
    if not request.sender:
        raise BadRequest("sender is missing")
    if bool(request.message) == bool(request.intent):
        raise BadRequest("give either message or intent")
    if request.intent and request.intent not in _INTENTS:
        raise BadRequest(f"intent must be one of {', '.join(_INTENTS)}")


def _text(body: Mapping[str, Any], name: str, most: int) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be text")
    if len(value) > most:
        raise BadRequest(f"{name} is longer than {most} characters")
    return value
