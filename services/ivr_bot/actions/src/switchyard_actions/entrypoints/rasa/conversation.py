"""Rasa's tracker, as far as the actions need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from switchyard_actions.domain.handover import HandOverReason
from switchyard_actions.domain.language import Language, language_of

FORM = "order_status_form"
ORDER_NUMBER = "order_number"
PHONE_LAST4 = "phone_last4"
PERSON_OFFER = "person_offer"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation at the moment an action is called.

    `intents` are those of all the customer's messages, oldest first. `candidates` are the slots
    the order form has just filled from the latest message. `offer` is the reason under which the
    bot offered a person with its last words, and None once anything else was said since.
    """

    id: str
    language: Language
    slots: Mapping[str, Any]
    intents: tuple[str, ...]
    candidates: Mapping[str, str]
    in_form: bool
    offer: HandOverReason | None
    contact: str

    def text(self, slot: str) -> str | None:
        """A slot that holds text; None if it is empty."""
        value = self.slots.get(slot)
        return value if isinstance(value, str) and value else None

    def number(self, slot: str) -> int:
        """A slot that holds a count; 0 if it is empty."""
        value = self.slots.get(slot)
        return int(value) if isinstance(value, int | float) else 0


def read(tracker: Mapping[str, Any], conversation_id: str) -> Conversation:
    """Reads the `tracker` of an action call."""
    events: Sequence[Mapping[str, Any]] = tracker.get("events") or ()
    slots: Mapping[str, Any] = tracker.get("slots") or {}
    messages = [event for event in events if event.get("event") == "user"]
    metadata = messages[-1].get("metadata") or {} if messages else {}
    return Conversation(
        id=conversation_id,
        language=language_of(slots.get("language")),
        slots=slots,
        intents=tuple(_intent(message) for message in messages),
        candidates=_candidates(events),
        in_form=(tracker.get("active_loop") or {}).get("name") == FORM,
        offer=_standing_offer(events),
        contact=str(metadata.get("contact", "")),
    )


def _intent(message: Mapping[str, Any]) -> str:
    parsed = message.get("parse_data") or {}
    return str((parsed.get("intent") or {}).get("name") or "")


def _candidates(events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The form appends what it extracted to the end of the events, nothing after it."""
    found: dict[str, str] = {}
    for event in reversed(events):
        if event.get("event") != "slot":
            break
        name, value = event.get("name"), event.get("value")
        if name in {ORDER_NUMBER, PHONE_LAST4} and isinstance(value, str):
            found.setdefault(name, value)
    return found


def _standing_offer(events: Sequence[Mapping[str, Any]]) -> HandOverReason | None:
    messages_since = 0
    for event in reversed(events):
        if event.get("event") == "user":
            messages_since += 1
        elif event.get("event") == "slot" and event.get("name") == PERSON_OFFER:
            value = event.get("value")
            return HandOverReason(value) if value and messages_since == 1 else None
    return None
