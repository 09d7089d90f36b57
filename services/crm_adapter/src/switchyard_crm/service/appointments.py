"""Visits at branches: which there are, when, and who comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.branches import AppointmentRules, Branch, search
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.self_service_errors import BranchNotFound, NoAppointments
from switchyard_crm.service.requests import WriteRequest

# More times than any branch offers in the days that are looked at.
_MOST_STARTS = 20_000


class AppointmentState(StrEnum):
    """Whether somebody is to come."""

    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose appointment it is: a customer, or somebody unknown with a phone or e-mail address."""

    tenant: TenantId
    customer: CustomerName | None = None
    contact: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at a branch, and how many may come then. `offered`: an appointment can begin then."""

    branch: str
    start: datetime
    minutes: int
    capacity: int
    offered: bool


@dataclass(frozen=True, slots=True)
class Appointment:
    """As it is stored. `purpose` is personal."""

    number: str
    branch: str
    start: datetime
    minutes: int
    purpose: str
    state: AppointmentState


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """When appointments can begin, earliest first, and the minutes that each takes."""

    starts: tuple[datetime, ...]
    minutes: int


class AppointmentBook(Protocol):
    """Keeps appointments. All methods raise StoreUnavailable."""

    async def taken(
        self, tenant: TenantId, branch: str, first: datetime, last: datetime
    ) -> Mapping[datetime, int]:
        """How many have booked each time between two; times that nobody has are left out."""
        ...

    async def book(
        self, holder: Holder, slot: Slot, purpose: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        """Book once per request.

        Raises TimeNotOffered, TimeTaken, TooManyAppointments, CustomerNotFound, RequestIdReused.
        """
        ...

    async def cancel(
        self, holder: Holder, number: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        """Cancel once per request; one that is cancelled stays so.

        Raises AppointmentNotFound, AppointmentOver, RequestIdReused.
        """
        ...


class Branches:
    """The branches there are."""

    def __init__(self, branches: Sequence[Branch], clock: Clock) -> None:
        self._branches = tuple(branches)
        self._by_id = {branch.id: branch for branch in branches}
        self._clock = clock

    def listed(self, query: str) -> tuple[Branch, ...]:
        """Those that a query names, best first; all of them without one."""
        return search(self._branches, query)

    def booked_at(self, branch_id: str) -> tuple[Branch, AppointmentRules]:
        """A branch that takes appointments. Raises BranchNotFound, NoAppointments."""
        branch = self._by_id.get(branch_id)
        if branch is None:
            raise BranchNotFound
        if branch.appointments is None:
            raise NoAppointments
        return branch, branch.appointments

    def now(self) -> datetime:
        """The time that hours and closed days are counted from."""
        return self._clock.now()


class ListAppointmentTimes:
    """Finds times at which a branch has room."""

    def __init__(self, branches: Branches, book: AppointmentBook) -> None:
        self._branches = branches
        self._book = book

    async def run(
        self, tenant: TenantId, branch_id: str, not_before: datetime | None, limit: int
    ) -> FreeTimes:
        """The first `limit` of them. Raises BranchNotFound, NoAppointments, StoreUnavailable."""
        branch, rules = self._branches.booked_at(branch_id)
        now = self._branches.now()
        starts = list(islice(branch.starts(not_before or now, now), _MOST_STARTS))
        if not starts:
            return FreeTimes((), rules.minutes)
        taken = await self._book.taken(tenant, branch_id, starts[0], starts[-1])
        free = (start for start in starts if taken.get(start, 0) < rules.capacity)
        return FreeTimes(tuple(islice(free, limit)), rules.minutes)


class BookAppointment:
    """Books a time, once per request id."""

    def __init__(self, branches: Branches, book: AppointmentBook) -> None:
        self._branches = branches
        self._book = book

    async def run(
        self,
        holder: Holder,
        branch_id: str,
        start: datetime,
        purpose: str,
        request: WriteRequest,
    ) -> Appointment:
        """As stored. Raises BranchNotFound, NoAppointments, and what `book` raises."""
        branch, rules = self._branches.booked_at(branch_id)
        now = self._branches.now()
        offered = branch.begins(start, now)
        slot = Slot(branch_id, start, rules.minutes, rules.capacity, offered)
        return await self._book.book(holder, slot, purpose, now, request)


class CancelAppointment:
    """Gives a time up, once per request id."""

    def __init__(self, book: AppointmentBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def run(self, holder: Holder, number: str, request: WriteRequest) -> Appointment:
        """As stored. Raises what `cancel` raises."""
        return await self._book.cancel(holder, number, self._clock.now(), request)
