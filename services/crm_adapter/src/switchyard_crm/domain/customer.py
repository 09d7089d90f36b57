"""A customer and what belongs to one. Times are aware, in UTC; money is in the smallest unit."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

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
class SourcedText:
    """A value and where it comes from."""

    value: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer: what survives of all records of one person. None and (): not known.

    Each value carries where it comes from. Dates are ISO 8601, handles `namespace:value`.
    """

    name: CustomerName
    display_name: SourcedText | None = None
    language: SourcedText | None = None
    tier: SourcedText | None = None
    birth_date: SourcedText | None = None
    address: SourcedText | None = None
    phones: tuple[SourcedText, ...] = ()
    emails: tuple[SourcedText, ...] = ()
    handles: tuple[SourcedText, ...] = ()
    since_time: datetime | None = None

    @property
    def etag(self) -> str:
        """Changes when anything of the view changes."""
        scalars = (self.display_name, self.language, self.tier, self.birth_date, self.address)
        sets = (sorted(map(str, each)) for each in (self.phones, self.emails, self.handles))
        view = repr((self.name, scalars, self.since_time, *sets))
        return hashlib.sha256(view.encode()).hexdigest()[:_ETAG_CHARS]


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
    """What a customer ordered. `number` is as printed, `delivery_address` in one line."""

    number: str
    state: str
    placed_time: datetime
    total: Money
    items: tuple[OrderItem, ...] = ()
    delivery_date: date | None = None
    carrier: Words = Words()
    tracking_number: str = ""
    source: str = LOCAL_SOURCE
    delivery_address: str = ""


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
    """A ticket or complaint; `kind` is what it is for, empty: a question."""

    number: str
    state: str
    subject: str
    priority: str
    create_time: datetime
    update_time: datetime
    order_number: str = ""
    source: str = LOCAL_SOURCE
    kind: str = ""


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
