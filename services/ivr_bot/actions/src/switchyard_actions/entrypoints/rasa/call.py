"""What Rasa passes to an action, as the dialogue engine needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from switchyard_actions.domain.heard import Heard, Identifier, Passage
from switchyard_actions.domain.keyed import heard_by_keys
from switchyard_actions.domain.language import language_of

_KINDS = frozenset({"phone", "email", "handle"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an action. `state` is the content of the slot `dialogue`."""

    conversation: str
    contact: str
    state: object
    heard: Heard


def read(tracker: Mapping[str, Any], conversation: str) -> Call:
    """Reads the `tracker` of an action call; of its history only the latest message."""
    slots = _mapping(tracker.get("slots"))
    message = _mapping(tracker.get("latest_message"))
    metadata = _mapping(message.get("metadata"))
    return Call(
        conversation=conversation,
        contact=_text(metadata.get("contact")),
        state=slots.get("dialogue"),
        heard=_heard(message, metadata, slots, conversation),
    )


def _heard(
    message: Mapping[str, Any],
    metadata: Mapping[str, Any],
    slots: Mapping[str, Any],
    conversation: str,
) -> Heard:
    intent = _mapping(message.get("intent"))
    text = _text(message.get("text"))
    is_event = text.startswith("/")  # the channel takes leading slashes off customers' words
    keyed = metadata.get("keys") if is_event else None
    heard = Heard(
        intent=_text(intent.get("name")),
        language=language_of(slots.get("language")),
        text="" if is_event else text,
        said="" if is_event else _text(metadata.get("said")) or text,
        confidence=_number(intent.get("confidence")),
        ranking=tuple(
            (_text(other.get("name")), _number(other.get("confidence")))
            for other in _objects(message.get("intent_ranking"))
        ),
        entities=_entities(message),
        sentiment=max(-1.0, min(1.0, _number(message.get("sentiment")))),
        passages=tuple(
            Passage(_text(found.get("id")), _number(found.get("score")))
            for found in _objects(message.get("passages"))
        ),
        facts=metadata if is_event else {},
        channel=_text(metadata.get("channel")) or "chat",
        identifiers=tuple(_identifiers(metadata)),
        conversation=conversation,
    )
    return heard_by_keys(heard, keyed) if isinstance(keyed, dict) else heard


def _entities(message: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for entity in _objects(message.get("entities")):
        name, value = _text(entity.get("entity")), entity.get("value")
        if name != "language" and isinstance(value, str | int | float):
            found.setdefault(name, []).append(str(value))
    return {name: tuple(values) for name, values in found.items()}


def _identifiers(metadata: Mapping[str, Any]) -> Iterable[Identifier]:
    for given in _objects(metadata.get("identifiers")):
        kind, value = _text(given.get("kind")), _text(given.get("value"))
        if kind in _KINDS and value:
            proven = given.get("proven") is True
            yield Identifier(kind, value, _text(given.get("namespace")), proven)


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
