"""A conversation, its messages, and what else its watchers see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from switchyard_common.bot_events import Tally

from switchyard_gateway.domain.handoff import HandOver
from switchyard_gateway.domain.secrecy import Secrecy, masked, without_links

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
class Attachment:
    """A file that belongs to a message. The name is personal; the content is kept elsewhere."""

    id: str
    name: str
    type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is stored.

    `message_id` is the sender's own and repeats are dropped by it; `notice` is the stable name of
    a system message, so that a page need not read its text. `choices` are answers to pick from:
    picking one is the same as writing it. `confidential`: of the bot, for nobody but the customer.
    """

    message_id: str
    role: Role
    text: str
    agent: str = ""
    notice: str = ""
    choices: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    confidential: bool = False

    def kept(self, secrecy: Secrecy) -> str:
        """What the log keeps of the text, and whoever reads it sees: it is without secrets."""
        if self.role is Role.CUSTOMER:
            return masked(self.text).by(secrecy)
        return without_links(self.text) if self.confidential else self.text


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message. The text is personal. `number` counts a customer's from 1.

    `confidential`: the text is masked, and for a while the customer may have it whole.
    """

    id: EntryId
    message_id: str
    role: Role
    text: str
    time: datetime
    agent: str = ""
    notice: str = ""
    choices: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    number: int = 0
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """The part of a conversation that its watchers see changed."""

    id: EntryId
    state: State
    language: str
    contact: str = ""
    agent: str = ""
    agent_display: str = ""


class Happening(StrEnum):
    """What the bot reacts to besides words; names as the bot's channel has them."""

    GREET = "greet"
    HAND_BACK = "hand_back"
    HAND_OVER_FAILED = "hand_over_failed"
    SILENCE = "silence"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something for the bot to react to. `id` makes it repeatable; `facts` may be personal."""

    id: str
    what: Happening
    facts: Mapping[str, object] = field(default_factory=dict)


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
class Identifier:
    """By what a channel knows its customer. Personal.

    `kind` is phone, email or handle; `namespace` says whose handles, for instance an account of
    WeChat; `proven` that the channel itself vouches for it.
    """

    kind: str
    value: str
    namespace: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What the bot learned about the customer. Personal."""

    customer: str = ""
    verification_level: str = "anonymous"
    slots: Mapping[str, object] = field(default_factory=dict)
    note: str = ""
    intent: str = ""
    sentiment: float = 0.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as stored. `version` rises with every change, not with every message.

    `offered` are the choices last shown on a channel of nothing but text. `said` counts the
    customer's messages, the first of which came at `first`; `active` is when the customer was last
    heard, or came back to the bot; `reminders` since then. `secrecy`: whether the bot asks for a
    secret. `past_contact` is the router's contact of the last hand-over that is over here.
    """

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
    identifiers: tuple[Identifier, ...] = ()
    offered: tuple[str, ...] = ()
    tally: Tally = field(default_factory=Tally)
    reminders: int = 0
    said: int = 0
    first: datetime | None = None
    active: datetime | None = None
    secrecy: Secrecy = Secrecy.NEVER
    past_contact: str = ""

    @property
    def contact(self) -> str:
        """The router's contact while handed over, once it has one."""
        return self.handover.contact if self.handover else ""

    @property
    def agent(self) -> str:
        """The agent while with one."""
        return self.handover.agent if self.handover else ""
