"""CRMs, put together from the connectors file: connectors, their rates, who looks after them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import CollectorRegistry
from switchyard_common.clock import Clock
from switchyard_common.lifecycle import Lifecycle

from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.adapters.connectors.mapping import BadFile
from switchyard_crm.adapters.connectors.registry import Registry
from switchyard_crm.adapters.connectors.settings import (
    ConnectorSettings,
    ConnectorsFile,
    read_connectors,
)
from switchyard_crm.domain.identifiers import Normaliser
from switchyard_crm.domain.names import TenantId
from switchyard_crm.entrypoints.connector_metrics import ConnectorMetrics
from switchyard_crm.service.connector_watch import ConnectorWatch, Watched
from switchyard_crm.settings import CrmSettings
from switchyard_crm.wiring.context import ConnectedCrm

_HEALTH_CALL_SECONDS = 10.0


@asynccontextmanager
async def connected(
    settings: CrmSettings, clock: Clock, registry: CollectorRegistry, lifecycle: Lifecycle
) -> AsyncIterator[tuple[ConnectedCrm, ...]]:
    """The CRMs of the settings' connectors file for the length of a block, none without a file.

    Raises BadFile, a StartError, which names file, path and reason.
    """
    async with AsyncExitStack() as stack:
        crms = await _build(settings, clock, stack)
        if crms:
            watch = ConnectorWatch(
                [Watched(crm.connector, crm.bucket) for crm in crms],
                ConnectorMetrics(registry),
                clock,
                settings.connector_health_seconds,
                _HEALTH_CALL_SECONDS,
            )
            watching = lifecycle.supervise(watch.run(), "connector watch")
            stack.push_async_callback(lifecycle.end, watching)
        yield crms


async def _build(
    settings: CrmSettings, clock: Clock, stack: AsyncExitStack
) -> tuple[ConnectedCrm, ...]:
    if settings.connectors_file is None:
        return ()
    file = read_connectors(settings.connectors_file)
    registry = Registry(Normaliser(settings.default_region), clock)
    crms = []
    for entry in file.connectors:
        _check_tenant(file, entry, settings.tenant)
        connector = registry.build(file, entry)
        stack.push_async_callback(connector.close)
        crms.append(
            ConnectedCrm(
                TenantId(settings.tenant),
                connector,
                TokenBucket(entry.rate_per_second, entry.burst, clock),
                entry.concurrency,
                entry.sync_seconds,
            )
        )
    return tuple(crms)


def _check_tenant(file: ConnectorsFile, entry: ConnectorSettings, served: str) -> None:
    if entry.tenant not in ("", served):
        raise BadFile(
            f"{file.place(entry)}.tenant: is not the tenant that this process serves "
            f"({CrmSettings.env_name('tenant')}); correct it, or leave it out"
        )
