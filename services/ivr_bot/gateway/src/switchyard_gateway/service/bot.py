"""What use cases need of the bot."""

from dataclasses import dataclass
from typing import Protocol

from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.handoff import Handoff


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's message on its way to the bot. The text is personal."""

    conversation: ConversationId
    message_id: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer: texts to show in order, and a hand-over if a person is needed.

    `language` is the one the customer wrote in, as far as the bot can tell.
    """

    texts: tuple[str, ...] = ()
    handoff: Handoff | None = None
    language: str = ""


class Bot(Protocol):
    """The dialogue engine. Both methods raise BotFailed, within a deadline."""

    async def reply(self, question: Question) -> Reply:
        """Answer a message. The same message_id again gives the same answer."""
        ...

    async def wake(self, conversation_id: ConversationId, message_id: str, language: str) -> Reply:
        """End the silence that a hand-over began. Repeatable, as `reply` is."""
        ...
