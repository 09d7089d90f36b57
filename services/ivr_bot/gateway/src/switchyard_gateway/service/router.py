"""What use cases need of the router. Methods raise RouterFailed unless they say otherwise."""

from dataclasses import dataclass
from typing import Protocol

from switchyard_gateway.domain.contacts import CallReport, ContactView
from switchyard_gateway.domain.conversation import ConversationId, Wait
from switchyard_gateway.domain.handoff import Handoff


@dataclass(frozen=True, slots=True)
class ContactRequest:
    """A contact to be queued; the same request_id again gives the same contact."""

    request_id: str
    conversation: ConversationId
    queue: str
    language: str
    node: str
    handoff: Handoff
    waited_seconds: float
    channel: str = "chat"
    caller: str = ""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A call back instead of a waiting contact, at its place in the queue. `number` is E.164."""

    contact: ContactRequest
    number: str
    instead_of: str


class Router(Protocol):
    """Contacts, as the router keeps them."""

    async def create_contact(self, request: ContactRequest) -> ContactView:
        """Queue a contact."""
        ...

    async def create_callback(self, request: CallbackRequest) -> str:
        """Queue a call to the customer; the same request again gives the same contact's name."""
        ...

    async def withdraw_contact(self, contact: str, reason: str, request_id: str) -> None:
        """End a contact that nobody needs any more; over already is no error."""
        ...

    async def get_contact(self, contact: str) -> ContactView:
        """Read a contact."""
        ...

    async def complete_contact(self, contact: str, disposition: str, request_id: str) -> None:
        """End the agent's conversation; a contact that is over already is no error."""
        ...

    async def estimate_wait(self, contact: str) -> Wait | None:
        """Place in the queue and time, if known. Never raises, never takes long."""
        ...

    async def agent_display(self, agent: str) -> str:
        """The name that customers may see, or empty. Never raises, never takes long."""
        ...


class Line(Protocol):
    """The way up to the router for what happens to a contact."""

    async def report(self, report: CallReport) -> None:
        """Tell it, now or as soon as the router can be reached. Never raises."""
        ...
