"""What use cases need of the store of conversations. Every method is one atomic step.

All raise StoreDown when the store does not answer.
"""

from dataclasses import dataclass
from typing import Protocol

from switchyard_gateway.domain.conversation import (
    Conversation,
    ConversationId,
    Draft,
    Entry,
    EntryId,
    Live,
    Message,
)
from switchyard_gateway.domain.transitions import Step


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation to open."""

    id: ConversationId
    channel: str
    language: str
    token_hash: str = ""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `burst` messages at once, and one more every `interval_seconds`."""

    interval_seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message; `repeated` when it had been stored before."""

    message: Message
    repeated: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing for the bot to do; nobody else works on the conversation until it lapses.

    Without a message the bot is only woken.
    """

    id: str
    conversation: Conversation
    message: Message | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A turn that was ended; `more` turns of the conversation may follow."""

    conversation: Conversation
    more: bool


@dataclass(frozen=True, slots=True)
class Busy:
    """Another process has the conversation's turn, at most this long."""

    seconds: float


class Conversations(Protocol):
    """Conversations and their changes."""

    async def open(self, opening: Opening) -> Conversation:
        """Create it, or return the one that has this id already."""
        ...

    async def load(self, conversation_id: ConversationId) -> Conversation:
        """Read it; ConversationUnknown."""
        ...

    async def commit(self, before: Conversation, step: Step) -> Conversation | None:
        """Make the step if the version is still `before`'s; None if it is not.

        Messages for the bot that nobody has begun are dropped when the bot is left, and waking it
        is put in its turns when it is come back to. ConversationUnknown.
        """
        ...


class Transcript(Protocol):
    """The messages of conversations."""

    async def post(
        self, conversation_id: ConversationId, draft: Draft, limit: RateLimit | None
    ) -> Posted:
        """Append a message; a customer's while with the bot becomes a turn of the bot.

        An agent's needs the conversation to be with that agent (WrongState, NotTheAgent), any
        needs it not to be closed (WrongState). RateLimited, ConversationUnknown.
        """
        ...

    async def read(
        self, conversation_id: ConversationId, after: EntryId, limit: int
    ) -> tuple[Entry, ...]:
        """Up to `limit` entries after a position, oldest first."""
        ...


class Turns(Protocol):
    """Whose turn it is to be answered by the bot: one message of a conversation at a time."""

    async def claim(
        self, conversation_id: ConversationId, lease_seconds: float
    ) -> Turn | Busy | None:
        """The oldest turn; None when there is none, or the bot does not serve."""
        ...

    async def finish(self, turn: Turn, step: Step) -> Finished | None:
        """End the turn with a step; None, and nothing done, if the turn was taken away."""
        ...


class Whispers(Protocol):
    """What watchers see and nobody stores."""

    async def whisper(self, conversation_id: ConversationId, live: Live) -> None:
        """Tell the watchers; losing it does no harm."""
        ...


class NodeLedger(Protocol):
    """What a gateway process must remember over its own restart."""

    async def track(self, node: str, conversation_id: ConversationId) -> None:
        """Remember that the node may hold a contact for the conversation."""
        ...

    async def untrack(self, node: str, conversation_id: ConversationId) -> None:
        """Forget it."""
        ...

    async def tracked(self, node: str) -> tuple[ConversationId, ...]:
        """All that the node may hold; some may be over."""
        ...

    async def next_sequence(self, node: str) -> int:
        """A number that rises with each call, over restarts too."""
        ...


class Sightings(Protocol):
    """When customers were last connected, to any process."""

    async def seen(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        """They are connected now."""
        ...

    async def away_seconds(self, conversation_id: ConversationId) -> float:
        """How long ago the customer was last seen."""
        ...
