"""What an action sends back: messages for the customer and changes to the conversation."""

from collections.abc import Mapping, Sequence
from typing import Any

Event = dict[str, Any]


class Reply:
    """Collects messages and events in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.events: list[Event] = []

    def tell(self, text: str, choices: Sequence[str] = ()) -> None:
        """Adds a text, with quick replies; choosing one sends its title as a message."""
        message: dict[str, Any] = {"text": text}
        if choices:
            message["buttons"] = [{"title": title, "payload": title} for title in choices]
        self.messages.append(message)

    def notify(self, payload: Mapping[str, Any]) -> None:
        """Adds a message for the gateway rather than for the customer."""
        self.messages.append({"json_message": {"switchyard": dict(payload)}})

    def set(self, slot: str, value: object) -> None:
        """Fills or empties a slot."""
        self.events.append({"event": "slot", "name": slot, "value": value})

    def fall_silent(self) -> None:
        """Makes the bot mute until somebody hands back."""
        self.events.append({"event": "pause"})
