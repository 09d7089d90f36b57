"""Customers who come through a channel of their own rather than the chat page. Pure."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from switchyard_gateway.domain.conversation import (
    BEGINNING,
    ConversationId,
    EntryId,
    Identifier,
    Message,
    Role,
)

PeerKey = NewType("PeerKey", str)
"""Stands for a peer wherever its address must not be read."""

_SEEN_BY_CUSTOMERS = frozenset({Role.BOT, Role.AGENT, Role.SYSTEM})
_NOT_FOR_CUSTOMERS = frozenset({"looking_for_agent"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a customer is reached: the channel, whose account of it, and the id there. Personal."""

    channel: str
    account: str
    id: str

    @property
    def key(self) -> PeerKey:
        """The same for the same address. Not for logs: who knows all numbers finds the one."""
        text = "\n".join((self.channel, self.account, self.id))
        return PeerKey(hashlib.sha256(text.encode()).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class Peer:
    """A customer of a channel, and how far their conversation has been delivered.

    `serial` counts their conversations; `held`: nothing can be sent until they write again;
    `offered`: what the last message delivered gave them to pick from.
    """

    address: Address
    conversation: ConversationId
    serial: int = 1
    delivered: EntryId = BEGINNING
    held: bool = False
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer did, as a channel tells it; `message_id` is the channel's own."""

    address: Address
    message_id: str
    text: str = ""
    language: str = "zh"
    identifiers: tuple[Identifier, ...] = ()
    wish: "Wish | None" = None
    file: "ReceivedFile | None" = None


class Wish(StrEnum):
    """What a customer may do beside writing."""

    PERSON = "person"
    LEAVE = "leave"
    END = "end"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file as it came. Name and content are personal."""

    name: str
    content: bytes


class Outcome(StrEnum):
    """What came of a delivery."""

    DELIVERED = "delivered"
    RETRY = "retry"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Up to which message it went, and what came of the next one if there is any.

    RETRY: may work later, in `retry_after_seconds` if the other side said so. HELD: only once the
    customer has written again. REFUSED: this message never.
    """

    outcome: Outcome
    delivered: EntryId | None = None
    retry_after_seconds: float | None = None


def for_customer(message: Message) -> bool:
    """Whether a channel shows it: not what the customer wrote, nor what only agents read."""
    return message.role in _SEEN_BY_CUSTOMERS and message.notice not in _NOT_FOR_CUSTOMERS


def spelled(message: Message) -> str:
    """The message for channels of words alone: what can be picked is listed, with its number."""
    if not message.choices:
        return message.text
    lines = (f"{number}. {title}" for number, title in enumerate(message.choices, start=1))
    return "\n".join((message.text, *lines))


def picked(text: str, choices: tuple[str, ...]) -> str:
    """The choice whose number a customer wrote; else the text as it is."""
    number = text.strip().rstrip(".。、")
    if number.isascii() and number.isdigit() and 1 <= int(number) <= len(choices):
        return choices[int(number) - 1]
    return text
