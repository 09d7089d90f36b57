"""Composition root of the CRM adapter.

`python -m switchyard_crm.main` serves; `python -m switchyard_crm.main import FILE` imports.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from switchyard.crm.v1 import crm_service_pb2
from switchyard.crm.v1.crm_service_pb2_grpc import add_CrmServiceServicer_to_server
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_common.tracing import configure_tracing

from switchyard_crm.domain.matching.blocked import blocked_values
from switchyard_crm.entrypoints.command import make_app
from switchyard_crm.entrypoints.health import StoreWatch
from switchyard_crm.entrypoints.metrics import CrmMetrics
from switchyard_crm.entrypoints.privacy_metrics import PrivacyMetrics
from switchyard_crm.entrypoints.self_service_metrics import SelfServiceMetrics
from switchyard_crm.entrypoints.servicer import CrmServicer
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.vault import Vault
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.commands import open_import, rewrapping
from switchyard_crm.wiring.connector_check import checking
from switchyard_crm.wiring.connectors import connected
from switchyard_crm.wiring.context import ConnectedCrm, Tools, looking_up
from switchyard_crm.wiring.do_not_call import number_list
from switchyard_crm.wiring.duplicates import searching
from switchyard_crm.wiring.identity import identifying, view_of
from switchyard_crm.wiring.outbox import takers, writing
from switchyard_crm.wiring.privacy import (
    admission,
    auditing,
    check_master_key,
    open_vault,
    protecting,
)
from switchyard_crm.wiring.self_service import serving_themselves
from switchyard_crm.wiring.store import Store, serving_database, sql_store
from switchyard_crm.wiring.syncing import following

SERVICE = "crm"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the service is reached."""

    grpc: int
    metrics: int


@asynccontextmanager
async def serving(
    settings: CrmSettings,
    lifecycle: Lifecycle,
    store: Store | None = None,
    crms: Sequence[ConnectedCrm] = (),
) -> AsyncIterator[Ports]:
    """The service for the length of a block; `store` stands in for the settings' database.

    Started in order, stopped in reverse. Raises StartError.
    """
    registry = CollectorRegistry()
    metrics = CrmMetrics(registry)
    bounded = Bounded()
    async with AsyncExitStack() as stack:
        configured = connected(settings, SystemClock(), registry, lifecycle)
        crms = (*crms, *await stack.enter_async_context(configured))
        vault = open_vault(settings)
        opened = store
        if opened is None:
            opened = await stack.enter_async_context(_store(settings, vault, crms))
        http = await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
                tls=settings.tls,
            )
        )
        stack.push_async_callback(bounded.close)
        sources, self_metrics = SourceMetrics(registry), SelfServiceMetrics(registry)
        tools = Tools(settings, bounded, SystemClock(), metrics, sources, self_metrics)
        privacy_metrics = PrivacyMetrics(registry)
        trail = await stack.enter_async_context(
            auditing(opened.accesses, settings, privacy_metrics, lifecycle)
        )
        lookup = await stack.enter_async_context(looking_up(opened.known, crms, tools, trail))
        wrote = await stack.enter_async_context(
            writing(opened.writes, crms, tools, lookup, vault, registry, lifecycle)
        )
        local = opened.sources[0]
        identity = await stack.enter_async_context(
            identifying(opened.identities, local, tools, lookup, vault, registry, lifecycle)
        )
        if opened.crm is not None:
            followed = following(crms, opened.crm.sync, identity.comparing.wake, tools, lifecycle)
            await stack.enter_async_context(followed)
        connectors = {(crm.tenant, crm.connector.name): crm.connector for crm in crms}
        privacy = await stack.enter_async_context(
            protecting(opened.subjects, connectors, trail, privacy_metrics, settings, lifecycle)
        )
        alone = await stack.enter_async_context(
            serving_themselves(opened.self_service, tools, lookup, vault, lifecycle)
        )
        journal = stack.enter_context(settings.journal(SERVICE))
        servicer = CrmServicer(
            lookup,
            wrote.writes,
            wrote.consents,
            identity.links,
            privacy,
            alone.verification,
            alone.self_service,
        )
        grpc_server = await stack.enter_async_context(
            GrpcServer(
                settings,
                [lambda server: add_CrmServiceServicer_to_server(servicer, server)],
                [crm_service_pb2.DESCRIPTOR.services_by_name["CrmService"].full_name],
                RpcMetrics(registry, SERVICE),
                admission(settings, registry, journal),
                client_certificates=settings.client_certificates,
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


@asynccontextmanager
async def _store(
    settings: CrmSettings, vault: Vault, crms: Sequence[ConnectedCrm]
) -> AsyncIterator[Store]:
    async with serving_database(settings) as database:
        await check_master_key(database, vault, settings)
        to = takers(settings, crms)
        blocked = blocked_values(settings.blocked_values)
        yield sql_store(database, vault, view_of(settings), to, settings.outbox_limit, blocked)


async def _serve(lifecycle: Lifecycle) -> None:
    settings = load_settings(CrmSettings)
    configure_logging(SERVICE, settings.log_level)
    configure_tracing(SERVICE)
    async with serving(settings, lifecycle):
        await lifecycle.stopped()


def main() -> None:
    """Serve, or run the command that the arguments name."""
    if sys.argv[1:]:
        make_app(open_import, rewrapping, searching, number_list, checking)()
    sys.exit(run(_serve))


if __name__ == "__main__":
    main()
