"""What an answer about a customer is made of, and how several answers become one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from switchyard_crm.domain.customer import Bill, Case, Customer, Interaction, Order
from switchyard_crm.domain.records import Profile

CONTACTS_WINDOW_DAYS = 7
LAST_AGENTS = 3


class Section(StrEnum):
    """Part of the context; the value is what `partial` says when it is missing."""

    PROFILE = "PROFILE"
    ORDERS = "ORDERS"
    BILLS = "BILLS"
    OPEN_CASES = "OPEN_CASES"
    TIMELINE = "TIMELINE"
    ROUTING = "ROUTING"


DEFAULT_SECTIONS = (Section.PROFILE, Section.OPEN_CASES, Section.ROUTING)


class SourceStatus(StrEnum):
    """How a source answered."""

    FRESH = "FRESH"
    CACHED = "CACHED"
    STALE = "STALE"
    TIMEOUT = "TIMEOUT"
    OPEN = "OPEN"
    ERROR = "ERROR"
    NOT_CONFIGURED = "NOT_CONFIGURED"

    @property
    def failed(self) -> bool:
        """Something is missing that asking again may bring."""
        return self in _FAILED


_FAILED = frozenset((SourceStatus.TIMEOUT, SourceStatus.OPEN, SourceStatus.ERROR))


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source answered, the seconds it took, and how old what it said is, in seconds."""

    source: str
    status: SourceStatus
    took_seconds: float
    age_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentContact:
    """The last contact with an agent: what came of it, by the centre's own list, and when."""

    agent: str
    outcome: str
    time: datetime


@dataclass(frozen=True, slots=True)
class RoutingHints:
    """What routing may use: agents latest first, contacts of the last seven days."""

    tier: str
    language: str
    last_agents: tuple[AgentContact, ...]
    open_cases: int
    contacts_7d: int


@dataclass(frozen=True, slots=True)
class CustomerContext:
    """What is known so far; None and () also stand for what was not asked for.

    `profiles` are records as their sources have them now; the customer is a view on them.
    """

    customer: Customer | None = None
    orders: tuple[Order, ...] = ()
    bills: tuple[Bill, ...] = ()
    open_cases: tuple[Case, ...] = ()
    timeline: tuple[Interaction, ...] = ()
    routing: RoutingHints | None = None
    profiles: tuple[Profile, ...] = ()

    def plus(self, other: "CustomerContext") -> "CustomerContext":
        """Both together: lists one after the other, of single values the first that is there."""
        return CustomerContext(
            customer=self.customer or other.customer,
            orders=self.orders + other.orders,
            bills=self.bills + other.bills,
            open_cases=self.open_cases + other.open_cases,
            timeline=self.timeline + other.timeline,
            routing=self.routing or other.routing,
            profiles=self.profiles + other.profiles,
        )


@dataclass(frozen=True, slots=True)
class ContextPart:
    """One section, as a source delivers it."""

    section: Section
    content: CustomerContext


def newest_first(context: CustomerContext, limit: int) -> CustomerContext:
    """The same with each list newest first, cut to `limit` entries; for lists of several sources.

    The order is total, so that the same entries give the same answer whoever came first.
    """
    return replace(
        context,
        orders=_cut(context.orders, limit, lambda each: (each.placed_time, each.number)),
        bills=_cut(context.bills, limit, lambda each: (each.due_date or date.min, each.number)),
        open_cases=_cut(context.open_cases, limit, lambda each: (each.update_time, each.number)),
        timeline=_cut(context.timeline, limit, lambda each: (each.time, each.id)),
    )


def _cut[T](entries: tuple[T, ...], limit: int, newest: Callable[[T], Any]) -> tuple[T, ...]:
    return tuple(sorted(entries, key=newest, reverse=True)[:limit])
