"""Opening and changing cases: here at once, in the CRMs by way of the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.cases import number_key
from switchyard_crm.domain.customer import Case
from switchyard_crm.domain.errors import CaseNotFound
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.requests import WriteRequest


@dataclass(frozen=True, slots=True)
class CaseReference:
    """A case: its number, and the source for cases that a CRM made (empty: it was made here)."""

    number: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class WriteStamp:
    """What a new write bears: the id of its delivery, and when it was made."""

    delivery: str
    time: datetime


@dataclass(frozen=True, slots=True)
class WrittenCase:
    """What became of a write: the case as stored, and the id of its delivery.

    `case` is None for a case that only a CRM has: of that one only `which` and the `state` that was
    asked for are known. `new` is False for a repeated request.
    """

    which: CaseReference
    state: str
    case: Case | None
    delivery: str
    new: bool


class CaseBook(Protocol):
    """Keeps cases and what was said in them.

    They put the write into the outbox in the same transaction, once per request; a repeat
    gets the case as it is now. They raise CustomerNotFound, OutboxFull, RequestIdReused and
    StoreUnavailable.
    """

    async def open(
        self, customer: CustomerName, case: NewCase, stamp: WriteStamp, request: WriteRequest
    ) -> WrittenCase:
        """Store a case under a new number."""
        ...

    async def report(
        self,
        tenant: TenantId,
        contact: Identifier,
        case: NewCase,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        """Store a case of somebody unknown, of whom only a phone or e-mail address is kept."""
        ...

    async def change(
        self,
        customer: CustomerName,
        which: CaseReference,
        change: CaseChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        """Change a case of the customer. Raises CaseNotFound."""
        ...


class CreateCase:
    """Opens a case once per request id."""

    def __init__(self, book: CaseBook, ids: IdFactory, clock: Clock) -> None:
        self._book = book
        self._ids = ids
        self._clock = clock

    async def run(
        self, customer: CustomerName, case: NewCase, request: WriteRequest
    ) -> WrittenCase:
        """The case as stored. Raises what `CaseBook.open` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        return await self._book.open(customer, case, stamp, request)


class ReportCase:
    """Opens a case for somebody unknown, once per request id."""

    def __init__(self, book: CaseBook, ids: IdFactory, clock: Clock) -> None:
        self._book = book
        self._ids = ids
        self._clock = clock

    async def run(
        self, tenant: TenantId, contact: Identifier, case: NewCase, request: WriteRequest
    ) -> WrittenCase:
        """The case as stored. Raises what `CaseBook.report` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        return await self._book.report(tenant, contact, case, stamp, request)


class UpdateCase:
    """Changes a case once per request id."""

    def __init__(self, book: CaseBook, ids: IdFactory, clock: Clock) -> None:
        self._book = book
        self._ids = ids
        self._clock = clock

    async def run(
        self,
        customer: CustomerName,
        which: CaseReference,
        change: CaseChange,
        request: WriteRequest,
    ) -> WrittenCase:
        """The case as stored. Raises what `CaseBook.change` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        return await self._book.change(customer, which, change, stamp, request)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case, and what was said in it, newest first. Personal.

    `comments` may be read by the customer, `internal` are among colleagues.
    """

    case: Case
    comments: tuple[str, ...]
    internal: tuple[str, ...] = ()


class CaseReader(Protocol):
    """Reads cases."""

    async def read(
        self, customer: CustomerName, number: str, comments: int, *, internal: bool = False
    ) -> CaseFile | None:
        """A case of the customer with its last comments; None if it is not stored here.

        `comments` is the most of each kind; those among colleagues come only with `internal`.
        Raises CustomerNotFound, StoreUnavailable.
        """
        ...


class GetCase:
    """Reads one case, whatever its state."""

    _COMMENTS = 20

    def __init__(self, reader: CaseReader) -> None:
        self._reader = reader

    async def run(self, customer: CustomerName, number: str, *, internal: bool) -> CaseFile:
        """The case; with what is among colleagues only if `internal`.

        Raises CaseNotFound, CustomerNotFound, StoreUnavailable.
        """
        key = number_key(number)
        found = await self._reader.read(customer, key, self._COMMENTS, internal=internal)
        if found is None:
            raise CaseNotFound
        return found
