"""Composition root of the router: settings, wiring, serving."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from switchyard.router.v1 import (
    agent_service_pb2_grpc,
    config_service_pb2_grpc,
    contact_service_pb2_grpc,
    routing_service_pb2_grpc,
    supervision_service_pb2_grpc,
)
from switchyard_common.clock import SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.ids import IdFactory
from switchyard_common.lifecycle import Lifecycle, run
from switchyard_common.logs import configure_logging
from switchyard_common.metrics import RpcMetrics
from switchyard_common.metrics_http import MetricsServer
from switchyard_common.settings import load_settings

from switchyard_router.adapters.crm import CrmContext
from switchyard_router.adapters.decision_sink import DecisionWriter
from switchyard_router.adapters.metrics import RouterMetrics
from switchyard_router.adapters.redis.agents import RedisAgents
from switchyard_router.adapters.redis.client import RedisClient, open_pool, open_reader
from switchyard_router.adapters.redis.config import RedisConfig
from switchyard_router.adapters.redis.contacts import RedisContacts
from switchyard_router.adapters.redis.decisions import RedisDecisions
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.log import RedisEventLog
from switchyard_router.adapters.redis.scripts import Scripts
from switchyard_router.adapters.redis.snapshot import RedisSnapshots
from switchyard_router.domain.names import Tenant
from switchyard_router.domain.states import Presence
from switchyard_router.entrypoints.agent_reader import AgentReader
from switchyard_router.entrypoints.agent_service import AgentServicer
from switchyard_router.entrypoints.answers import Answers
from switchyard_router.entrypoints.attach import NodeStreams
from switchyard_router.entrypoints.config_messages import ConfigMessages
from switchyard_router.entrypoints.config_service import ConfigServicer
from switchyard_router.entrypoints.contact_service import ContactServicer
from switchyard_router.entrypoints.draining import Drain, draining
from switchyard_router.entrypoints.fanout import Fanout
from switchyard_router.entrypoints.routing_service import RoutingServicer
from switchyard_router.entrypoints.sessions import DesktopSessions
from switchyard_router.entrypoints.supervision_service import SupervisionServicer
from switchyard_router.service.auditor import Auditor
from switchyard_router.service.board import Board
from switchyard_router.service.config_loader import ConfigLoader
from switchyard_router.service.contacts import CreateContact
from switchyard_router.service.context import ContextLookup
from switchyard_router.service.dispatcher import Dispatcher
from switchyard_router.service.figures import Figures
from switchyard_router.service.leases import LeaseKeeper
from switchyard_router.service.projection import Projection
from switchyard_router.service.store_clock import StoreClock
from switchyard_router.service.timers import Timers
from switchyard_router.settings import RouterSettings

SERVICES = tuple(
    f"switchyard.router.v1.{name}"
    for name in (
        "ContactService",
        "RoutingService",
        "AgentService",
        "ConfigService",
        "SupervisionService",
    )
)
_GAUGE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Router:
    """The wired router: servicers to add to a server, and what runs beside it."""

    add_servicers: tuple[Callable[[Any], None], ...]
    work: dict[str, Coroutine[Any, Any, None]]
    projection: Projection
    fanout: Fanout
    context: ContextLookup
    drain: Drain
    decisions: DecisionWriter


def build(
    settings: RouterSettings,
    link: Link,
    reader: RedisClient,
    crm_channel: Any,
    metrics: RouterMetrics,
) -> Router:
    """Wire the router; connects to nothing yet."""
    system, tenant, keys = SystemClock(), Tenant(settings.tenant), Keys(settings.tenant)
    ids, clock, board, drain = IdFactory(system), StoreClock(system), Board(), Drain()
    scripts = Scripts(link, keys, settings.max_events)
    contacts, agents = RedisContacts(link, keys, scripts), RedisAgents(link, keys, scripts)
    config, log = RedisConfig(link, keys, scripts), RedisEventLog(reader, link, keys)
    kept = RedisDecisions(link, keys)
    decisions = DecisionWriter(kept, tenant, metrics)
    key = settings.pseudonym_key.get_secret_value().encode()
    crm = CrmContext(crm_channel, settings.tenant, key)
    context = ContextLookup(crm, contacts, system, metrics)
    dispatcher = Dispatcher(board, contacts, decisions, ids, clock, metrics)
    figures, auditor = Figures(board, config, clock), Auditor(board, clock, metrics)
    agent_reader = AgentReader(config, agents, tenant)
    fanout = Fanout(board, contacts, tenant, clock, metrics)
    leases, answers = LeaseKeeper(agents), Answers(agents, contacts, tenant)
    nodes = NodeStreams(
        contacts, contacts, agents, board, figures, fanout, leases, clock, tenant
    )  # fmt: skip
    sessions = DesktopSessions(
        agents, contacts, agent_reader, answers, fanout, leases, clock, tenant
    )
    projection = Projection(
        board,
        RedisSnapshots(link, keys, contacts, agents),
        log,
        ConfigLoader(board, config, ConfigMessages()),
        (auditor.on_event, figures.on_event, fanout.on_event, lambda _: dispatcher.wake()),
        (auditor.forget, fanout.start_over),
    )
    contact_servicer = ContactServicer(
        CreateContact(contacts, context), contacts, figures, fanout, nodes, ids, tenant
    )
    agent_servicer = AgentServicer(sessions, answers, agent_reader, board, clock, tenant)
    supervision = SupervisionServicer(board, figures, log, drain, tenant)

    def add(server: Any) -> None:
        contact_service_pb2_grpc.add_ContactServiceServicer_to_server(contact_servicer, server)
        agent_service_pb2_grpc.add_AgentServiceServicer_to_server(agent_servicer, server)
        config_service_pb2_grpc.add_ConfigServiceServicer_to_server(
            ConfigServicer(config, agent_reader, tenant), server
        )
        routing_service_pb2_grpc.add_RoutingServiceServicer_to_server(
            RoutingServicer(kept, tenant), server
        )
        supervision_service_pb2_grpc.add_SupervisionServiceServicer_to_server(supervision, server)

    work = {
        "projection": projection.run(),
        "dispatcher": dispatcher.run(),
        "timers": Timers(agents, clock).run(),
        "leases": leases.run(),
        "fanout": fanout.run(),
        "decisions": decisions.run(),
        "gauges": _gauges(board, auditor, clock, metrics, projection),
    }
    return Router((add,), work, projection, fanout, context, drain, decisions)


async def _gauges(
    board: Board,
    auditor: Auditor,
    clock: StoreClock,
    metrics: RouterMetrics,
    projection: Projection,
) -> None:
    """Refresh what is read off the board every two seconds, invariants included."""
    while True:
        now = clock.now_ms()
        for queue_id in board.queues:
            line = board.line(queue_id)
            waits = [now - board.contacts[contact].enqueue_ms for _, contact in line]
            metrics.queue(queue_id, len(line), max(waits, default=0) / 1000)
        # All of them each time: one that nobody is in any more must show 0.
        presences = Counter(dict.fromkeys((presence.value for presence in Presence), 0))
        presences.update(live.presence for live in board.agents.lives)
        metrics.agents(dict(presences))
        metrics.store_up(projection.caught_up.is_set())
        auditor.sweep()
        await asyncio.sleep(_GAUGE_SECONDS)


@asynccontextmanager
async def running(
    lifecycle: Lifecycle, settings: RouterSettings
) -> AsyncGenerator[tuple[GrpcServer, MetricsServer]]:
    """A router that serves for the length of the block; then it tells clients to go elsewhere."""
    registry = CollectorRegistry()
    async with AsyncExitStack() as stack:
        pool = open_pool(settings.redis_url.get_secret_value(), settings.redis_timeout_seconds)
        reader, link = open_reader(pool), Link(pool, settings.redis_timeout_seconds)
        stack.push_async_callback(pool.aclose)
        stack.push_async_callback(link.aclose)
        channel = await stack.enter_async_context(open_channel(settings.crm_target, settings.tls))
        router = build(settings, link, reader, channel, RouterMetrics(registry))
        name = settings.env_name("metrics_port")
        metrics = MetricsServer(registry, settings.bind, settings.metrics_port, setting=name)
        await stack.enter_async_context(metrics)
        stack.push_async_callback(router.decisions.flush)
        for name, coroutine in router.work.items():
            task = lifecycle.supervise(coroutine, name)
            stack.push_async_callback(lifecycle.end, task)
        stack.push_async_callback(router.context.drain)
        server = await stack.enter_async_context(
            GrpcServer(settings, router.add_servicers, SERVICES, RpcMetrics(registry, "router"))
        )
        health = lifecycle.supervise(_follow_health(server, router.projection), "health")
        yield server, metrics
        await lifecycle.end(health)
        await server.set_serving(False)
        router.drain.begin()
        router.fanout.close_all(draining())


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


def main() -> None:
    """Entry point of the process."""
    settings = load_settings(RouterSettings)
    configure_logging("router", settings.log_level)
    sys.exit(run(lambda lifecycle: serve(lifecycle, settings)))


if __name__ == "__main__":
    main()
