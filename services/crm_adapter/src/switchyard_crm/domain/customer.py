"""A customer and what belongs to one. Times are aware, in UTC; money is in the smallest unit."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName

LOCAL_SOURCE = "local"
CLOSED = "closed"
_ETAG_CHARS = 16
_READ_CHINESE = frozenset(("zh", "yue", "cmn"))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from: source, record id there, and when the source held it."""

    source: str
    source_id: str
    observed_time: datetime


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer. Empty texts and None mean: not known."""

    name: CustomerName
    display_name: str
    provenance: Provenance
    language: str = ""
    tier: str = ""
    birth_date: date | None = None
    address: str = ""
    since_time: datetime | None = None
    identifiers: tuple[Identifier, ...] = ()

    def values(self, kind: IdentifierKind) -> tuple[Identifier, ...]:
        """The identifiers of one kind."""
        return tuple(known for known in self.identifiers if known.kind is kind)

    @property
    def etag(self) -> str:
        """Changes when anything of the customer changes."""
        view = repr((self.name, self.display_name, self.language, self.tier, self.birth_date))
        rest = repr((self.address, self.since_time, sorted(self.identifiers)))
        return hashlib.sha256((view + rest).encode()).hexdigest()[:_ETAG_CHARS]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit of an ISO 4217 currency."""

    currency: str
    minor_units: int


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in Chinese and in English; either may be empty."""

    zh: str = ""
    en: str = ""

    def in_language(self, language: str) -> str:
        """The words for a BCP 47 language: Chinese for zh and yue, else English, else any."""
        chinese = language.lower().split("-")[0] in _READ_CHINESE
        first, second = (self.zh, self.en) if chinese else (self.en, self.zh)
        return first or second


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order."""

    name: Words
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer ordered. `number` is as printed."""

    number: str
    state: str
    placed_time: datetime
    total: Money
    items: tuple[OrderItem, ...] = ()
    delivery_date: date | None = None
    carrier: Words = Words()
    tracking_number: str = ""
    source: str = LOCAL_SOURCE


@dataclass(frozen=True, slots=True)
class Bill:
    """What a customer owes or paid; `period` is the month billed, for instance 2026-10."""

    number: str
    state: str
    amount: Money
    due_date: date | None = None
    period: str = ""
    source: str = LOCAL_SOURCE


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket or complaint."""

    number: str
    state: str
    subject: str
    priority: str
    create_time: datetime
    update_time: datetime
    order_number: str = ""
    source: str = LOCAL_SOURCE


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something that happened between customer and company; `agent` is empty for self-service."""

    id: str
    channel: str
    time: datetime
    summary: str = ""
    agent: str = ""
    disposition: str = ""
    contact: str = ""
    source: str = LOCAL_SOURCE


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """All that one source holds of one customer."""

    customer: Customer
    orders: tuple[Order, ...] = ()
    bills: tuple[Bill, ...] = ()
    cases: tuple[Case, ...] = ()
    interactions: tuple[Interaction, ...] = ()
