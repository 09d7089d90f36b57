"""What the channel accepts: words or keys of a customer, or one of a few events. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from switchyard_bot import keys, language, metadata
from switchyard_bot.errors import BadRequest
from switchyard_bot.keys import Keys
from switchyard_bot.text import normalise

MAX_SENDER_LENGTH = 200
MAX_MESSAGE_LENGTH = 4000
GREET = "greet"
HAND_BACK = "hand_back"
HAND_OVER_FAILED = "hand_over_failed"
SILENCE = "silence"
FILE = "file"
EVENTS = (GREET, HAND_BACK, HAND_OVER_FAILED, SILENCE, FILE)
KEYED = "keys"
"""Metadata: what was keyed in, by slot, for the dialogue engine. No part of it becomes a slot."""
WAKING = frozenset({HAND_BACK, HAND_OVER_FAILED})
"""Events that end the silence which began with a hand-over."""


@dataclass(frozen=True)
class TurnRequest:
    """One thing to react to.

    Exactly one of ``message`` (a customer's words, never read as a command), ``keys`` (what a
    caller keyed in) and ``intent`` (an event) is set. ``message_id`` makes a repetition harmless.
    ``metadata`` holds only what ``metadata.py`` lets through, and the values of ``keys``.
    """

    sender: str
    message: str = ""
    intent: str = ""
    message_id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    keys: Keys | None = None

    @property
    def meant(self) -> str:
        """What it means for certain; empty for words, which have to be understood."""
        return self.intent or (self.keys.meant if self.keys else "")

    @property
    def language(self) -> str:
        """In which language to apologise when nothing else is known."""
        return language.choose(self.message, self.metadata.get("language")) or language.ENGLISH

    def rasa_text(self) -> str:
        """The message as Rasa takes it.

        Rasa reads a leading slash as "this intent, these slots"; a customer must not be able to
        set slots, so leading slashes are dropped from words, after full-width ones became plain.
        """
        if not self.meant:
            return normalise(self.message).lstrip("/ ") or "?"
        named = language.known(self.metadata.get("language"))
        return f"/{self.meant}" + (json.dumps({"language": named}) if named else "")


def parse(body: object) -> TurnRequest:
    """Reads the JSON body of a message.

    Raises:
        BadRequest: it is malformed, too long, or neither words nor a known event.
    """
    if not isinstance(body, Mapping):
        raise BadRequest("the body must be a JSON object")
    message = _text(body, "message", MAX_MESSAGE_LENGTH)
    keyed = keys.read(body.get("keys"))
    told = metadata.read(body.get("metadata"), said=message)
    request = TurnRequest(
        sender=_text(body, "sender", MAX_SENDER_LENGTH),
        message=message,
        intent=_text(body, "intent", MAX_SENDER_LENGTH),
        message_id=_text(body, "message_id", MAX_SENDER_LENGTH),
        metadata={**told, KEYED: dict(keyed.slots)} if keyed else told,
        keys=keyed,
    )
    _check(request)
    return request


def _check(request: TurnRequest) -> None:
    if not request.sender:
        raise BadRequest("sender is missing")
    if [bool(request.message), bool(request.intent), request.keys is not None].count(True) != 1:
        raise BadRequest("give either message or intent or keys")
    if request.intent and request.intent not in EVENTS:
        raise BadRequest(f"intent must be one of {', '.join(EVENTS)}")


def _text(body: Mapping[str, Any], name: str, most: int) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be text")
    if len(value) > most:
        raise BadRequest(f"{name} is longer than {most} characters")
    return value
