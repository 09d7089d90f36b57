"""The unified customer on a real database, without the service around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from switchyard_common.clock import FakeClock
from switchyard_common.ids import IdFactory
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.links import SqlIdentities
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.context import CustomerContext, Section
from switchyard_crm.domain.customer import Customer, Interaction
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.linking import Link, LinkOrder, Unlink
from switchyard_crm.service.merging import Merge, MergeOrder, Unmerge
from switchyard_crm.service.regrouping import Regrouping
from switchyard_crm.service.relinking import RelinkBatch, Relinked
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.service.reviews import DecideReview, ListReview, Suspect

from tests.fakes.crm.people import DEMO, NOW

KEY = bytes(range(32))
ACTOR = "supervisor/7"


@dataclass
class World:
    """A store with all use cases on it; each write is a request of its own."""

    database: Database
    clock: FakeClock
    cap: int
    tenant: TenantId = DEMO
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.vault = MasterKeyVault([KEY])
        ids = IdFactory(self.clock)
        self.identities = SqlIdentities(self.database, self.vault, ids)
        self.regrouping = Regrouping(ids, self.clock, self.cap)
        self.writer = StoreWriter(self.database, self.vault, self.clock)
        self.reader = StoreReader(self.database, self.vault, View({}))
        self.suspect = Suspect(self.identities, self.clock)
        self.reviews = ListReview(self.identities)

    def request(self, rpc: str, request_id: str = "", digest: str = "d") -> WriteRequest:
        return WriteRequest(self.tenant, request_id or f"r{next(self.numbers)}", rpc, digest)

    async def put(self, *records: CustomerRecord) -> None:
        """Store records, each a second after the other."""
        for record in records:
            self.clock.advance(1)
            await self.writer.replace([record])

    async def relink(self, size: int = 500) -> Relinked:
        """Compare all that waits."""
        total = Relinked()
        while (done := await self.batch(size)).compared:
            total = total.plus(done)
        return total

    async def batch(self, size: int = 500) -> Relinked:
        self.clock.advance(1)
        return await RelinkBatch(self.identities, self.regrouping, size).run(self.tenant)

    async def merge(self, customer: str, other: str, *, overrule: bool = False) -> str:
        self.clock.advance(1)
        order = MergeOrder(CustomerId(customer), CustomerId(other), ACTOR, overrule)
        merge = Merge(self.identities, self.regrouping)
        return (await merge.run(self.request("Merge"), order)).merge_id

    async def unmerge(self, merge_id: str) -> tuple[str, str]:
        self.clock.advance(1)
        unmerge = Unmerge(self.identities, self.regrouping)
        return (await unmerge.run(self.request("Unmerge"), merge_id, ACTOR)).records

    async def link(self, customer: str, identifier: Identifier) -> None:
        self.clock.advance(1)
        order = LinkOrder(CustomerId(customer), identifier, ACTOR)
        await Link(self.identities, self.regrouping).run(self.request("Link"), order)

    async def unlink(self, customer: str, identifier: Identifier) -> None:
        self.clock.advance(1)
        order = LinkOrder(CustomerId(customer), identifier, ACTOR)
        await Unlink(self.identities, self.regrouping).run(self.request("Unlink"), order)

    async def decide(self, review_id: str, *, same: bool) -> str:
        self.clock.advance(1)
        decide = DecideReview(self.identities, self.regrouping)
        done = await decide.run(self.request("DecideReview"), review_id, ACTOR, same=same)
        return done.merge_id

    async def customer(self, record: str) -> Customer:
        """The view by the id of a record."""
        content = await self._read(record, Section.PROFILE)
        assert content.customer is not None
        return content.customer

    async def timeline(self, record: str) -> list[Interaction]:
        return list((await self._read(record, Section.TIMELINE)).timeline)

    async def partition(self, *records: str) -> set[frozenset[str]]:
        """Records by the customer they belong to."""
        groups = dict[str, set[str]]()
        for record in records:
            anchor = (await self.customer(record)).name.customer
            groups.setdefault(anchor, set()).add(record)
        return {frozenset(group) for group in groups.values()}

    async def _read(self, record: str, section: Section) -> CustomerContext:
        name = CustomerName(self.tenant, CustomerId(record))
        content = CustomerContext()
        async for part in self.reader.read(SourceQuery(name, (section,), 100, NOW)):
            content = content.plus(part.content)
        return content


@asynccontextmanager
async def identity_world(url: str, cap: int = 10) -> AsyncIterator[World]:
    """A world on the database of a URL."""
    async with open_database(
        url, setting="CRM_DATABASE_URL", readers=2, writers=4, busy_seconds=20
    ) as database:
        yield World(database, FakeClock(NOW), cap)
