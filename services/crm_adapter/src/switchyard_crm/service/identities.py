"""The port to what is known of records and of the edges between them.

Whoever changes it does so within one transaction, and alone in a tenant: what two edges mean
together can only be judged by somebody who sees both.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from switchyard_crm.domain.clusters import Member
from switchyard_crm.domain.edges import Edge
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.requests import Answered, WriteRequest

type Write = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A record: when it was first stored, the customer it belongs to, and its id in its source."""

    member: Member
    customer: CustomerId
    source: str
    source_id: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Whole clusters, those that edges lead to from them, and all edges among their records."""

    records: Mapping[CustomerId, KnownRecord]
    edges: tuple[Edge, ...]

    def members(self) -> list[Member]:
        """The records, as clusters are made of them."""
        return [record.member for record in self.records.values()]

    def of_customer(self, customer: CustomerId) -> list[CustomerId]:
        """The records of a customer."""
        return [id_ for id_, record in self.records.items() if record.customer == customer]


class ReviewState(StrEnum):
    """What became of a suspected duplicate; the value is what is stored."""

    OPEN = "open"
    SAME = "same"
    APART = "apart"
    SETTLED = "settled"
    """They became one customer in another way."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Two records that may be one person; `evidence` holds no values."""

    record_a: CustomerId
    record_b: CustomerId
    probability: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A suspicion as it is kept, and the customers that the two records belong to now."""

    id: str
    suspicion: Suspicion
    customers: tuple[CustomerId, CustomerId]
    create_time: datetime
    state: ReviewState


class EdgeStore(Protocol):
    """Edges, and the customers that follow from them."""

    async def record_in(self, source: str, source_id: str) -> CustomerId | None:
        """The record of that id in that source; None if there is none."""
        ...

    async def around(self, records: Iterable[CustomerId]) -> Neighbourhood:
        """All that changing edges of these records may touch; unknown records are left out."""
        ...

    async def edge(self, edge_id: str) -> Edge | None:
        """An edge."""
        ...

    async def add(self, edges: Sequence[Edge]) -> None:
        """Keep edges."""
        ...

    async def assign(self, customers: Mapping[CustomerId, CustomerId]) -> None:
        """Set the customers that records belong to."""
        ...


class ReviewStore(Protocol):
    """Suspected duplicates."""

    async def suspect(self, suspicions: Sequence[Suspicion], time: datetime) -> int:
        """Keep those whose pair was never suspected before; how many."""
        ...

    async def settle(self, records: Iterable[CustomerId], time: datetime) -> None:
        """Close open reviews between two of these records that belong to one customer."""
        ...

    async def review(self, review_id: str) -> Review | None:
        """A review."""
        ...

    async def decide(self, review_id: str, state: ReviewState, actor: str, time: datetime) -> None:
        """Close a review."""
        ...


class ValueTies(Protocol):
    """Values that people tie to records, and untie from them for ever."""

    async def tie(self, record: CustomerId, identifier: Identifier, time: datetime) -> CustomerId:
        """Keep the value in the record of what people tied to this one; that record's id.

        The record is made if there is none. An earlier untying from `record` is void.
        """
        ...

    async def untie(
        self, records: Sequence[CustomerId], identifier: Identifier, actor: str, time: datetime
    ) -> tuple[CustomerId, ...]:
        """Take the value from those of the records that hold it, now and whenever their source
        brings it again; which did.
        """
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a value: under how many distinct names, on how many records, and which ones.

    `records` is empty if there are more than were asked for.
    """

    names: int
    total: int
    records: tuple[CustomerId, ...]


class RelinkQueue(Protocol):
    """Records that were written and not compared yet."""

    async def flagged(self, limit: int) -> Mapping[CustomerId, Profile | None]:
        """At most `limit` records that wait, by id; None for one that cannot be read any more.

        Every profile here holds what people tied to its record, too.
        """
        ...

    async def profiles(self, records: Iterable[CustomerId]) -> Mapping[CustomerId, Profile]:
        """Records by id; those that are gone or cannot be read are left out."""
        ...

    async def holders(
        self, identifiers: Iterable[Identifier], limit: int
    ) -> Mapping[Identifier, Held]:
        """Who holds each value, named if at most `limit` records do.

        A SOURCE_RECORD is also held by the record that has this id in this source.
        """
        ...

    async def flag(self, records: Iterable[CustomerId]) -> None:
        """Let records be compared again."""
        ...

    async def compared(self, records: Iterable[CustomerId]) -> None:
        """These need not be compared any more."""
        ...


class IdentityUnit(EdgeStore, ReviewStore, ValueTies, RelinkQueue, Protocol):
    """All of it, within one transaction."""

    async def once(self, request: WriteRequest, now: datetime, write: Write) -> Answered:
        """Run `write` unless the request was carried out before: then its answer.

        Raises RequestIdReused.
        """
        ...


class Identities(Protocol):
    """Opens transactions, and reads what needs none."""

    def changing(self, tenant: TenantId) -> AbstractAsyncContextManager[IdentityUnit]:
        """A transaction in which nobody else changes the tenant's edges and customers.

        Committed unless the block raises. Raises StoreUnavailable, WriteConflict.
        """
        ...

    async def waiting(self) -> Mapping[TenantId, int]:
        """How many records wait to be compared, by tenant. Raises StoreUnavailable."""
        ...

    async def open_reviews(self, tenant: TenantId, after: str, limit: int) -> Sequence[Review]:
        """Open reviews by id, those after an id, at most `limit`. Raises StoreUnavailable."""
        ...

    async def count_open_reviews(self) -> int:
        """Open reviews of all tenants. Raises StoreUnavailable."""
        ...
