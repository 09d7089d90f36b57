"""How the parts of the gateway fit together; main.py calls it, nothing else does."""

from dataclasses import dataclass

import grpc
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from starlette.applications import Starlette
from switchyard_common.clock import Clock
from switchyard_common.door import DoorMetrics

from switchyard_gateway.adapters.crm import CrmResetLinks
from switchyard_gateway.adapters.customer_tokens import customers
from switchyard_gateway.adapters.redis.connection import store_answers
from switchyard_gateway.adapters.redis.feed import RedisFeed
from switchyard_gateway.adapters.redis.files import RedisFiles
from switchyard_gateway.adapters.router.link import RouterLink
from switchyard_gateway.channel_wiring import Inside, Lines, build_channels
from switchyard_gateway.domain.handoff import QueueMap
from switchyard_gateway.domain.quiet import QuietRules
from switchyard_gateway.entrypoints.grpc.access import ServedByCaller
from switchyard_gateway.entrypoints.grpc.servicer import (
    ConversationServicer,
    ConversationUseCases,
)
from switchyard_gateway.entrypoints.http.app import ChatEndpoint, OpeningLimit, Readiness, build_app
from switchyard_gateway.entrypoints.http.chat import ChatUseCases
from switchyard_gateway.entrypoints.http.demo import DemoFile
from switchyard_gateway.entrypoints.http.files import FileEndpoint, FileUseCases
from switchyard_gateway.entrypoints.http.frames import Offers
from switchyard_gateway.entrypoints.http.origins import Origins
from switchyard_gateway.entrypoints.http.reset import ResetEndpoint
from switchyard_gateway.entrypoints.http.reset_page import ResetPage
from switchyard_gateway.ground import Ground
from switchyard_gateway.service.absence import AbsenceWatch, Patience
from switchyard_gateway.service.answer import AnswerTurn
from switchyard_gateway.service.ask_bot import AskBot
from switchyard_gateway.service.bot import Bot
from switchyard_gateway.service.callback import BookCallback
from switchyard_gateway.service.choose_language import ChooseLanguage
from switchyard_gateway.service.deliver import DeliverToPeers
from switchyard_gateway.service.end_by_agent import EndByAgent
from switchyard_gateway.service.files import KeepFile, ReadFile
from switchyard_gateway.service.follow_contact import FollowContact
from switchyard_gateway.service.hand_over import AskForPerson, QueueContact
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.news import RouterNews
from switchyard_gateway.service.open_conversation import OpenChat, OpenForChannel, ResumeChat
from switchyard_gateway.service.patient_bot import BotPatience, PatientBot
from switchyard_gateway.service.places import Places
from switchyard_gateway.service.post_message import PostAgentMessage, PostCustomerMessage
from switchyard_gateway.service.quiet import WatchQuiet
from switchyard_gateway.service.reconcile import ReconcileContacts
from switchyard_gateway.service.reset_pin import SetNewPin
from switchyard_gateway.service.store import RateLimit
from switchyard_gateway.service.turn_report import TurnReport
from switchyard_gateway.service.turns import TurnKeeper
from switchyard_gateway.service.wait_in_words import HearWaiting, TellPlace
from switchyard_gateway.settings import GatewaySettings

_PRESENCE_EVERY_SECONDS = 10.0
# A turn may wake the bot and then ask it; whoever has not stored the answer by then is dead.
_LEASE_SPARE_SECONDS = 5.0
_TELL_AFTER_SECONDS = 3.0


class HandOvers:
    """The use cases around the router's contacts."""

    def __init__(self, settings: GatewaySettings, ground: Ground, bot: Bot) -> None:
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
            g.store,
            g.change,
            g.router,
            g.link,
            g.ledger,
            g.whispers,
            g.bell,
            g.metrics,
            TellPlace(g.change, g.clock, callbacks=settings.callbacks),
        )
        queues = QueueMap(settings.default_queue, settings.queues)
        self.callback = BookCallback(
            g.store,
            g.change,
            g.router,
            g.link,
            g.ledger,
            queues,
            g.bell,
            g.metrics,
            g.clock,
            settings.country,
            settings.callback_node,
        )
        self.hear_waiting = HearWaiting(
            g.store,
            g.change,
            self.callback,
            self.leave,
            settings.country,
            callbacks=settings.callbacks,
        )
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
        )
        self.ask_for_person = AskForPerson(
            g.store,
            g.change,
            bot,
            self.queue_contact,
            g.ledger,
            g.metrics,
            g.clock,
            g.new_id,
            node,
        )
        self.end = EndByAgent(g.change, g.router, g.ledger, g.bell, g.metrics)
        self.reconcile = ReconcileContacts(
            g.store,
            g.change,
            g.router,
            g.link,
            g.ledger,
            self.queue_contact,
            self.follow,
            self.absence,
            g.bell,
            g.metrics,
            g.clock,
            g.new_id,
            node,
        )


@dataclass(frozen=True, slots=True)
class Outside:
    """What the process talks to; `blobs` is the store of `redis`, with answers in bytes."""

    redis: Redis
    blobs: Redis
    bot: Bot
    router: grpc.aio.Channel
    crm: grpc.aio.Channel
    lines: Lines


@dataclass(frozen=True, slots=True)
class Gateway:
    """What there is to run, built and not yet running."""

    app: Starlette
    servicer: ConversationServicer
    served: ServedByCaller
    door: DoorMetrics
    feed: RedisFeed
    link: RouterLink
    news: RouterNews
    turns: TurnKeeper
    absence: AbsenceWatch
    quiet: WatchQuiet
    reconcile: ReconcileContacts
    deliver: DeliverToPeers


def build(
    settings: GatewaySettings,
    outside: Outside,
    registry: CollectorRegistry,
    http_port: int,
    clock: Clock,
) -> Gateway:
    """Wire the process together; nothing is connected yet."""
    ground = Ground(settings, outside.redis, outside.router, registry, clock)
    hand_overs = HandOvers(settings, ground, outside.bot)
    limit = RateLimit(settings.message_interval_seconds, settings.message_burst)
    post = PostCustomerMessage(
        ground.store, ground.bell, limit, ground.metrics, hand_overs.hear_waiting
    )
    chat = _chat(settings, ground, hand_overs, post)
    origins = settings.origins(http_port)
    demo = DemoFile(settings.examples_file)
    channels = build_channels(
        settings, _inside(settings, ground, outside, hand_overs, post), outside.lines
    )

    async def readiness() -> Readiness:
        answers = await store_answers(outside.redis)
        return Readiness(answers, {"store": answers, "router": ground.link.up})

    return Gateway(
        app=build_app(
            ChatEndpoint(chat, ground.metrics, origins, _openings(settings), clock.monotonic),
            demo,
            readiness,
            [
                *_files(settings, ground, outside, chat, Origins(origins)).routes(),
                *_reset(settings, ground, outside, demo).routes(),
                *channels.routes,
            ],
        ),
        servicer=ConversationServicer(
            _conversations(ground, hand_overs, post, RedisFiles(outside.blobs)),
            ground.tenant,
            ground.served,
        ),
        served=ground.served,
        door=ground.door,
        feed=ground.feed,
        link=ground.link,
        news=RouterNews(hand_overs.follow, hand_overs.reconcile),
        turns=_turns(settings, ground, hand_overs, outside.bot),
        absence=hand_overs.absence,
        quiet=WatchQuiet(
            ground.store,
            ground.change,
            ground.timers,
            ground.bell,
            ground.metrics,
            ground.clock,
            QuietRules(settings.silence_seconds, settings.idle_close_seconds),
        ),
        reconcile=hand_overs.reconcile,
        deliver=channels.deliver,
    )


def _inside(
    settings: GatewaySettings,
    ground: Ground,
    outside: Outside,
    hand_overs: HandOvers,
    post: PostCustomerMessage,
) -> Inside:
    return Inside(
        redis=outside.redis,
        conversations=ground.store,
        transcript=ground.store,
        feed=ground.feed,
        metrics=ground.metrics,
        clock=ground.clock,
        post=post,
        keep_file=KeepFile(RedisFiles(outside.blobs), settings.file_limits),
        ask_for_person=hand_overs.ask_for_person,
        leave=hand_overs.leave,
        new_id=ground.new_id,
    )


def _files(
    settings: GatewaySettings,
    ground: Ground,
    outside: Outside,
    chat: ChatUseCases,
    origins: Origins,
) -> FileEndpoint:
    files = RedisFiles(outside.blobs)
    keep = KeepFile(files, settings.file_limits)
    use_cases = FileUseCases(chat.resume, keep, files, chat.post)
    return FileEndpoint(use_cases, ground.metrics, origins, ground.clock.monotonic)


def _reset(
    settings: GatewaySettings, ground: Ground, outside: Outside, demo: DemoFile
) -> ResetEndpoint:
    links = CrmResetLinks(outside.crm, ground.tenant, settings.crm_timeout_seconds)
    set_new_pin = SetNewPin(links, ground.metrics)
    return ResetEndpoint(set_new_pin, ResetPage(demo.read), ground.metrics, ground.clock.monotonic)


def _turns(
    settings: GatewaySettings, ground: Ground, hand_overs: HandOvers, bot: Bot
) -> TurnKeeper:
    lease_seconds = 2 * settings.bot_deadline_seconds + _LEASE_SPARE_SECONDS
    patience = BotPatience(settings.bot_patience_seconds, _TELL_AFTER_SECONDS)
    places = Places(settings.bot_at_once, ground.metrics)
    ask = AskBot(
        PatientBot(bot, patience, ground.metrics, ground.clock, places),
        ground.turns,
        ground.change,
        patience,
        lease_seconds,
    )
    answer = AnswerTurn(
        ask,
        ground.turns,
        ground.ledger,
        ground.whispers,
        hand_overs.queue_contact,
        TurnReport(ground.metrics, keep_texts=settings.keep_texts),
        ground.metrics,
        ground.clock,
        ground.new_id,
        settings.node,
        lease_seconds,
    )
    keeper = TurnKeeper(ground.turns, answer, lease_seconds, places)
    ground.bell.listen(keeper.kick)
    return keeper


def _chat(
    settings: GatewaySettings, ground: Ground, hand_overs: HandOvers, post: PostCustomerMessage
) -> ChatUseCases:
    return ChatUseCases(
        customers=customers(settings.customer_source, settings.customer_handles, ground.door),
        open=OpenChat(ground.store, ground.new_id, ground.bell, greets=settings.greets),
        resume=ResumeChat(ground.store, ground.bell),
        post=post,
        ask_for_person=hand_overs.ask_for_person,
        leave=hand_overs.leave,
        callback=hand_overs.callback,
        choose_language=ChooseLanguage(ground.change),
        whispers=ground.whispers,
        transcript=ground.store,
        feed=ground.feed,
        absence=hand_overs.absence,
        offers=Offers(settings.callbacks, settings.file_limits),
    )


def _conversations(
    ground: Ground, hand_overs: HandOvers, post: PostCustomerMessage, files: RedisFiles
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
        read_file=ReadFile(ground.store, files),
    )


def _openings(settings: GatewaySettings) -> OpeningLimit:
    return OpeningLimit(settings.chats_at_once, settings.chats_per_second)
