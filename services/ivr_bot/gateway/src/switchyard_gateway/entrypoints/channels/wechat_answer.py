"""What can be said to a WeChat customer right away, as the answer to their message."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from switchyard_common.errors import DomainError

from switchyard_gateway.domain.channels import (
    Delivery,
    Incoming,
    Outcome,
    Peer,
    PeerKey,
    ReceivedFile,
    spelled,
)
from switchyard_gateway.domain.conversation import Message, State
from switchyard_gateway.domain.wechat import letters
from switchyard_gateway.service.deliver import DeliverToPeers
from switchyard_gateway.service.feed import Feed
from switchyard_gateway.service.hear_channel import HearChannel, Heard
from switchyard_gateway.service.store import Conversations

_NO_PICTURE = (
    "抱歉，图片没有收到，请重新发送，或用文字告诉我们。\n"
    "Sorry, the picture did not arrive. Please send it again, or tell us in words."
)

type Download = Callable[[str], Awaitable[bytes | None]]


class PassiveAnswer:
    """Waits for the bot's answer as long as the platform waits for ours.

    What comes later, and what does not fit, is delivered by the follower of this customer.
    """

    def __init__(
        self,
        hear: HearChannel,
        deliver: DeliverToPeers,
        conversations: Conversations,
        feed: Feed,
        download: Download,
        within_seconds: float,
    ) -> None:
        self._hear = hear
        self._deliver = deliver
        self._conversations = conversations
        self._feed = feed
        self._download = download
        self._within_seconds = within_seconds
        self._log = structlog.stdlib.get_logger()

    async def to(self, incoming: Incoming) -> str:
        """The text to answer with; empty: nothing now. The errors of HearChannel."""
        key = incoming.address.key
        deadline = asyncio.get_running_loop().time() + self._within_seconds
        try:
            async with self._deliver.turn(key) as mine:
                heard = await self._hear.execute(incoming)
                if not mine or heard.repeated:
                    return ""
                return await self._take(heard, deadline)
        finally:
            self._deliver.kick(key)

    async def to_picture(self, incoming: Incoming, media_id: str) -> str:
        """The same for a picture, which is fetched first."""
        content = await self._download(media_id) if media_id else None
        if content is None:
            return _NO_PICTURE
        try:
            return await self.to(replace(incoming, file=ReceivedFile("photo", content)))
        except DomainError as error:
            self._log.info("picture_not_taken", reason=error.reason)
            return _NO_PICTURE

    async def forget(self, key: PeerKey) -> None:
        """The customer no longer follows the account."""
        await self._hear.forget(key)

    async def _take(self, heard: Heard, deadline: float) -> str:
        try:
            async with asyncio.timeout_at(deadline):
                messages = await self._answered(heard)
        except TimeoutError:
            return ""
        texts = tuple((each.id, spelled(each)) for each in messages)
        last, text = next(letters(texts), (None, ""))
        if last is None:  # nothing, or more than fits into one answer
            return ""
        await self._deliver.note(heard.peer, Delivery(Outcome.DELIVERED, last), messages)
        return text

    async def _answered(self, heard: Heard) -> tuple[Message, ...]:
        """What is to be said, once the bot has answered or nobody is going to now."""
        peer = heard.peer
        async with self._feed.watch(peer.conversation, peer.delivered) as live:
            async for _ in live:
                pending = await self._deliver.pending(peer)
                if _answers(pending, heard) or not await self._bot_serves(peer):
                    return pending
        return ()

    async def _bot_serves(self, peer: Peer) -> bool:
        conversation = await self._conversations.load(peer.conversation)
        return conversation.state is State.WITH_BOT


def _answers(pending: tuple[Message, ...], heard: Heard) -> bool:
    """Whether anything was said after what the customer wrote; times of entries only rise."""
    asked = heard.message
    return bool(pending) and (asked is None or _after(pending[-1], asked))


def _after(one: Message, other: Message) -> bool:
    left, right = (tuple(int(part) for part in each.id.split("-")) for each in (one, other))
    return left > right
