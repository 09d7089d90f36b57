"""What an action sends back: messages for the customer and changes to the conversation."""

from collections.abc import Mapping
from typing import Any

Event = dict[str, Any]


class Reply:
    """Collects messages and events in order; the texts of responses stand in the bot's domain."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.events: list[Event] = []

    def say(self, response: str) -> None:
        """Adds a response by name, in the customer's language."""
        self.messages.append({"response": response})

    def tell(self, text: str) -> None:
        """Adds a text."""
        self.messages.append({"text": text})

    def notify(self, payload: Mapping[str, Any]) -> None:
        """Adds a message for the gateway rather than for the customer."""
        self.messages.append({"json_message": {"switchyard": dict(payload)}})

    def set(self, slot: str, value: str | float | None) -> None:
        """Fills or empties a slot."""
        self.events.append({"event": "slot", "name": slot, "value": value})

    def close_form(self) -> None:
        """Ends the form that is being filled."""
        self.set("requested_slot", None)

    def leave_form(self) -> None:
        """Drops the form from outside of it."""
        self.events.append({"event": "active_loop", "name": None})
        self.set("requested_slot", None)

    def fall_silent(self) -> None:
        """Makes the bot mute until somebody hands back."""
        self.events.append({"event": "pause"})
