"""Says that a conversation may have turns for the bot."""

from collections.abc import Callable

from switchyard_gateway.domain.conversation import ConversationId


class TurnBell:
    """Rung by whoever makes turns, heard by whoever keeps them; so neither knows the other."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[ConversationId], None]] = []

    def listen(self, listener: Callable[[ConversationId], None]) -> None:
        """Call `listener` with each ring; it must not wait."""
        self._listeners.append(listener)

    def ring(self, conversation_id: ConversationId) -> None:
        """This conversation may have turns."""
        for listener in self._listeners:
            listener(conversation_id)
