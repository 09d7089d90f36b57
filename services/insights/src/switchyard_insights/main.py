"""Composition root of the history's service: `python -m switchyard_insights.main` serves."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings

from switchyard_insights.adapters.erasure_metrics import ErasureMetrics
from switchyard_insights.adapters.metrics import InsightsMetrics
from switchyard_insights.adapters.sql.history import SqlHistory
from switchyard_insights.adapters.sql.history_store import open_history
from switchyard_insights.entrypoints.health import Watch
from switchyard_insights.settings import InsightsSettings
from switchyard_insights.wiring.erasing import erasing
from switchyard_insights.wiring.following import following
from switchyard_insights.wiring.housekeeping import housekeeping

SERVICE = "insights"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the service is reached."""

    grpc: int
    metrics: int


@asynccontextmanager
async def serving(settings: InsightsSettings, lifecycle: Lifecycle) -> AsyncIterator[Ports]:
    """The service for the length of a block; started in order, stopped in reverse.

    Raises StartError.
    """
    registry = CollectorRegistry()
    metrics = InsightsMetrics(registry)
    async with AsyncExitStack() as stack:
        opening = open_history(
            settings.database_url.get_secret_value(),
            setting=settings.env_name("database_url"),
            busy_seconds=settings.busy_seconds,
        )
        database = await stack.enter_async_context(opening)
        history = SqlHistory(database)
        http = await stack.enter_async_context(
            MetricsServer(
                registry,
                settings.bind,
                settings.metrics_port,
                setting=settings.env_name("metrics_port"),
                tls=settings.tls,
            )
        )
        server = GrpcServer(settings, [], [], RpcMetrics(registry, SERVICE))
        grpc_server = await stack.enter_async_context(server)
        ping_log = await stack.enter_async_context(following(settings, history, metrics, lifecycle))
        erased = erasing(settings, database, ErasureMetrics(registry), lifecycle)
        await stack.enter_async_context(erased)
        pings = {"log": ping_log, "history": history.ping}
        watch = Watch(pings, grpc_server.set_serving, metrics, settings.health_interval_seconds)
        watching = lifecycle.supervise(watch.run(), "watch")
        stack.push_async_callback(lifecycle.end, watching)
        keeping = housekeeping(settings, database, registry)
        cleaning = lifecycle.supervise(keeping.run(), "housekeeping")
        stack.push_async_callback(lifecycle.end, cleaning)
        yield Ports(grpc_server.port, http.port)


async def _serve(lifecycle: Lifecycle) -> None:
    settings = load_settings(InsightsSettings)
    configure_logging(SERVICE, settings.log_level)
    async with serving(settings, lifecycle):
        await lifecycle.stopped()


def main() -> None:
    """Serve until stopped."""
    sys.exit(run(_serve))


if __name__ == "__main__":
    main()
