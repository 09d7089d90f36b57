"""Opening a conversation, and coming back to it."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Happening,
    Identifier,
    Occasion,
)
from switchyard_gateway.domain.errors import ConversationUnknown
from switchyard_gateway.service.store import Conversations, Opening
from switchyard_gateway.service.turn_bell import TurnBell

_TOKEN_BYTES = 32
CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Opened:
    """A fresh conversation and the secret that resumes it; only its hash is stored."""

    conversation: Conversation
    token: str


class OpenChat:
    """Opens a conversation for a browser; where the bot greets, it says the first word."""

    def __init__(
        self,
        conversations: Conversations,
        new_id: Callable[[], str],
        bell: TurnBell,
        *,
        greets: bool,
    ) -> None:
        self._conversations = conversations
        self._new_id = new_id
        self._bell = bell
        self._first = Occasion(Happening.GREET, Happening.GREET) if greets else None

    async def execute(self, language: str, identifiers: tuple[Identifier, ...] = ()) -> Opened:
        """A new conversation with the bot; `identifiers` are what is known of the customer."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        opening = Opening(
            id=ConversationId(self._new_id()),
            channel=CHAT,
            language=language,
            token_hash=_hash(token),
            identifiers=identifiers,
            occasion=self._first,
        )
        opened = Opened(await self._conversations.open(opening), token)
        if self._first is not None:
            self._bell.ring(opening.id)
        return opened


class ResumeChat:
    """Lets a browser back into its conversation, and takes up what a dead process left there."""

    def __init__(self, conversations: Conversations, bell: TurnBell) -> None:
        self._conversations = conversations
        self._bell = bell

    async def execute(self, conversation_id: ConversationId, token: str) -> Conversation:
        """The conversation, if the secret is right; ConversationUnknown if anything is wrong."""
        conversation = await self._conversations.load(conversation_id)
        if not hmac.compare_digest(conversation.token_hash, _hash(token)):
            raise ConversationUnknown
        self._bell.ring(conversation_id)
        return conversation


class OpenForChannel:
    """Opens a conversation for a channel that brings its own customers and its own secrets."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    async def execute(
        self,
        channel: str,
        language: str,
        request_id: str,
        identifiers: tuple[Identifier, ...] = (),
    ) -> Conversation:
        """The conversation of this request_id, new or as opened before.

        `identifiers` are what the channel knows of its customer.
        """
        digest = hashlib.sha256(f"{channel}\n{request_id}".encode()).hexdigest()
        opening = Opening(
            id=ConversationId(digest[:32]),
            channel=channel,
            language=language,
            identifiers=identifiers,
        )
        return await self._conversations.open(opening)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
