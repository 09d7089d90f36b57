"""States and the table of transitions; the Lua scripts get their table from here."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ContactState(StrEnum):
    """Where a contact stands; names as in the contract."""

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


class OfferState(StrEnum):
    """Life of an offer; names as in the contract."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TIMED_OUT = "TIMED_OUT"
    RESCINDED = "RESCINDED"
    FAILED = "FAILED"


class Presence(StrEnum):
    """Whether an agent can be given work; names as in the contract."""

    OFFLINE = "OFFLINE"
    AVAILABLE = "AVAILABLE"
    NOT_READY = "NOT_READY"
    ON_CONTACT = "ON_CONTACT"
    AFTER_CONTACT_WORK = "AFTER_CONTACT_WORK"
    DISCONNECTED = "DISCONNECTED"


NEW = ""
"""What a contact that does not exist yet comes from."""

_S = ContactState

TRANSITIONS: Mapping[str, frozenset[ContactState]] = MappingProxyType(
    {
        NEW: frozenset({_S.QUEUED}),
        _S.QUEUED: frozenset({_S.OFFERING, _S.ABANDONED, _S.CANCELLED, _S.EXPIRED}),
        _S.OFFERING: frozenset({_S.QUEUED, _S.ASSIGNED, _S.ABANDONED, _S.CANCELLED}),
        _S.ASSIGNED: frozenset({_S.QUEUED, _S.CONNECTED, _S.ABANDONED, _S.CANCELLED}),
        # Back to QUEUED: a text contact whose agent's desktop is lost goes to somebody else.
        _S.CONNECTED: frozenset({_S.ON_HOLD, _S.WRAP_UP, _S.QUEUED}),
        _S.ON_HOLD: frozenset({_S.CONNECTED, _S.WRAP_UP, _S.QUEUED}),
        _S.WRAP_UP: frozenset({_S.COMPLETED}),
        _S.COMPLETED: frozenset(),
        _S.ABANDONED: frozenset(),
        _S.CANCELLED: frozenset(),
        _S.EXPIRED: frozenset(),
    }
)

WHOLE_AGENT = frozenset({"VOICE", "CALLBACK", "VIDEO"})
"""Channels whose contacts take a whole agent; the others share one."""
STAYING_EVENTS = frozenset(
    {
        "contact.context_attached",
        "contact.moved",
        "contact.overtaken",
        "contact.requeued",
        "contact.updated",
        "contact.callback_requested",
    }
)
"""Events of a contact that tell of something else than its state."""
REREAD_EVENTS = STAYING_EVENTS - {"contact.overtaken"}
"""After these a contact holds something that only the store has: context, detail, an expiry."""

TERMINAL = frozenset(state for state in ContactState if not TRANSITIONS[state])
WITH_AGENT = frozenset({_S.ASSIGNED, _S.CONNECTED, _S.ON_HOLD, _S.WRAP_UP})
CONVERSING = frozenset({_S.CONNECTED, _S.ON_HOLD})
