"""A conversation, its messages, and what else its watchers see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from switchyard_gateway.domain.handoff import HandOver

ConversationId = NewType("ConversationId", str)
EntryId = NewType("EntryId", str)
"""Position in a conversation's log; positions rise."""

BEGINNING = EntryId("")
"""Before the first entry."""


class State(StrEnum):
    """Who serves the customer; names as in the contract."""

    WITH_BOT = "WITH_BOT"
    WAITING_FOR_AGENT = "WAITING_FOR_AGENT"
    WITH_AGENT = "WITH_AGENT"
    CLOSED = "CLOSED"


HANDED_OVER = frozenset({State.WAITING_FOR_AGENT, State.WITH_AGENT})
"""States in which there is a hand-over; the bot is silent in them."""


class Role(StrEnum):
    """Who wrote a message; names as in the contract."""

    CUSTOMER = "CUSTOMER"
    BOT = "BOT"
    AGENT = "AGENT"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is stored.

    `message_id` is the sender's own and repeats are dropped by it; `notice` is the stable name of
    a system message, so that a page need not read its text.
    """

    message_id: str
    role: Role
    text: str
    agent: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. The text is personal."""

    id: EntryId
    message_id: str
    role: Role
    text: str
    time: datetime
    agent: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """The part of a conversation that its watchers see changed."""

    id: EntryId
    state: State
    language: str
    contact: str = ""
    agent: str = ""
    agent_display: str = ""


type Entry = Message | Changed
"""What a conversation's log holds."""


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody writes. Not stored."""

    role: Role


@dataclass(frozen=True, slots=True)
class Wait:
    """Place in the queue (from 1; 0: not waiting) and how long it takes, where that is known.

    The seconds are set only when the router is confident of them.
    """

    position: int
    p50_seconds: int | None = None
    p90_seconds: int | None = None


type Live = Entry | Typing | Wait
"""What a watcher gets."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the bot learned about the customer. Personal."""

    customer: str = ""
    verification_level: str = "anonymous"
    slots: Mapping[str, object] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as stored. `version` rises with every change, not with every message."""

    id: ConversationId
    channel: str
    language: str
    state: State
    version: int
    created: datetime
    updated: datetime
    profile: Profile = field(default_factory=Profile)
    handover: HandOver | None = None
    bot_paused: bool = False
    ended_by_request: str = ""
    token_hash: str = ""
    wait: Wait | None = None

    @property
    def contact(self) -> str:
        """The router's contact while handed over, once it has one."""
        return self.handover.contact if self.handover else ""

    @property
    def agent(self) -> str:
        """The agent while with one."""
        return self.handover.agent if self.handover else ""
