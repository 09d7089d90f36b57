"""Tickets and complaints: what customers want put right."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseState(StrEnum):
    """Where a case stands. OTHER: a state this bot has no words for."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    OTHER = "other"


FINISHED_STATES = frozenset({CaseState.RESOLVED, CaseState.CLOSED})
"""States in which nobody works on a case any more."""


class CaseKind(StrEnum):
    """What a case is for, as far as this bot opens it."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    CALLBACK = "callback"


class Priority(StrEnum):
    """How urgent a case is."""

    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as customers may see it.

    `source` is the system that made it; it is needed to change one that was not made here. Times
    are aware.
    """

    number: str
    state: CaseState
    subject: str = ""
    opened_at: datetime | None = None
    changed_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """A case, and its entries that customers may read, newest first. Personal."""

    case: Case
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseWish:
    """A case to be opened; `description` is in the customer's words. Personal."""

    subject: str
    description: str
    kind: CaseKind
    priority: Priority = Priority.NORMAL
    order_number: str = ""
