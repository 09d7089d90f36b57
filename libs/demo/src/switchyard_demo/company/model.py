"""What the demo company consists of. Ids are short; callers put them into resource names.

Days are local dates of the company, moments are aware UTC, amounts are in the smallest unit of the
currency. Texts that customers see exist in Chinese and English.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and English."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The words for a BCP 47 language; Cantonese speakers read Chinese, others English."""
        return self.zh if language.split("-")[0] in ("zh", "yue") else self.en


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill that somebody must have at a level of 1 to 10."""

    skill: str
    min_level: int


@dataclass(frozen=True, slots=True)
class PlanStep:
    """Who may answer now."""

    skills: tuple[SkillNeed, ...]
    language_level: int
    """Least level in ``lang.<language of the contact>``; 0 asks for none."""
    expires_after_seconds: int | None
    """Counted from entering the step; ``None`` in the last step: for ever."""


@dataclass(frozen=True, slots=True)
class RoutingPlan:
    """Ordered steps, each less demanding than the one before."""

    id: str
    steps: tuple[PlanStep, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Contacts of one kind waiting for the same people."""

    id: str
    display_name: Text
    plan: RoutingPlan
    service_level_target_seconds: int
    service_level_goal: float
    ring_timeout_seconds: int
    wrap_up_seconds: int
    rona_limit: int
    max_wait_seconds: int
    max_size: int


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who answers contacts."""

    id: str
    display_name: Text
    team: str
    endpoint: str
    """SIP address that the platform rings."""
    skills: Mapping[str, int]
    """Skill id to level, 1 to 10."""
    channel_capacity: Mapping[str, int]
    """Channel name to contacts at once."""
    queues: tuple[str, ...]


class Tier(StrEnum):
    """What a customer is worth to the company."""

    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a customer lives, in the script of the place."""

    country: str
    """ISO 3166 alpha-2."""
    region: str
    city: str
    district: str
    street: str
    postal_code: str

    @property
    def one_line(self) -> str:
        """The address as it is written in its country."""
        if self.country == "CN":
            region = "" if self.region == self.city else self.region
            return f"{region}{self.city}{self.district}{self.street}"
        parts = (self.street, self.district, self.city, self.region, self.postal_code)
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who buys from the company."""

    id: str
    name: str
    """As the customer writes it. Whether somebody is Mr or Ms is not known, nor needed."""
    language: str
    """BCP 47: ``zh``, ``yue`` or ``en``."""
    phone: str
    """E.164, unique, from a range nobody is reached at."""
    email: str
    address: Address
    tier: Tier
    since: dt.date
    service_plan: str | None
    """Id of the monthly service the customer pays for."""

    @property
    def salutation(self) -> str:
        """A greeting by full name that needs no title."""
        return f"{self.name}，您好" if self.language in ("zh", "yue") else f"Hello {self.name}"

    @property
    def phone_last4(self) -> str:
        """The digits by which a customer is recognised."""
        return self.phone[-4:]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit (fen, cents, pence) of an ISO 4217 currency."""

    minor_units: int
    currency: str


class OrderState(StrEnum):
    """Where an order stands."""

    PLACED = "placed"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order."""

    sku: str
    name: Text
    quantity: int
    unit_price: Money


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer ordered. A day is ``None`` as long as, or because, it never came."""

    number: str
    """``SY`` and eight digits, unique."""
    customer: str
    state: OrderState
    items: tuple[OrderItem, ...]
    placed_on: dt.date
    packed_on: dt.date | None
    shipped_on: dt.date | None
    expected_on: dt.date | None
    """When it should arrive; known once it is placed, ``None`` for a cancelled order."""
    delivered_on: dt.date | None
    ended_on: dt.date | None
    """When it was cancelled or came back."""
    carrier: Text | None
    tracking_number: str | None

    @property
    def total(self) -> Money:
        """Sum of the items."""
        amount = sum(item.quantity * item.unit_price.minor_units for item in self.items)
        return Money(amount, self.items[0].unit_price.currency)


class BillState(StrEnum):
    """Whether a bill is paid."""

    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Bill:
    """One month of a service plan."""

    number: str
    """``B``, the month, and six digits, unique."""
    customer: str
    service: Text
    period: str
    """Month billed, as 2026-10."""
    amount: Money
    issued_on: dt.date
    due_on: dt.date
    state: BillState
    paid_on: dt.date | None


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a ticket is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class TicketEntry:
    """One step in a ticket's history."""

    at: dt.datetime
    author: str
    """``customer``, ``system`` or an agent's id."""
    channel: str
    """VOICE, CHAT or EMAIL."""
    state: TicketState
    """State from this entry on."""
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something a customer wants put right."""

    number: str
    """``T`` and seven digits, unique."""
    customer: str
    queue: str
    subject: str
    """In the customer's language."""
    priority: Priority
    order_number: str | None
    bill_number: str | None
    history: tuple[TicketEntry, ...]
    """In order of time, at least one entry."""

    @property
    def state(self) -> TicketState:
        """Where it stands now."""
        return self.history[-1].state


@dataclass(frozen=True, slots=True)
class Company:
    """All of it."""

    name: Text
    seed: int
    as_of: dt.date
    """The day on which this is the state of affairs."""
    agents: tuple[Agent, ...]
    queues: tuple[Queue, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    bills: tuple[Bill, ...]
    tickets: tuple[Ticket, ...]
