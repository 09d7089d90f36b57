"""What the callback flow needs of the router and of the list of those who may be called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchyard_actions.domain.holders import Reach
from switchyard_actions.domain.language import Language


@dataclass(frozen=True, slots=True)
class CallbackWish:
    """A call that is wanted. Personal.

    `id` is the same for the same wish: it is booked once. `topic` is what it is about, by the name
    of a flow, and decides the queue. `not_before` None: as soon as somebody is free. `summary` is
    for the agent, in the customer's language; `slots` is what was collected.
    """

    id: str
    conversation: str
    number: str
    topic: str
    language: Language
    summary: str
    level: str
    customer: str = ""
    not_before: datetime | None = None
    sentiment: float = 0.0
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallbackBooked:
    """`minutes`: half of such calls come within that time; None when nobody can tell honestly."""

    minutes: int | None = None


class NoCallback(StrEnum):
    """Why the router takes no callback at the moment."""

    CLOSED = "closed"
    FULL = "full"


class Callbacks(Protocol):
    """Calls that the company owes. Raises Unavailable when the router does not answer."""

    async def book(self, wish: CallbackWish) -> CallbackBooked | NoCallback:
        """Puts the call in line."""
        ...


class Permission(StrEnum):
    """Whether a number may be called.

    DO_NOT_CALL: its owner never wants calls. OPTED_OUT: its owner has refused service calls; if
    the owner asks for one, that is another matter.
    """

    ALLOWED = "allowed"
    DO_NOT_CALL = "do_not_call"
    OPTED_OUT = "opted_out"


class CallPermissions(Protocol):
    """Raises Unavailable, also when the list cannot be read: in doubt nobody is called."""

    async def for_call(self, phone: Reach) -> Permission:
        """Whether a customer's number may be called because somebody asked for it here."""
        ...
