"""Composition root of the CRM adapter.

`python -m switchyard_crm.main` serves; `python -m switchyard_crm.main import FILE` imports.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2
from switchyard.crm.v1.crm_service_pb2_grpc import add_CrmServiceServicer_to_server
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings

from switchyard_crm.adapters.jsonl import JsonlReader
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.writer import StoreWriter
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.command import ImportOrder, make_app
from switchyard_crm.entrypoints.health import Ping, StoreWatch
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.requests import Requests
from switchyard_crm.entrypoints.servicer import CrmServicer, UseCases
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.context import ContextSource, GetContext
from switchyard_crm.service.importing import BatchResult, ImportCustomers
from switchyard_crm.service.interactions import InteractionLog, LogInteraction
from switchyard_crm.service.orders import LookupOrder, OrderBook
from switchyard_crm.service.resolve import IdentityIndex, Resolve
from switchyard_crm.settings import CrmSettings

SERVICE = "crm"
IMPORT_BATCH = 500
IMPORT_BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Store:
    """All that serving needs of a store."""

    index: IdentityIndex
    sources: tuple[ContextSource, ...]
    orders: OrderBook
    log: InteractionLog
    ping: Ping


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the service is reached."""

    grpc: int
    metrics: int


@asynccontextmanager
async def serving(
    settings: CrmSettings, lifecycle: Lifecycle, store: Store | None = None
) -> AsyncIterator[Ports]:
    """The service for the length of a block; `store` stands in for the settings' database.

    Started in order, stopped in reverse. Raises StartError.
    """
    registry = CollectorRegistry()
    metrics = CrmMetrics(registry)
    bounded = Bounded()
    async with AsyncExitStack() as stack:
        opened = store or sql_store(await stack.enter_async_context(_database(settings)))
        http = await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
            )
        )
        stack.push_async_callback(bounded.close)
        servicer = _servicer(settings, opened, bounded, metrics)
        grpc_server = await stack.enter_async_context(
            GrpcServer(
                settings,
                [lambda server: add_CrmServiceServicer_to_server(servicer, server)],
                [crm_service_pb2.DESCRIPTOR.services_by_name["CrmService"].full_name],
                RpcMetrics(registry, SERVICE),
            )
        )
        watch = StoreWatch(
            opened.ping,
            grpc_server.set_serving,
            bounded,
            metrics,
            settings.health_interval_seconds,
        )
        await watch.check()
        watching = lifecycle.supervise(watch.run(), "store watch")
        stack.push_async_callback(lifecycle.end, watching)
        yield Ports(grpc_server.port, http.port)


def sql_store(database: Database) -> Store:
    """A store on SQL."""
    reader = StoreReader(database)
    return Store(reader, (reader,), reader, StoreWriter(database), database.ping)


def _database(settings: CrmSettings) -> AbstractAsyncContextManager[Database]:
    return open_database(
        settings.database_url,
        setting=settings.env_name("database_url"),
        readers=settings.database_readers,
        busy_seconds=settings.busy_seconds,
    )


def _servicer(
    settings: CrmSettings, store: Store, bounded: Bounded, metrics: CrmMetrics
) -> CrmServicer:
    clock = SystemClock()
    resolve = Resolve(store.index)
    use_cases = UseCases(
        resolve=resolve,
        get_context=GetContext(resolve, store.sources, bounded, clock, settings.context_seconds),
        lookup_order=LookupOrder(store.orders),
        log_interaction=LogInteraction(store.log, IdFactory(clock), clock),
    )
    reads = Requests(Normaliser(settings.default_region))
    return CrmServicer(use_cases, reads, metrics, clock)


@asynccontextmanager
async def open_import(order: ImportOrder) -> AsyncIterator[AsyncIterator[BatchResult]]:
    """The batches of an import, stored as they are asked for. Raises StartError."""
    given = {} if order.database_url is None else {"database_url": order.database_url}
    settings = load_settings(CrmSettings).model_copy(
        update={**given, "busy_seconds": IMPORT_BUSY_SECONDS}
    )
    tenant = TenantId(order.tenant)
    normaliser = Normaliser(settings.default_region)
    reader = JsonlReader(tenant, normaliser, SystemClock().now())
    async with _database(settings) as database:
        customers = ImportCustomers(StoreWriter(database), IMPORT_BATCH)
        yield customers.run(tenant, reader.read(order.file))


async def _serve(lifecycle: Lifecycle) -> None:
    settings = load_settings(CrmSettings)
    configure_logging(SERVICE, settings.log_level)
    async with serving(settings, lifecycle):
        await lifecycle.stopped()


def main() -> None:
    """Serve, or run the command that the arguments name."""
    if sys.argv[1:]:
        make_app(open_import)()
    sys.exit(run(_serve))


if __name__ == "__main__":
    main()
