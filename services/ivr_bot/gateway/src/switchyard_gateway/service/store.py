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
    Identifier,
    Live,
    Message,
    Occasion,
)
from switchyard_gateway.domain.transitions import Step


@dataclass(frozen=True, slots=True)
class Opening:
    """A conversation to open. `occasion`: what the bot reacts to first."""

    id: ConversationId
    channel: str
    language: str
    token_hash: str = ""
    identifiers: tuple[Identifier, ...] = ()
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `burst` messages at once, and one more every `interval_seconds`."""

    interval_seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A stored message; `repeated` when it had been stored before.

    `waiting`: it was written while the customer waits for a person.
    """

    message: Message
    repeated: bool
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A message or occasion for the bot; nobody else works on the conversation until it lapses."""

    id: str
    conversation: Conversation
    message: Message | None = None
    occasion: Occasion | None = None


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

        What the bot has yet to answer is dropped when it is left; the step's occasions come after.
        Its events are reported if and only if it is made. ConversationUnknown.
        """
        ...


class Transcript(Protocol):
    """The messages of conversations."""

    async def post(
        self, conversation_id: ConversationId, draft: Draft, limit: RateLimit | None
    ) -> Posted:
        """Append a message; a customer's while with the bot becomes a turn of the bot.

        The log keeps `draft.kept()`; the turn has the whole text until it is finished.

        An agent's needs the conversation to be with that agent (WrongState, NotTheAgent), any
        needs it not to be closed (WrongState). RateLimited, ConversationUnknown.
        """
        ...

    async def read(
        self, conversation_id: ConversationId, after: EntryId, limit: int
    ) -> tuple[Entry, ...]:
        """Up to `limit` entries after a position, oldest first."""
        ...

    async def whole(self, conversation_id: ConversationId, message: Message) -> Message:
        """A confidential message of the bot with its text, as long as that is kept.

        For the customer's eyes only; any other message, and a later one, is as it was read.
        """
        ...


class Turns(Protocol):
    """Whose turn it is to be answered by the bot: one message of a conversation at a time."""

    async def claim(
        self, conversation_id: ConversationId, lease_seconds: float
    ) -> Turn | Busy | None:
        """The oldest turn; None when there is none, or the bot does not serve."""
        ...

    async def renew(self, turn: Turn, lease_seconds: float) -> bool:
        """Keep the turn for that long from now on; False if it was taken away."""
        ...

    async def finish(self, turn: Turn, step: Step) -> Finished | None:
        """End the turn with a step; None, and nothing done, if the turn was taken away."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """Conversations to look at now, and how many are open."""

    conversations: tuple[ConversationId, ...]
    open: int


class Timers(Protocol):
    """When somebody looks whether a customer is still there. Each step sets the timer anew."""

    async def due(self, most: int, lease_seconds: float) -> Due:
        """Conversations whose timers are due, which nobody else gets for the length of a lease."""
        ...

    async def postpone(self, conversation_id: ConversationId, seconds: float) -> None:
        """Look later, if the conversation is still open."""
        ...

    async def forget(self, conversation_id: ConversationId) -> None:
        """Look no more."""
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


class Sightings(Protocol):
    """When customers were last connected, to any process."""

    async def seen(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        """They are connected now."""
        ...

    async def away_seconds(self, conversation_id: ConversationId) -> float:
        """How long ago the customer was last seen."""
        ...
