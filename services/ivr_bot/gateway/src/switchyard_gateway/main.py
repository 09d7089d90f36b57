"""The gateway's process: opens connections, serves, and stops in the reverse order."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from switchyard.conversation.v1 import conversation_service_pb2, conversation_service_pb2_grpc
from switchyard_common.admission import Admission
from switchyard_common.clock import Clock, SystemClock
from switchyard_common.errors import DomainError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.http_post import HttpPost
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.listener import listen
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings
from switchyard_common.tracing import configure_tracing

from switchyard_gateway.adapters.rasa import RasaBot
from switchyard_gateway.adapters.redis.connection import open_redis, refuse_cluster, store_answers
from switchyard_gateway.channel_wiring import Lines
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.door import admission
from switchyard_gateway.entrypoints.http.server import HttpServer
from switchyard_gateway.service.deliver import DeliverToPeers
from switchyard_gateway.service.quiet import WatchQuiet
from switchyard_gateway.service.reconcile import ReconcileContacts
from switchyard_gateway.settings import GatewaySettings
from switchyard_gateway.wiring import Gateway, Outside, build

_SERVICE = "gateway"
_HEALTH_EVERY_SECONDS = 1.0
_SWEEP_EVERY_SECONDS = 15.0
_QUIET_EVERY_SECONDS = 5.0
_FILES_AT_ONCE = 8
_TAKE_UP_EVERY_SECONDS = 15.0
# Within the five seconds that WeChat gives us; a webhook has the same.
_CHANNEL_SECONDS = 3.5
_CHANNEL_AT_ONCE = 16
_LARGEST_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the gateway is reached."""

    http: int
    grpc: int
    metrics: int


@asynccontextmanager
async def running(
    lifecycle: Lifecycle, settings: GatewaySettings, clock: Clock | None = None
) -> AsyncGenerator[Ports]:
    """A gateway that serves for the length of the block. StartError when a port is taken.

    Leaving it ends the websockets first, lets the bot's turns finish, then stops the rest.
    """
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(_listen(settings))
        metrics = await stack.enter_async_context(_metrics_server(settings, registry))
        redis = await stack.enter_async_context(open_redis(settings.redis_url.get_secret_value()))
        await refuse_cluster(redis, settings.env_name("redis_url"))
        blobs = await stack.enter_async_context(
            open_redis(
                settings.redis_url.get_secret_value(), decode=False, connections=_FILES_AT_ONCE
            )
        )
        bot = await stack.enter_async_context(
            HttpPost(
                settings.bot_url,
                settings.bot_deadline_seconds,
                settings.bot_at_once,
                tls=settings.tls,
                traced_as="bot.message",
            )
        )
        router = await stack.enter_async_context(
            open_channel(settings.router_target, settings.tls, settings.token_file)
        )
        crm = await stack.enter_async_context(
            open_channel(settings.crm_target, settings.tls, settings.token_file)
        )
        lines = await _lines(settings, stack)
        port = int(listener.getsockname()[1])
        outside = Outside(redis, blobs, RasaBot(bot), router, crm, lines)
        gateway = build(settings, outside, registry, port, clock or SystemClock())
        journal = stack.enter_context(settings.journal(_SERVICE))
        door = admission(settings, gateway.served, gateway.door, journal)
        server = await stack.enter_async_context(_grpc_server(settings, gateway, registry, door))
        _start(gateway, lifecycle, stack)
        supervise(lifecycle, stack, _tell_health(redis, server), "health")
        stack.push_async_callback(gateway.turns.drain, settings.drain_seconds)
        await stack.enter_async_context(
            HttpServer(gateway.app, listener, settings.tls, settings.drain_seconds)
        )
        yield Ports(port, server.port, metrics.port)


def supervise(
    lifecycle: Lifecycle, stack: AsyncExitStack, work: Coroutine[None, None, None], name: str
) -> None:
    """Run something until the stack is left."""
    stack.push_async_callback(lifecycle.end, lifecycle.supervise(work, name))


def _start(gateway: Gateway, lifecycle: Lifecycle, stack: AsyncExitStack) -> None:
    """Begin the background work; on leaving, watchers end before what they watch."""
    supervise(lifecycle, stack, gateway.feed.run(), "feed")
    supervise(lifecycle, stack, gateway.link.run(gateway.news), "router-link")
    supervise(lifecycle, stack, gateway.absence.run(), "presence")
    supervise(lifecycle, stack, _sweep(gateway.reconcile), "sweep")
    supervise(lifecycle, stack, _watch_quiet(gateway.quiet), "quiet")
    supervise(lifecycle, stack, _take_up(gateway.deliver), "deliveries")
    stack.push_async_callback(gateway.deliver.stop)
    stack.push_async_callback(gateway.absence.stop)
    stack.callback(gateway.feed.close)


async def _lines(settings: GatewaySettings, stack: AsyncExitStack) -> Lines:
    """Connections for the channels that are set up."""

    async def line(url: str, largest_bytes: int) -> HttpPost:
        post = HttpPost(url, _CHANNEL_SECONDS, _CHANNEL_AT_ONCE, largest_bytes)
        return await stack.enter_async_context(post)

    webhook = wechat = None
    if settings.webhook_url:
        webhook = await line(settings.webhook_url, _LARGEST_ANSWER_BYTES)
    if settings.wechat_app_id:
        wechat = await line(settings.wechat_api_url, settings.upload_bytes + 1)
    return Lines(webhook, wechat)


async def _take_up(deliver: DeliverToPeers) -> None:
    """Deliver what nobody does, for instance after a restart; for ever."""
    log = structlog.stdlib.get_logger()
    while True:
        try:
            await deliver.take_up()
        except StoreDown:
            log.warning("deliveries_wait_for_store")
        await asyncio.sleep(_TAKE_UP_EVERY_SECONDS)


def _listen(settings: GatewaySettings) -> socket.socket:
    return listen(settings.bind, settings.port, settings.env_name("port"))


def _metrics_server(settings: GatewaySettings, registry: CollectorRegistry) -> MetricsServer:
    setting = settings.env_name("metrics_port")
    return MetricsServer(
        registry, settings.bind, settings.metrics_port, setting=setting, tls=settings.tls
    )


def _grpc_server(
    settings: GatewaySettings, gateway: Gateway, registry: CollectorRegistry, door: Admission
) -> GrpcServer:
    return GrpcServer(
        settings.grpc_face(),
        [
            partial(
                conversation_service_pb2_grpc.add_ConversationServiceServicer_to_server,
                gateway.servicer,
            )
        ],
        [conversation_service_pb2.DESCRIPTOR.services_by_name["ConversationService"].full_name],
        RpcMetrics(registry, _SERVICE),
        door,
        client_certificates=settings.client_certificates,
    )


async def _tell_health(redis: Redis, server: GrpcServer) -> None:
    """SERVING as long as the store answers; for ever."""
    while True:
        await server.set_serving(await store_answers(redis))
        await asyncio.sleep(_HEALTH_EVERY_SECONDS)


async def _sweep(reconcile: ReconcileContacts) -> None:
    """Take up hand-overs that were left lying; for ever."""
    log = structlog.stdlib.get_logger()
    while True:
        await asyncio.sleep(_SWEEP_EVERY_SECONDS)
        try:
            await reconcile.sweep()
        except DomainError as error:
            log.warning("sweep_failed", reason=error.reason)


async def _watch_quiet(quiet: WatchQuiet) -> None:
    """Remind and close conversations in which nobody says anything; for ever."""
    log = structlog.stdlib.get_logger()
    while True:
        await asyncio.sleep(_QUIET_EVERY_SECONDS)
        try:
            await quiet.sweep()
        except DomainError as error:
            log.warning("quiet_not_watched", reason=error.reason)


async def _serve(lifecycle: Lifecycle) -> None:
    settings = load_settings(GatewaySettings)
    configure_logging(_SERVICE, settings.log_level)
    configure_tracing(_SERVICE)
    async with running(lifecycle, settings):
        await lifecycle.stopped()


def main() -> None:
    """Entry point of the process."""
    sys.exit(run(_serve))


if __name__ == "__main__":
    main()
