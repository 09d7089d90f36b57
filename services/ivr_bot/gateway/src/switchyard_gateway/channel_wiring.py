"""How the parts of the channels fit together; wiring.py calls it, nothing else does."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from redis.asyncio import Redis
from starlette.routing import Route
from switchyard_common.clock import Clock
from switchyard_common.http_post import HttpPost

from switchyard_gateway.adapters.metrics import GatewayMetrics
from switchyard_gateway.adapters.redis.peers import RedisPeers
from switchyard_gateway.adapters.webhook import WEBHOOK, WebhookChannel
from switchyard_gateway.adapters.wechat.api import Account, WeChatApi, WeChatAway
from switchyard_gateway.adapters.wechat.channel import WeChatChannel
from switchyard_gateway.domain.wechat import WECHAT
from switchyard_gateway.entrypoints.channels.webhook import WebhookEndpoint
from switchyard_gateway.entrypoints.channels.wechat import AccountSecrets, WeChatEndpoint
from switchyard_gateway.entrypoints.channels.wechat_answer import Download, PassiveAnswer
from switchyard_gateway.service.channels import Channel
from switchyard_gateway.service.deliver import DeliverToPeers
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.files import KeepFile
from switchyard_gateway.service.hand_over import AskForPerson
from switchyard_gateway.service.hear_channel import HearChannel
from switchyard_gateway.service.leave import LeavePerson
from switchyard_gateway.service.open_conversation import OpenForChannel
from switchyard_gateway.service.post_message import PostCustomerMessage
from switchyard_gateway.service.store import Conversations, Transcript
from switchyard_gateway.settings import GatewaySettings


@dataclass(frozen=True, slots=True)
class Lines:
    """Connections to the other sides of the channels; None for a channel that is not set up."""

    webhook: HttpPost | None = None
    wechat: HttpPost | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    """What channels need of the rest of the gateway."""

    redis: Redis
    conversations: Conversations
    transcript: Transcript
    feed: Feed
    metrics: GatewayMetrics
    clock: Clock
    post: PostCustomerMessage
    keep_file: KeepFile
    ask_for_person: AskForPerson
    leave: LeavePerson
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Channels:
    """The addresses that channels call, and what delivers to their customers."""

    routes: tuple[Route, ...]
    deliver: DeliverToPeers


def build_channels(settings: GatewaySettings, inside: Inside, lines: Lines) -> Channels:
    """The channels that are set up; nothing is connected yet."""
    api = _wechat_api(settings, lines)
    peers = RedisPeers(inside.redis)
    deliver = DeliverToPeers(
        _deliverers(settings, lines, api),
        peers,
        inside.transcript,
        inside.feed,
        inside.metrics,
        inside.clock,
        f"{settings.node}.{inside.new_id()}",
        settings.channel_peers,
        settings.channel_give_up_seconds,
    )
    hear = HearChannel(
        peers,
        inside.conversations,
        OpenForChannel(inside.conversations),
        inside.post,
        inside.keep_file,
        inside.ask_for_person,
        inside.leave,
        inside.metrics,
    )
    routes: list[Route] = []
    if lines.webhook is not None:
        secret = settings.webhook_secret.get_secret_value()
        routes += WebhookEndpoint(hear, deliver, inside.metrics, secret).routes()
    if api is not None:
        answer = PassiveAnswer(
            hear,
            deliver,
            inside.conversations,
            inside.feed,
            _download(api),
            settings.wechat_answer_seconds,
        )
        routes += WeChatEndpoint(answer, inside.metrics, _account(settings)).routes()
    return Channels(tuple(routes), deliver)


def _deliverers(
    settings: GatewaySettings, lines: Lines, api: WeChatApi | None
) -> dict[str, Channel]:
    channels: dict[str, Channel] = {}
    if lines.webhook is not None:
        parts = urlsplit(settings.webhook_url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        secret = settings.webhook_secret.get_secret_value()
        channels[WEBHOOK] = WebhookChannel(lines.webhook, path, secret)
    if api is not None:
        channels[WECHAT] = WeChatChannel(api)
    return channels


def _wechat_api(settings: GatewaySettings, lines: Lines) -> WeChatApi | None:
    if lines.wechat is None:
        return None
    account = Account(settings.wechat_app_id, settings.wechat_secret.get_secret_value())
    return WeChatApi(lines.wechat, account)


def _account(settings: GatewaySettings) -> AccountSecrets:
    return AccountSecrets(
        settings.wechat_app_id,
        settings.wechat_token.get_secret_value(),
        settings.wechat_aes_key.get_secret_value(),
    )


def _download(api: WeChatApi) -> Download:
    log = structlog.stdlib.get_logger()

    async def download(media_id: str) -> bytes | None:
        try:
            return await api.download(media_id)
        except WeChatAway as error:
            log.warning("wechat_picture_not_fetched", problem=str(error))
            return None

    return download
