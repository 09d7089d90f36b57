"""What everything in the gateway stands on; wiring.py builds the rest upon it."""

import grpc
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from switchyard_common.clock import Clock
from switchyard_common.door import DoorMetrics
from switchyard_common.ids import IdFactory

from switchyard_gateway.adapters.metrics import GatewayMetrics
from switchyard_gateway.adapters.redis.conversations import (
    RedisConversations,
    RedisTurns,
    RedisWhispers,
)
from switchyard_gateway.adapters.redis.feed import RedisFeed
from switchyard_gateway.adapters.redis.node import RedisLedger, RedisSightings
from switchyard_gateway.adapters.redis.scripts import Bounds, Scripts
from switchyard_gateway.adapters.redis.timers import RedisTimers
from switchyard_gateway.adapters.router.client import GrpcRouter
from switchyard_gateway.adapters.router.link import RouterLink
from switchyard_gateway.adapters.router.outbox import Outbox
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.entrypoints.grpc.access import ServedByCaller
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.turn_bell import TurnBell
from switchyard_gateway.settings import GatewaySettings


class Ground:
    """What everything else stands on: the store, the line to the router, time and counters."""

    def __init__(
        self,
        settings: GatewaySettings,
        redis: Redis,
        router: grpc.aio.Channel,
        registry: CollectorRegistry,
        clock: Clock,
    ) -> None:
        bounds = Bounds(
            settings.max_entries, settings.max_events, round(settings.silence_seconds * 1000)
        )
        scripts = Scripts(redis, bounds)
        self.clock = clock
        self.new_id = IdFactory(self.clock).new
        self.tenant = Tenant(settings.tenant)
        self.metrics = GatewayMetrics(registry)
        self.door = DoorMetrics(registry, "switchyard_gateway")
        self.store = RedisConversations(redis, scripts)
        self.served = ServedByCaller(self.store, self.tenant)
        self.turns = RedisTurns(scripts, self.new_id)
        self.whispers = RedisWhispers(redis, scripts)
        self.ledger = RedisLedger(redis)
        self.sightings = RedisSightings(redis)
        self.timers = RedisTimers(redis)
        self.feed = RedisFeed(redis, self.store)
        self.metrics.open_conversations.set_function(lambda: self.feed.watched)
        self.router = GrpcRouter(router, self.tenant, settings.router_timeout_seconds)
        self.link = RouterLink(
            router,
            Outbox(settings.node),
            self.tenant,
            settings.node,
            self.clock,
            self.metrics.attached,
        )
        self.change = ChangeConversation(self.store, self.metrics)
        self.bell = TurnBell()
