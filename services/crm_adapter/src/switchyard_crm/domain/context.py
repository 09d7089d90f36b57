"""What an answer about a customer is made of, and how several answers become one."""

from dataclasses import dataclass
from enum import StrEnum

from switchyard_crm.domain.customer import Bill, Case, Customer, Interaction, Order

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
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How one source answered, and the seconds it took."""

    source: str
    status: SourceStatus
    took_seconds: float


@dataclass(frozen=True, slots=True)
class RoutingHints:
    """What routing may use: agents latest first, contacts of the last seven days."""

    tier: str
    language: str
    last_agents: tuple[str, ...]
    open_cases: int
    contacts_7d: int


@dataclass(frozen=True, slots=True)
class CustomerContext:
    """What is known so far; None and () also stand for what was not asked for."""

    customer: Customer | None = None
    orders: tuple[Order, ...] = ()
    bills: tuple[Bill, ...] = ()
    open_cases: tuple[Case, ...] = ()
    timeline: tuple[Interaction, ...] = ()
    routing: RoutingHints | None = None

    def plus(self, other: "CustomerContext") -> "CustomerContext":
        """Both together: lists one after the other, of single values the first that is there."""
        return CustomerContext(
            customer=self.customer or other.customer,
            orders=self.orders + other.orders,
            bills=self.bills + other.bills,
            open_cases=self.open_cases + other.open_cases,
            timeline=self.timeline + other.timeline,
            routing=self.routing or other.routing,
        )


@dataclass(frozen=True, slots=True)
class ContextPart:
    """One section, as a source delivers it."""

    section: Section
    content: CustomerContext
