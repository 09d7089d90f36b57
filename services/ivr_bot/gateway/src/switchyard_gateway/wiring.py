"""How the parts of the gateway fit together; main.py calls it, nothing else does."""

from dataclasses import dataclass

import grpc
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from starlette.applications import Starlette
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory

from switchyard_gateway.adapters.metrics import GatewayMetrics
from switchyard_gateway.adapters.redis.connection import store_answers
from switchyard_gateway.adapters.redis.conversations import (
    RedisConversations,
    RedisTurns,
    RedisWhispers,
)
from switchyard_gateway.adapters.redis.feed import RedisFeed
from switchyard_gateway.adapters.redis.node import RedisLedger, RedisSightings
from switchyard_gateway.adapters.redis.scripts import Scripts
from switchyard_gateway.adapters.router.client import GrpcRouter
from switchyard_gateway.adapters.router.link import RouterLink
from switchyard_gateway.adapters.router.outbox import Outbox
from switchyard_gateway.domain.handoff import QueueMap
from switchyard_gateway.domain.names import Tenant
from switchyard_gateway.entrypoints.grpc.servicer import (
    ConversationServicer,
    ConversationUseCases,
)
from switchyard_gateway.entrypoints.http.app import ChatEndpoint, Readiness, build_app
from switchyard_gateway.entrypoints.http.chat import ChatUseCases
from switchyard_gateway.entrypoints.http.demo import DemoFile
from switchyard_gateway.service.absence import AbsenceWatch, Patience
from switchyard_gateway.service.answer import AnswerTurn
from switchyard_gateway.service.bot import Bot
from switchyard_gateway.service.change import ChangeConversation
from switchyard_gateway.service.choose_language import ChooseLanguage
from switchyard_gateway.service.end_by_agent import EndByAgent
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.hand_over import AskForPerson, QueueContact
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.news import RouterNews
from switchyard_gateway.service.open_conversation import OpenChat, OpenForChannel, ResumeChat
from switchyard_gateway.service.post_message import PostAgentMessage, PostCustomerMessage
from switchyard_gateway.service.reconcile import ReconcileContacts
from switchyard_gateway.service.store import RateLimit
from switchyard_gateway.service.turn_bell import TurnBell
from switchyard_gateway.service.turns import TurnKeeper
from switchyard_gateway.settings import GatewaySettings

_PRESENCE_EVERY_SECONDS = 10.0
# A turn may wake the bot and then ask it; whoever has not stored the answer by then is dead.
_LEASE_SPARE_SECONDS = 5.0


class Ground:
    """What everything else stands on: the store, the line to the router, time and counters."""

    def __init__(
        self,
        settings: GatewaySettings,
        redis: Redis,
        router: grpc.aio.Channel,
        registry: CollectorRegistry,
    ) -> None:
        scripts = Scripts(redis, settings.max_entries)
        self.clock = SystemClock()
        self.new_id = IdFactory(self.clock).new
        self.tenant = Tenant(settings.tenant)
        self.metrics = GatewayMetrics(registry)
        self.store = RedisConversations(redis, scripts)
        self.turns = RedisTurns(scripts, self.new_id)
        self.whispers = RedisWhispers(redis, scripts)
        self.ledger = RedisLedger(redis)
        self.sightings = RedisSightings(redis)
        self.feed = RedisFeed(redis, self.store)
        self.metrics.open_conversations.set_function(lambda: self.feed.watched)
        self.router = GrpcRouter(router, self.tenant)
        self.link = RouterLink(
            router,
            Outbox(self.ledger, settings.node),
            self.tenant,
            settings.node,
            self.clock,
            self.metrics.attached,
        )
        self.change = ChangeConversation(self.store, self.metrics)
        self.bell = TurnBell()


class HandOvers:
    """The use cases around the router's contacts."""

    def __init__(self, settings: GatewaySettings, ground: Ground) -> None:
        g, node = ground, settings.node
        self.leave = LeavePerson(g.change, g.link, g.ledger, g.bell, g.metrics)
        self.absence = AbsenceWatch(
            g.store,
            g.sightings,
            self.leave,
            Patience(settings.absent_waiting_seconds, settings.absent_with_agent_seconds),
            min(_PRESENCE_EVERY_SECONDS, settings.absent_waiting_seconds / 2),
        )
        self.follow = FollowContact(
            g.store, g.change, g.router, g.link, g.ledger, g.whispers, g.bell, g.metrics
        )
        queues = QueueMap(settings.default_queue, settings.queues)
        self.queue_contact = QueueContact(
            g.store,
            g.change,
            g.router,
            g.link,
            self.follow,
            g.ledger,
            queues,
            g.bell,
            self.absence,
            g.metrics,
            g.clock,
        )
        self.ask_for_person = AskForPerson(
            g.change, self.queue_contact, g.ledger, g.metrics, g.clock, g.new_id, node
        )
        self.end = EndByAgent(g.change, g.router, g.ledger, g.bell, g.metrics)
        self.reconcile = ReconcileContacts(
            g.store,
            g.change,
            g.router,
            g.ledger,
            self.queue_contact,
            self.follow,
            self.absence,
            g.bell,
            g.metrics,
            g.new_id,
            node,
        )


@dataclass(frozen=True, slots=True)
class Gateway:
    """What there is to run, built and not yet running."""

    app: Starlette
    servicer: ConversationServicer
    feed: RedisFeed
    link: RouterLink
    news: RouterNews
    turns: TurnKeeper
    absence: AbsenceWatch
    reconcile: ReconcileContacts


def build(
    settings: GatewaySettings,
    redis: Redis,
    bot: Bot,
    router: grpc.aio.Channel,
    registry: CollectorRegistry,
    http_port: int,
) -> Gateway:
    """Wire the process together; nothing is connected yet."""
    ground = Ground(settings, redis, router, registry)
    hand_overs = HandOvers(settings, ground)
    limit = RateLimit(settings.message_interval_seconds, settings.message_burst)
    post = PostCustomerMessage(ground.store, ground.bell, limit, ground.metrics)
    chat = _chat(ground, hand_overs, post)

    async def readiness() -> Readiness:
        answers = await store_answers(redis)
        return Readiness(answers, {"store": answers, "router": ground.link.up})

    return Gateway(
        app=build_app(
            ChatEndpoint(chat, ground.metrics, settings.origins(http_port)),
            DemoFile(settings.examples_file),
            readiness,
        ),
        servicer=ConversationServicer(_conversations(ground, hand_overs, post), ground.tenant),
        feed=ground.feed,
        link=ground.link,
        news=RouterNews(hand_overs.follow, hand_overs.reconcile),
        turns=_turns(settings, ground, hand_overs, bot),
        absence=hand_overs.absence,
        reconcile=hand_overs.reconcile,
    )


def _turns(
    settings: GatewaySettings, ground: Ground, hand_overs: HandOvers, bot: Bot
) -> TurnKeeper:
    answer = AnswerTurn(
        bot,
        ground.turns,
        ground.ledger,
        ground.whispers,
        hand_overs.queue_contact,
        ground.metrics,
        ground.clock,
        ground.new_id,
        settings.node,
    )
    lease_seconds = 2 * settings.bot_deadline_seconds + _LEASE_SPARE_SECONDS
    keeper = TurnKeeper(ground.turns, answer, lease_seconds, settings.bot_at_once)
    ground.bell.listen(keeper.kick)
    return keeper


def _chat(ground: Ground, hand_overs: HandOvers, post: PostCustomerMessage) -> ChatUseCases:
    return ChatUseCases(
        open=OpenChat(ground.store, ground.new_id),
        resume=ResumeChat(ground.store, ground.bell),
        post=post,
        ask_for_person=hand_overs.ask_for_person,
        leave=hand_overs.leave,
        choose_language=ChooseLanguage(ground.change),
        whispers=ground.whispers,
        feed=ground.feed,
        absence=hand_overs.absence,
    )


def _conversations(
    ground: Ground, hand_overs: HandOvers, post: PostCustomerMessage
) -> ConversationUseCases:
    return ConversationUseCases(
        open=OpenForChannel(ground.store),
        post_customer=post,
        post_agent=PostAgentMessage(ground.store, ground.metrics),
        end=hand_overs.end,
        conversations=ground.store,
        transcript=ground.store,
        whispers=ground.whispers,
        feed=ground.feed,
    )
