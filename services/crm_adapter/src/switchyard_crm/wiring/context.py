"""Looking up, put together: store, CRMs with their bounds and memory, the RPCs."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.adapters.breakers import SingleProbeBreaker
from switchyard_crm.adapters.cache import SealedCache
from switchyard_crm.adapters.sql.cursors import SqlSync
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.known_records import SqlCustomerRecords
from switchyard_crm.adapters.sql.links import SqlIdentities
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.customer import Customer
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.matching.blocked import BlockedValues, blocked_values
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.entrypoints.lookup import Lookup
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.attempts import Attempts
from switchyard_crm.service.audit import AuditTrail
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.claims import Claimed
from switchyard_crm.service.connectors import Connector
from switchyard_crm.service.context import ContextSource, GetContext, Times
from switchyard_crm.service.finding import FindCustomer
from switchyard_crm.service.intake import TakeIn
from switchyard_crm.service.orders import LookupOrder, OrderBook
from switchyard_crm.service.proof_limits import ProofLimits
from switchyard_crm.service.regrouping import Regrouping
from switchyard_crm.service.relinking import RelinkBatch
from switchyard_crm.service.remembering import AnswerCache, Remembering
from switchyard_crm.service.remote import (
    CustomerRecords,
    Freshen,
    Intake,
    KnownRecords,
    RemoteSources,
)
from switchyard_crm.service.reporting import Reporter
from switchyard_crm.service.resolve import IdentityIndex, Resolve
from switchyard_crm.service.sources import CrmSource
from switchyard_crm.service.syncing import SyncStore
from switchyard_crm.service.upstream import Bucket, Limits, Upstream
from switchyard_crm.service.vault import Vault
from switchyard_crm.service.verifying import CheckOrder, Guarded, Proofs
from switchyard_crm.settings import CrmSettings


@dataclass(frozen=True, slots=True)
class ConnectedCrm:
    """A connector, whose customers it holds, and what was agreed with the CRM.

    `bucket` counts all calls to it; `sync_seconds` 0: it is not followed.
    """

    tenant: TenantId
    connector: Connector
    bucket: Bucket
    concurrency: int
    sync_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CrmStore:
    """What asking and following CRMs needs of the store."""

    records: CustomerRecords
    intake: Intake
    freshen: Freshen
    sync: SyncStore


@dataclass(frozen=True, slots=True)
class Known:
    """What looking up needs of the store; `crm` None for one beside which there are no CRMs."""

    index: IdentityIndex
    local: ContextSource
    orders: OrderBook
    attempts: Attempts
    crm: CrmStore | None = None


class _StoreAlone:
    """Stands beside a store that has no CRMs: nobody has records there."""

    async def records_of(self, customer: CustomerName) -> KnownRecords:
        """None."""
        return KnownRecords()

    async def take_in(self, tenant: TenantId, profiles: Sequence[Profile]) -> None:
        """Never called: nothing is found where nothing is searched."""

    def freshen(self, customer: Customer, profiles: Sequence[Profile]) -> Customer:
        """The customer as it is."""
        return customer


@dataclass(frozen=True, slots=True)
class Tools:
    """What everything here is built with."""

    settings: CrmSettings
    bounded: Bounded
    clock: Clock
    metrics: CrmMetrics
    sources: SourceMetrics
    self_service: SelfServiceMetrics


@asynccontextmanager
async def looking_up(
    known: Known, crms: Sequence[ConnectedCrm], tools: Tools, trail: AuditTrail
) -> AsyncIterator[Lookup]:
    """The RPCs that look up, for the length of a block."""
    settings, clock = tools.settings, tools.clock
    url = settings.redis_url.get_secret_value() if settings.redis_url is not None else None
    cache = SealedCache(
        url, settings.cache_stale_seconds, clock, tools.sources, settings.redis_seconds
    )
    sources = [_source(crm, cache, tools) for crm in crms]
    remote = _remote(known.crm, sources, clock)
    resolve = Resolve(known.index, blocked_values(settings.blocked_values))
    reporter = Reporter(tools.bounded, clock)
    finder = FindCustomer(resolve, remote, reporter, clock, settings.local_seconds)
    times = Times(settings.context_seconds, settings.routing_seconds)
    try:
        yield Lookup(
            resolve=resolve,
            get_context=GetContext(finder, known.local, remote, reporter, clock, times),
            proofs=_proofs(known, resolve, tools),
            reads=Requests(Normaliser(settings.default_region)),
            metrics=tools.metrics,
            clock=clock,
            audit=trail,
        )
    finally:
        await remote.close()
        await cache.close()


def sql_crm_store(
    database: Database, vault: Vault, view: View, clock: Clock, blocked: BlockedValues
) -> CrmStore:
    """The store's part on SQL. What is taken in while somebody waits is compared at once."""
    ids = IdFactory(clock)
    writer = StoreWriter(database, vault, clock)
    identities = SqlIdentities(database, vault, ids)
    compare = RelinkBatch(identities, Regrouping(ids, clock), blocked=blocked)
    return CrmStore(
        records=SqlCustomerRecords(database, vault),
        intake=TakeIn(writer, compare.run, ids.new),
        freshen=view.freshened,
        sync=SqlSync(database, writer, ids.new),
    )


def _proofs(known: Known, resolve: Resolve, tools: Tools) -> Proofs:
    settings = tools.settings
    limits = ProofLimits(
        settings.verify_tries, settings.verify_lock_seconds, settings.verify_longest_lock_seconds
    )
    claimed, guarded = Claimed(resolve), Guarded(known.attempts, tools.clock)
    check_order = CheckOrder(LookupOrder(known.orders), claimed, guarded, limits)
    return Proofs(claimed, guarded, check_order, limits)


def _remote(store: CrmStore | None, sources: Sequence[CrmSource], clock: Clock) -> RemoteSources:
    if store is None:
        alone = _StoreAlone()
        return RemoteSources(sources, alone, alone, alone.freshen, clock)
    return RemoteSources(sources, store.records, store.intake, store.freshen, clock)


def _source(crm: ConnectedCrm, cache: AnswerCache, tools: Tools) -> CrmSource:
    settings, clock, meter = tools.settings, tools.clock, tools.sources
    name = crm.connector.name
    upstream = Upstream(
        name,
        SingleProbeBreaker(
            name, settings.breaker_failures, settings.breaker_seconds, clock, meter.breaker
        ),
        crm.bucket,
        Limits(crm.concurrency, settings.source_seconds),
        tools.bounded,
        clock,
        meter,
    )
    good, refresh = settings.cache_seconds, 2 * settings.source_seconds
    memory = Remembering(upstream, cache, clock, good, refresh, meter)
    return CrmSource(crm.tenant, crm.connector, upstream, memory, clock, settings.source_seconds)
