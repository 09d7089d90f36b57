"""What customers allow, and whether they may be contacted. Whatever is unclear means: no."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.consents import Consent, Purpose, Refusal, concerns_phones, refusal
from switchyard_crm.domain.errors import StoreUnavailable
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.resolve import Resolve

# The rest of the caller's time is for the answer: a late "no" would be an error after all.
_LOOKING_SHARE = 0.8
_UNCLEAR = {
    ResolveOutcome.NONE: Refusal.UNKNOWN_CUSTOMER,
    ResolveOutcome.AMBIGUOUS: Refusal.AMBIGUOUS,
    ResolveOutcome.SHARED_NUMBER: Refusal.SHARED_NUMBER,
}


@dataclass(frozen=True, slots=True)
class NewConsent:
    """An answer of a customer. An empty `channel` means all; `evidence` is personal."""

    channel: str
    purpose: Purpose
    granted: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is known of a customer: records, consents for one purpose, a listed number."""

    records: tuple[str, ...]
    consents: tuple[Consent, ...]
    number_listed: bool


class ConsentBook(Protocol):
    """Keeps consents and the do-not-call list. All methods raise StoreUnavailable."""

    async def add(
        self, customer: CustomerName, consent: NewConsent, now: datetime, request: WriteRequest
    ) -> Answered:
        """Store it for every record of the customer, once per request.

        The answer is the time it took effect, ISO 8601. CustomerNotFound, RequestIdReused.
        """
        ...

    async def permissions(self, customer: CustomerName, purpose: Purpose) -> Permissions | None:
        """What is known; None if there is no such customer."""
        ...

    async def listed(self, tenant: TenantId, identifier: Identifier) -> bool:
        """Whether the do-not-call list holds the identifier."""
        ...

    async def list_numbers(
        self, tenant: TenantId, identifiers: Sequence[Identifier], now: datetime
    ) -> int:
        """Put identifiers on the do-not-call list; how many were not there."""
        ...

    async def unlist_numbers(self, tenant: TenantId, identifiers: Sequence[Identifier]) -> int:
        """Take identifiers off the do-not-call list; how many were there."""
        ...


@dataclass(frozen=True, slots=True)
class ContactQuestion:
    """Who is to be contacted, on which channel, what for.

    `subject` None stands for a number that identifies nobody.
    """

    tenant: TenantId
    subject: Identifier | None
    channel: str
    purpose: Purpose


class SetConsent:
    """Records an answer once per request id."""

    def __init__(self, book: ConsentBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def run(
        self, customer: CustomerName, consent: NewConsent, request: WriteRequest
    ) -> datetime:
        """When it took effect. Raises CustomerNotFound, RequestIdReused, StoreUnavailable."""
        answered = await self._book.add(customer, consent, self._clock.now(), request)
        return datetime.fromisoformat(answered.answer)


class CheckContactable:
    """Says whether somebody may be contacted, at most `seconds` later.

    A store that does not answer is a plain "no" with a reason, not an error: a dialler that takes
    errors for a go-ahead would call people who forbade it.
    """

    def __init__(
        self, book: ConsentBook, resolve: Resolve, bounded: Bounded, seconds: float
    ) -> None:
        self._book = book
        self._resolve = resolve
        self._bounded = bounded
        self._seconds = seconds

    async def run(self, question: ContactQuestion, caller_seconds: float | None) -> Refusal | None:
        """Why not; None: may be contacted. Never raises for want of a store or of time."""
        seconds = self._seconds
        if caller_seconds is not None:
            seconds = min(seconds, caller_seconds * _LOOKING_SHARE)
        try:
            return await self._bounded.run(self._check(question), seconds)
        except (StoreUnavailable, TimeoutError):
            return Refusal.STORE_UNAVAILABLE

    async def _check(self, question: ContactQuestion) -> Refusal | None:
        subject = question.subject
        if subject is None:
            return Refusal.UNKNOWN_CUSTOMER
        if subject.kind is IdentifierKind.CUSTOMER_ID:
            return await self._check_customer(question, CustomerId(subject.value))
        if await self._book.listed(question.tenant, subject):
            return Refusal.DO_NOT_CALL
        found = await self._resolve.run(question.tenant, [subject])
        if found.outcome is not ResolveOutcome.UNIQUE:
            return _UNCLEAR[found.outcome]
        return await self._check_customer(question, found.candidates[0].customer)

    async def _check_customer(
        self, question: ContactQuestion, customer: CustomerId
    ) -> Refusal | None:
        known = await self._book.permissions(
            CustomerName(question.tenant, customer), question.purpose
        )
        if known is None:
            return Refusal.UNKNOWN_CUSTOMER
        # The caller may dial any number of the customer: one on the list closes them all.
        if known.number_listed and concerns_phones(question.channel):
            return Refusal.DO_NOT_CALL
        return refusal(known.consents, known.records, question.channel, question.purpose)


class ListNumbers:
    """Changes the do-not-call list, batch by batch; doing it again changes nothing."""

    def __init__(self, book: ConsentBook, clock: Clock, batch: int) -> None:
        self._book = book
        self._clock = clock
        self._batch = batch

    async def run(
        self, tenant: TenantId, identifiers: Iterable[Identifier], *, remove: bool = False
    ) -> int:
        """How many were put on it, or taken off.

        Raises StoreUnavailable; what was done with the batches before that stays done.
        """
        changed = 0
        for some in batched(identifiers, self._batch):
            if remove:
                changed += await self._book.unlist_numbers(tenant, some)
            else:
                changed += await self._book.list_numbers(tenant, some, self._clock.now())
        return changed
