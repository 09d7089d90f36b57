"""The router's contact as the gateway sees it, and what each news of it means. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_gateway.domain.conversation import HANDED_OVER, Conversation, State
from switchyard_gateway.domain.notices import Notice


class ContactState(StrEnum):
    """Where the router says a contact stands; names as in its contract."""

    QUEUED = "QUEUED"
    OFFERING = "OFFERING"
    ASSIGNED = "ASSIGNED"
    CONNECTED = "CONNECTED"
    ON_HOLD = "ON_HOLD"
    WRAP_UP = "WRAP_UP"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


LOOKING = frozenset({ContactState.QUEUED, ContactState.OFFERING})
JOINED = frozenset({ContactState.ASSIGNED, ContactState.CONNECTED, ContactState.ON_HOLD})
LIVE = LOOKING | JOINED

_WHY_OVER = {
    ContactState.WRAP_UP: Notice.AGENT_ENDED,
    ContactState.COMPLETED: Notice.AGENT_ENDED,
    ContactState.ABANDONED: Notice.LEFT_QUEUE,
    ContactState.CANCELLED: Notice.CONTACT_LOST,
    ContactState.EXPIRED: Notice.NOBODY_ANSWERED,
}


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact as last reported. `conversation` is its external id."""

    name: str
    conversation: str
    state: ContactState
    agent: str = ""
    offer: str = ""
    fence: int = 0


class LineEvent(StrEnum):
    """What the gateway tells the router about a contact; names as in its contract."""

    BRIDGED = "BRIDGED"
    CALLER_HANGUP = "CALLER_HANGUP"


@dataclass(frozen=True, slots=True)
class CallReport:
    """One line event. Offer, agent and fence are empty for events of the customer's side."""

    contact: str
    event: LineEvent
    offer: str = ""
    agent: str = ""
    fence: int = 0


class Reaction(StrEnum):
    """What the gateway does about news of a contact."""

    NOTHING = "nothing"
    JOIN = "join"
    CONFIRM = "confirm"
    LOOK_AGAIN = "look_again"
    BACK_TO_BOT = "back_to_bot"
    HANG_UP = "hang_up"


def react(conversation: Conversation, contact: ContactView) -> Reaction:
    """What the news asks for; repeated and late news ask for nothing or for the same again.

    A live contact that its conversation does not wait for is hung up: the customer left while it
    was being created, or the answer to its creation was lost.
    """
    if conversation.contact != contact.name:
        return _about_another(conversation, contact)
    if contact.state in JOINED:
        return _about_agent(conversation, contact)
    if contact.state in LOOKING:
        return _about_search(conversation, contact)
    return Reaction.BACK_TO_BOT


def why_over(contact: ContactView) -> Notice:
    """What the customer is told when the contact is over."""
    return _WHY_OVER[contact.state]


def bridged(contact: ContactView) -> CallReport:
    """Customer and agent are together."""
    return CallReport(
        contact=contact.name,
        event=LineEvent.BRIDGED,
        offer=contact.offer,
        agent=contact.agent,
        fence=contact.fence,
    )


def hung_up(contact: str) -> CallReport:
    """The customer left."""
    return CallReport(contact=contact, event=LineEvent.CALLER_HANGUP)


def _about_another(conversation: Conversation, contact: ContactView) -> Reaction:
    being_created = conversation.state in HANDED_OVER and not conversation.contact
    if being_created or contact.state not in LIVE:
        return Reaction.NOTHING
    return Reaction.HANG_UP


def _about_agent(conversation: Conversation, contact: ContactView) -> Reaction:
    fence = _fence(conversation)
    if contact.fence > fence:
        return Reaction.JOIN
    same = contact.fence == fence and conversation.agent == contact.agent
    to_confirm = same and contact.state is ContactState.ASSIGNED
    return Reaction.CONFIRM if to_confirm else Reaction.NOTHING


def _about_search(conversation: Conversation, contact: ContactView) -> Reaction:
    """A contact is offered with a fence, joined by it, and goes back to the queue with it."""
    fence = _fence(conversation)
    queued = contact.state is ContactState.QUEUED
    newer = contact.fence >= fence if queued else contact.fence > fence
    lost = newer and conversation.state is State.WITH_AGENT
    return Reaction.LOOK_AGAIN if lost else Reaction.NOTHING


def _fence(conversation: Conversation) -> int:
    return conversation.handover.fence if conversation.handover else 0
