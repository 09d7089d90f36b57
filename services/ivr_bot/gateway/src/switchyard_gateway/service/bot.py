"""What use cases need of the bot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from switchyard_common.bot_events import Survey, TurnFacts

from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Happening,
    Identifier,
)
from switchyard_gateway.domain.handoff import Handoff


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's message, or something that happened, on its way to the bot. Personal.

    Exactly one of `text` and `what` is given; `facts` belong to what happened.
    """

    conversation: ConversationId
    message_id: str
    text: str
    language: str
    what: Happening | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    channel: str = "chat"
    identifiers: tuple[Identifier, ...] = ()

    @classmethod
    def words(cls, conversation: Conversation, message_id: str, text: str) -> "Question":
        """What a customer wrote."""
        return cls(
            conversation.id,
            message_id,
            text,
            conversation.language,
            channel=conversation.channel,
            identifiers=conversation.identifiers,
        )

    @classmethod
    def event(
        cls,
        conversation: Conversation,
        message_id: str,
        what: Happening,
        facts: Mapping[str, object] | None = None,
    ) -> "Question":
        """Something that happened."""
        return cls(
            conversation.id,
            message_id,
            "",
            conversation.language,
            what,
            facts or {},
            conversation.channel,
            conversation.identifiers,
        )


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the bot, and answers to pick from. `confidential`: for the customer only."""

    text: str
    choices: tuple[str, ...] = ()
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer: what to show in order, and a hand-over if a person is needed.

    `language` is the one the customer wrote in, as far as the bot can tell; `facts` is its account
    of the turn, if it gives one.
    """

    says: tuple[Said, ...] = ()
    handoff: Handoff | None = None
    language: str = ""
    facts: TurnFacts | None = None
    survey: Survey | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts alone."""
        return tuple(said.text for said in self.says)


class Bot(Protocol):
    """The dialogue engine."""

    async def reply(self, question: Question) -> Reply:
        """Answer; the same message_id again gives the same answer. BotFailed, in a deadline."""
        ...
