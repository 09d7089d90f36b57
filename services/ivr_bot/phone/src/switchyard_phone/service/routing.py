"""What calls need of the router: a person, found by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from switchyard_phone.domain.language import Language


class NotQueued(Exception):
    """The router does not take the call. `reason` is the bot's word for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """A caller who needs a person. Personal. `notice` is what the bot passes on; may be empty.

    `known_as` is how the PBX can name the call once it has the caller back; empty: it cannot.
    """

    call: str
    conversation: str
    reason: str
    language: Language
    queue: str = ""
    caller: str = field(default="", repr=False)
    customer: str = ""
    notice: Mapping[str, object] = field(default_factory=dict, repr=False)
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent is to be joined. `target` is what to call, `seconds` how long there is for it."""

    id: str
    agent: str
    fence: int
    target: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the caller stands in the queue; 0 seconds: nobody can honestly say how long."""

    position: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Over:
    """The router has ended the contact; `reason` is the bot's word for why."""

    reason: str


@dataclass(frozen=True, slots=True)
class QueuedAnew:
    """The router had lost the contact: the caller has a new one, and the time already waited."""

    contact: str


News = Offer | Place | Over | QueuedAnew


class Waiting(Protocol):
    """A caller's place with the router. `release` it in the end, whatever became of it."""

    @property
    def contact(self) -> str:
        """The contact's full name."""
        ...

    async def next(self) -> News:
        """What happens next."""
        ...

    def joined(self, offer: Offer) -> None:
        """Caller and agent are together."""
        ...

    def not_joined(self, offer: Offer, cause: str) -> None:
        """They could not be joined; the caller is still here."""
        ...

    def left(self) -> None:
        """The caller is gone, or wants nobody any more."""
        ...

    async def call_back(self, number: str) -> bool:
        """Have the caller called back in their turn, which they keep; whether that is done."""
        ...

    def release(self) -> None:
        """This process holds the caller's leg no longer."""
        ...


class Routing(Protocol):
    """The router."""

    async def queue(self, wanted: Wanted) -> Waiting:
        """Give the caller a place; NotQueued."""
        ...

    async def leave_to_pbx(self, wanted: Wanted) -> str:
        """Queue a caller whom the PBX has from now on, and joins; the contact's name. NotQueued."""
        ...
