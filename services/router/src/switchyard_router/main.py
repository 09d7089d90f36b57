"""Composition root of the router: settings, connections, serving. What is wired how: `wiring/`."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import switchyard_common.calm_forks  # noqa: F401
from prometheus_client import CollectorRegistry
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_common.tracing import configure_tracing

from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.durability import DurabilityCheck
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link, Replicas
from switchyard_router.adapters.store_metrics import StoreMetrics
from switchyard_router.entrypoints.draining import draining
from switchyard_router.service.projection import LONGEST_WAIT_SECONDS, Projection
from switchyard_router.settings import RouterSettings
from switchyard_router.wiring.faces import Faces
from switchyard_router.wiring.models import Models
from switchyard_router.wiring.router import build
from switchyard_router.wiring.servicers import SERVICES


@asynccontextmanager
async def running(
    lifecycle: Lifecycle, settings: RouterSettings
) -> AsyncGenerator[tuple[GrpcServer, MetricsServer]]:
    """A router that serves for the length of the block; then it tells clients to go elsewhere."""
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        patience, keys = settings.redis_timeout_seconds, Keys(settings.tenant)
        store_metrics, wait = StoreMetrics(registry), _replicas(settings)
        url = settings.redis_url.get_secret_value()
        writer = open_writer(url, patience, keys.events, store_metrics)
        link, follower = Link(writer, patience, wait), Link(writer, patience + LONGEST_WAIT_SECONDS)
        stack.push_async_callback(link.aclose)
        stack.push_async_callback(follower.aclose)
        channel = await stack.enter_async_context(
            open_channel(settings.crm_target, settings.tls, settings.token_file)
        )
        models = Models.over(settings, registry)
        await asyncio.to_thread(models.serving.look)
        router = build(settings, link, follower, channel, RouterMetrics(registry), models)
        name = settings.env_name("metrics_port")
        metrics = MetricsServer(
            registry, settings.bind, settings.metrics_port, setting=name, tls=settings.tls
        )
        await stack.enter_async_context(metrics)
        stack.push_async_callback(router.decisions.flush)
        watching = {
            "store_watch": writer.watch(),
            "durability": DurabilityCheck(link, wait, store_metrics).run(),
        }
        for name, coroutine in (router.work | watching).items():
            task = lifecycle.supervise(coroutine, name)
            stack.push_async_callback(lifecycle.end, task)
        stack.push_async_callback(router.context.drain)
        rpc = RpcMetrics(registry, "router")
        journal = stack.enter_context(settings.journal("router"))
        faces = Faces(settings, router.add_servicers, router.holdings, registry, rpc, journal)
        server = await stack.enter_async_context(
            GrpcServer(
                settings,
                router.add_servicers,
                SERVICES,
                rpc,
                faces.admission,
                client_certificates=settings.client_certificates,
            )
        )
        await stack.enter_async_context(faces.serving())
        health = lifecycle.supervise(_follow_health(server, router.projection), "health")
        yield server, metrics
        await lifecycle.end(health)
        await server.set_serving(False)
        router.drain.begin()
        router.fanout.stop(draining())


async def serve(lifecycle: Lifecycle, settings: RouterSettings) -> None:
    """Serve until asked to stop."""
    async with running(lifecycle, settings):
        await lifecycle.stopped()


async def _follow_health(server: GrpcServer, projection: Projection) -> None:
    """SERVING while the event log can be followed, NOT_SERVING otherwise."""
    while True:
        await projection.caught_up.wait()
        await server.set_serving(True)
        await projection.interrupted.wait()
        await server.set_serving(False)


def _replicas(settings: RouterSettings) -> Replicas | None:
    count = settings.store_wait_replicas
    return Replicas(count, settings.store_wait_ms) if count else None


def main() -> None:
    """Entry point of the process."""
    settings = load_settings(RouterSettings)
    configure_logging("router", settings.log_level)
    configure_tracing("router")
    sys.exit(run(lambda lifecycle: serve(lifecycle, settings)))


if __name__ == "__main__":
    main()
