"""GetContext over a store in memory and CRMs in memory, wired as the service wires it."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

from prometheus_client import CollectorRegistry
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.breakers import SingleProbeBreaker
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.adapters.cache import SealedCache
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.context import Section, SourceStatus
from switchyard_crm.domain.customer import Provenance
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.context import ContextAnswer, ContextQuery, GetContext, Times
from switchyard_crm.service.finding import FindCustomer
from switchyard_crm.service.remembering import Kept, Part, Remembering, Slot
from switchyard_crm.service.remote import KnownRecords, RemoteSources
from switchyard_crm.service.reporting import Reporter
from switchyard_crm.service.resolve import Resolve
from switchyard_crm.service.sources import CrmSource, StoredRecord
from switchyard_crm.service.upstream import Limits, Upstream

from tests.fakes.crm.connector import FakeConnector
from tests.fakes.crm.people import DEMO, NOW
from tests.fakes.crm.store import FakeStore

EVERYTHING = tuple(Section)
LONG = 60.0


def in_crm(source: str, source_id: str, *identifiers: Identifier, name: str = "王芳") -> Profile:
    """Somebody as a CRM has it."""
    return Profile(Provenance(source, source_id, NOW), display_name=name, identifiers=identifiers)


class FakeRecords:
    """Which records are one customer, as told; takes in new ones into the store."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._vault = MasterKeyVault([bytes(32)])
        self._ids = count(1)
        self.known: dict[CustomerName, list[StoredRecord]] = {}
        self.copies: frozenset[tuple[str, str, str]] = frozenset()
        self.removed: frozenset[tuple[str, str]] = frozenset()
        self.taken_in: list[Profile] = []

    def link(self, customer: str, *profiles: Profile) -> None:
        """These records are of this customer too."""
        held = self.known.setdefault(CustomerName(DEMO, CustomerId(customer)), [])
        for profile in profiles:
            key, _ = self._vault.new_key()
            held.append(StoredRecord(f"r-{next(self._ids)}", profile, key))

    async def records_of(self, customer: CustomerName) -> KnownRecords:
        return KnownRecords(tuple(self.known.get(customer, ())), self.copies, self.removed)

    async def take_in(self, tenant: TenantId, profiles: Sequence[Profile]) -> None:
        self.taken_in.extend(profiles)
        for profile in profiles:
            name = CustomerName(tenant, CustomerId(f"n-{next(self._ids)}"))
            (stored,) = await self._store.replace([CustomerRecord(name, profile)])
            self.link(stored, profile)


class Asking:
    """A GetContext, and what it is over."""

    def __init__(
        self,
        store: FakeStore,
        connectors: Sequence[FakeConnector],
        *,
        times: Times | None = None,
        source_seconds: float = LONG,
        concurrency: int = 8,
    ) -> None:
        self.store = store
        self.clock = FakeClock(NOW)
        self.registry = CollectorRegistry()
        self.records = FakeRecords(store)
        self.bounded = Bounded()
        self.meter = SourceMetrics(self.registry)
        self.cache = SealedCache(None, 3600.0, self.clock, self.meter)
        self.source_seconds, self.concurrency = source_seconds, concurrency
        sources = [self._source(connector) for connector in connectors]
        view = View({})
        self.remote = RemoteSources(sources, self.records, self.records, view.freshened, self.clock)
        reporter = Reporter(self.bounded, self.clock)
        finder = FindCustomer(Resolve(store), self.remote, reporter, self.clock, 0.02)
        self.get_context = GetContext(
            finder, store, self.remote, reporter, self.clock, times or Times(LONG, LONG)
        )

    async def ask(
        self,
        subject: Identifier | None,
        sections: tuple[Section, ...] = EVERYTHING,
        seconds: float | None = None,
        limit: int = 10,
    ) -> ContextAnswer:
        return await self.get_context.run(ContextQuery(DEMO, subject, sections, limit), seconds)

    def stream(
        self, subject: Identifier | None, sections: tuple[Section, ...] = EVERYTHING
    ) -> AsyncGenerator[ContextAnswer]:
        return self.get_context.updates(ContextQuery(DEMO, subject, sections, 10), None)

    async def remember(self, profile: Profile) -> None:
        """Put something into the memory of answers that nobody asks for."""
        key, _ = MasterKeyVault([bytes(32)]).new_key()
        slot = Slot(DEMO, "nobody", "r-0", Part.PROFILE, 10)
        await self.cache.put(slot, key, Kept(profile, NOW))

    async def close(self) -> None:
        await self.remote.close()
        await self.cache.close()
        await self.bounded.close()

    def _source(self, connector: FakeConnector) -> CrmSource:
        name, clock = connector.name, self.clock
        upstream = Upstream(
            name,
            SingleProbeBreaker(name, 5, 30.0, clock, self.meter.breaker),
            TokenBucket(1000.0, 1000, clock),
            Limits(self.concurrency, self.source_seconds),
            self.bounded,
            clock,
            self.meter,
        )
        memory = Remembering(upstream, self.cache, clock, 60.0, 1.0, self.meter)
        return CrmSource(DEMO, connector, upstream, memory, clock, self.source_seconds)


@asynccontextmanager
async def asking(
    store: FakeStore, *connectors: FakeConnector, **options: object
) -> AsyncIterator[Asking]:
    """The same, for the length of a block."""
    bench = Asking(store, connectors, **options)  # type: ignore[arg-type]  # as its own
    try:
        yield bench
    finally:
        for connector in connectors:
            connector.release.set()
        await bench.close()
        assert all(connector.in_flight == 0 for connector in connectors)


def statuses(answer: ContextAnswer) -> dict[str, SourceStatus]:
    """How each source answered."""
    return {report.source: report.status for report in answer.reports}


def renamed(profile: Profile, name: str) -> Profile:
    """The same person under another name."""
    return replace(profile, display_name=name)
