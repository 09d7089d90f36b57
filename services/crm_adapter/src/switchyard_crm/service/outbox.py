"""The port to the outbox, where writes to the CRMs wait, and what is taken from it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.errors import OutboxFull
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.connectors import CaseChange, NewCase

# Nothing waits longer than this for its turn. A turn that is further away was set by a clock that
# has gone back since.
LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ChangedCase:
    """A change of a case; `number` is the one in the CRM, empty if the case did not get there."""

    number: str
    change: CaseChange


type Content = Interaction | NewCase | ChangedCase


@dataclass(frozen=True, slots=True)
class Parcel:
    """One dispatch, taken for a while.

    `key` is the idempotency key, the same in every try; `record` our record and `source_id` the
    CRM's; `attempts` counts this try, `faults` the unforeseen errors before it.
    """

    position: int
    tenant: TenantId
    source: str
    record: str
    holder: str
    key: str
    source_id: str
    attempts: int
    faults: int
    content: Content


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken, and how many were dropped because their customers were erased."""

    parcels: tuple[Parcel, ...] = ()
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try failed: words for operators; `fault`: for a reason that nobody foresaw."""

    error: str
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """Whose turn it is: where to, who takes, when, and for how many seconds."""

    tenant: TenantId
    source: str
    holder: str
    now: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Depth:
    """What one source has not got: waiting, given up, and since when the oldest waits."""

    source: str
    pending: int = 0
    dead: int = 0
    oldest_time: datetime | None = None


class Outbox(Protocol):
    """Where writes wait. All methods raise StoreUnavailable.

    `delivered`, `postpone` and `bury` do nothing and return False if the lease has run out and
    somebody else has taken the dispatch since.
    """

    async def take(self, lease: Lease, limit: int) -> Taken:
        """Take the first waiting dispatch of at most `limit` customers whose turn it is."""
        ...

    async def delivered(self, parcel: Parcel, remote_id: str, now: datetime) -> bool:
        """It is in the CRM, under this id."""
        ...

    async def postpone(self, parcel: Parcel, failure: Failure, due: datetime) -> bool:
        """Try again from `due` on; what is behind it waits as well."""
        ...

    async def bury(self, parcel: Parcel, failure: Failure, now: datetime) -> bool:
        """Give it up until somebody re-drives it; what is behind it goes on."""
        ...


class OutboxKeeper(Protocol):
    """What keeps the outbox small. All methods raise StoreUnavailable."""

    async def depths(self) -> tuple[Depth, ...]:
        """What each source has not got."""
        ...

    async def sweep(self, delivered_before: datetime, dead_before: datetime, limit: int) -> int:
        """Forget at most `limit` deliveries that ended before that; how many."""
        ...


class Outcome(StrEnum):
    """How a try ended. LOST: the store did not take it in, so that it will be tried again."""

    DELIVERED = "delivered"
    RETRIED = "retried"
    DEAD = "dead"
    DROPPED = "dropped"
    LOST = "lost"


class DeliveryWatch(Protocol):
    """Counts how tries end, and shows what waits."""

    def dispatched(self, source: str, outcome: Outcome, count: int = 1) -> None:
        """So many dispatches have come to this."""
        ...

    def depth(self, depth: Depth, oldest_seconds: float) -> None:
        """How much waits for a source, and how long the oldest has."""
        ...


class Room:
    """How much may wait for the CRMs, so that an outage of days fills no disk.

    Counting on every write would cost too much: what was measured last is added to, and measured
    anew every few seconds. Several processes may each let in what fits since then.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0

    def claim(self, dispatches: int) -> None:
        """Make room for so many. Raises OutboxFull."""
        if dispatches and self._used + dispatches > self._limit:
            raise OutboxFull
        self._used += dispatches

    def measured(self, used: int) -> None:
        """So many wait now or are dead."""
        self._used = used
