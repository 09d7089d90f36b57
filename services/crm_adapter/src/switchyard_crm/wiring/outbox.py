"""Writing and consents, put together: the store's part, the workers, the RPCs."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import SystemRandom
from secrets import token_hex

from prometheus_client import CollectorRegistry
from switchyard_common.errors import StartError
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle

from switchyard_crm.adapters.sql.consents import SqlConsents
from switchyard_crm.adapters.sql.database import Database
from switchyard_crm.adapters.sql.deliveries import SqlDeliveries
from switchyard_crm.adapters.sql.outbox import SqlOutbox
from switchyard_crm.adapters.sql.outbox_keeper import SqlOutboxKeeper
from switchyard_crm.adapters.sql.requests import SqlRequests
from switchyard_crm.adapters.sql.writes import SqlWrites, Takers
from switchyard_crm.domain.deliveries import BackOff, WriteKind
from switchyard_crm.entrypoints.consents import Consents
from switchyard_crm.entrypoints.lookup import Lookup
from switchyard_crm.entrypoints.self_service_requests import SelfServiceRequests
from switchyard_crm.entrypoints.write_metrics import WriteMetrics
from switchyard_crm.entrypoints.writes import Writes
from switchyard_crm.service.cases import CaseBook, CreateCase, ReportCase, UpdateCase
from switchyard_crm.service.connectors import Capability
from switchyard_crm.service.consents import CheckContactable, ConsentBook, SetConsent
from switchyard_crm.service.deliveries import DeliveryBook, GetDelivery, RedriveDelivery
from switchyard_crm.service.delivering import Chance, Delivering, DeliveryRules, Destination
from switchyard_crm.service.interactions import InteractionLog, LogInteraction
from switchyard_crm.service.keeping import Keeping, KeepingRules
from switchyard_crm.service.outbox import Depth, Outbox, OutboxKeeper, Room
from switchyard_crm.service.requests import BlindIndex, KeptRequests
from switchyard_crm.service.vault import Vault
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.context import ConnectedCrm, Tools

_EVERY = "*"
_FIRST_WAIT_SECONDS = 1.0
# A lease outlives a call and what is stored after it, so that two rarely send the same.
_LEASE_CALLS, _LEASE_MORE_SECONDS = 2.0, 30.0
_HOLDER_BYTES = 8
_KINDS = {
    WriteKind.INTERACTION: Capability.LOG_INTERACTION,
    WriteKind.CASE: Capability.CREATE_CASE,
    WriteKind.CASE_CHANGE: Capability.UPDATE_CASE,
}


@dataclass(frozen=True, slots=True)
class WriteStore:
    """All that writing needs of a store."""

    log: InteractionLog
    cases: CaseBook
    deliveries: DeliveryBook
    consents: ConsentBook
    outbox: Outbox
    keeper: OutboxKeeper
    requests: KeptRequests
    room: Room


@dataclass(frozen=True, slots=True)
class WriteRpcParts:
    """What the servicer takes."""

    writes: Writes
    consents: Consents


def takers(settings: CrmSettings, crms: Sequence[ConnectedCrm]) -> Takers:
    """Which sources get which writes: those that can, unless the settings name some of them.

    Raises StartError for a name that no connector has.
    """
    named = settings.write_sources
    names = {crm.connector.name for crm in crms}
    chosen = names if named == _EVERY else {name.strip() for name in named.split(",")} - {""}
    unknown = sorted(chosen - names)
    if unknown:
        raise StartError(
            f"{settings.env_name('write_sources')}: there is no connector {unknown[0]}; "
            f"name some of {', '.join(sorted(names)) or '(none is configured)'}, or write *"
        )
    return {
        (tenant, kind): frozenset(
            crm.connector.name
            for crm in crms
            if crm.tenant == tenant
            and crm.connector.name in chosen
            and capability in crm.connector.capabilities
        )
        for tenant in {crm.tenant for crm in crms}
        for kind, capability in _KINDS.items()
    }


def sql_write_store(database: Database, vault: Vault, writes: SqlWrites, room: Room) -> WriteStore:
    """The store's part on SQL; as many writes wait for the CRMs as there is room for."""
    return WriteStore(
        log=writes,
        cases=writes,
        deliveries=SqlDeliveries(database),
        consents=SqlConsents(database, vault),
        outbox=SqlOutbox(database, vault),
        keeper=SqlOutboxKeeper(database),
        requests=SqlRequests(database),
        room=room,
    )


@asynccontextmanager
async def writing(
    store: WriteStore,
    crms: Sequence[ConnectedCrm],
    tools: Tools,
    lookup: Lookup,
    index: BlindIndex,
    registry: CollectorRegistry,
    lifecycle: Lifecycle,
) -> AsyncIterator[WriteRpcParts]:
    """The RPCs that write and the workers behind them, for the length of a block."""
    metrics = WriteMetrics(registry)
    async with AsyncExitStack() as stack:
        keeping = lifecycle.supervise(_keeping(store, tools, metrics).run(), "outbox keeping")
        stack.push_async_callback(lifecycle.end, keeping)
        for crm in crms:
            metrics.depth(Depth(crm.connector.name), 0.0)  # shown before anything ever waits
        for worker in _workers(store, crms, tools, metrics):
            delivering = lifecycle.supervise(worker.run(), "outbox worker")
            stack.push_async_callback(lifecycle.end, delivering)
        yield WriteRpcParts(
            _writes(store, tools, lookup, index), _consents(store, tools, lookup, index, metrics)
        )


def _writes(store: WriteStore, tools: Tools, lookup: Lookup, index: BlindIndex) -> Writes:
    ids = IdFactory(tools.clock)
    return Writes(
        log_interaction=LogInteraction(store.log, ids, tools.clock),
        create_case=CreateCase(store.cases, ids, tools.clock),
        report_case=ReportCase(store.cases, ids, tools.clock),
        reads=SelfServiceRequests(lookup.reads),
        update_case=UpdateCase(store.cases, ids, tools.clock),
        get_delivery=GetDelivery(store.deliveries),
        redrive_delivery=RedriveDelivery(store.deliveries, tools.clock),
        index=index,
        metrics=tools.metrics,
        audit=lookup.audit,
    )


def _consents(
    store: WriteStore, tools: Tools, lookup: Lookup, index: BlindIndex, metrics: WriteMetrics
) -> Consents:
    seconds = tools.settings.consent_seconds
    return Consents(
        set_consent=SetConsent(store.consents, tools.clock),
        check_contactable=CheckContactable(store.consents, lookup.resolve, tools.bounded, seconds),
        index=index,
        reads=lookup.reads,
        metrics=metrics,
    )


def _keeping(store: WriteStore, tools: Tools, metrics: WriteMetrics) -> Keeping:
    settings = tools.settings
    rules = KeepingRules(settings.outbox_kept_days, settings.outbox_dead_days)
    return Keeping(store.keeper, store.requests, metrics, store.room, tools.clock, rules)


def _workers(
    store: WriteStore, crms: Sequence[ConnectedCrm], tools: Tools, metrics: WriteMetrics
) -> Iterable[Delivering]:
    settings = tools.settings
    rules = DeliveryRules(
        call_seconds=settings.delivery_seconds,
        lease_seconds=settings.delivery_seconds * _LEASE_CALLS + _LEASE_MORE_SECONDS,
        max_faults=settings.delivery_faults,
        poll_seconds=settings.outbox_poll_seconds,
        back_off=BackOff(_FIRST_WAIT_SECONDS, settings.delivery_back_off_seconds),
    )
    chance = Chance(SystemRandom().random, lambda: token_hex(_HOLDER_BYTES))
    for crm in crms:
        # Also for sources that get no new writes: what waits from before shall arrive.
        if not crm.connector.capabilities.isdisjoint(_KINDS.values()):
            destination = Destination(crm.tenant, crm.connector, crm.bucket)
            yield Delivering(destination, store.outbox, metrics, tools.clock, rules, chance)
