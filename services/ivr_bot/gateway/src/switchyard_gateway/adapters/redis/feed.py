"""Follows the logs of many conversations over one subscribed connection per process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import structlog
from redis.asyncio import Redis

from switchyard_gateway.adapters.redis.codec import from_whisper
from switchyard_gateway.adapters.redis.keys import BELL
from switchyard_gateway.adapters.redis.scripts import store_errors
from switchyard_gateway.domain.conversation import (
    ConversationId,
    EntryId,
    Live,
    Typing,
    Wait,
)
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.service.store import Transcript

_PAGE = 200
# Should a ring get lost, watchers look by themselves after this time.
_LOOK_ANYWAY_SECONDS = 15.0
_RETRY_SECONDS = 0.5


class Watcher:
    """One who follows a conversation: flags, and the newest of what is not stored.

    `stale`: the log may have grown since it was read.
    """

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.stale = True
        self._whispers: dict[object, Typing | Wait] = {}

    def ring(self, whisper: Typing | Wait | None) -> None:
        """Something happened."""
        if whisper is not None:
            key = whisper.role if isinstance(whisper, Typing) else Wait
            self._whispers[key] = whisper
        else:
            self.stale = True
        self._rung.set()

    def take(self) -> tuple[Typing | Wait, ...]:
        """What was whispered since the last call; of each kind only the newest."""
        whispers = tuple(self._whispers.values())
        self._whispers.clear()
        return whispers

    async def rung(self) -> None:
        """Wait until something may have happened."""
        try:
            async with asyncio.timeout(_LOOK_ANYWAY_SECONDS):
                await self._rung.wait()
        except TimeoutError:
            self.stale = True
        finally:
            self._rung.clear()


class RedisFeed:
    """The port Feed. Rings come by publish/subscribe, the truth is read from the stream.

    A ring may be lost or repeated: each watcher reads on from its own position. So one connection
    listens for all, and a slow watcher holds up nobody.
    """

    def __init__(self, redis: Redis, transcript: Transcript) -> None:
        self._redis = redis
        self._transcript = transcript
        self._watchers: dict[str, set[Watcher]] = {}
        self._closed = False
        self._log = structlog.stdlib.get_logger()

    @property
    def watched(self) -> int:
        """Conversations that somebody follows through this process."""
        return len(self._watchers)

    async def run(self) -> None:
        """Listen for ever; after a break all watchers look anew."""
        while True:
            try:
                async with store_errors():
                    await self._listen()
            except StoreDown:
                self._log.warning("feed_waits_for_store", watched=self.watched)
                await asyncio.sleep(_RETRY_SECONDS)

    def close(self) -> None:
        """Let all watchers end."""
        self._closed = True
        self._ring_all()

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(BELL)
            async for heard in pubsub.listen():
                if heard["type"] == "message":
                    conversation_id, _, whisper = heard["data"].partition(" ")
                    self._ring(conversation_id, whisper)
                else:  # subscribed, for the first time or again: what came before was not heard
                    self._ring_all()

    def _ring_all(self) -> None:
        for conversation_id in tuple(self._watchers):
            self._ring(conversation_id, "")

    def _ring(self, conversation_id: str, whisper: str) -> None:
        watchers = self._watchers.get(conversation_id)
        if watchers:
            live = from_whisper(whisper)
            for watcher in watchers:
                watcher.ring(live)

    @asynccontextmanager
    async def watch(
        self, conversation_id: ConversationId, after: EntryId
    ) -> AsyncIterator[AsyncIterator[Live]]:
        """Everything after a position, in order, then what comes."""
        watcher = Watcher()
        watchers = self._watchers.setdefault(conversation_id, set())
        watchers.add(watcher)
        try:
            async with aclosing(self._follow(conversation_id, after, watcher)) as live:
                yield live
        finally:
            watchers.discard(watcher)
            if not watchers and self._watchers.get(conversation_id) is watchers:
                del self._watchers[conversation_id]

    async def _follow(
        self, conversation_id: ConversationId, after: EntryId, watcher: Watcher
    ) -> AsyncGenerator[Live]:
        while not self._closed:
            whispers = watcher.take()  # before reading: whoever typed may have said it by now
            for typing in (each for each in whispers if isinstance(each, Typing)):
                yield typing
            while watcher.stale:
                watcher.stale = False
                entries = await self._transcript.read(conversation_id, after, _PAGE)
                watcher.stale |= len(entries) == _PAGE
                for entry in entries:
                    after = entry.id
                    yield entry
            for wait in (each for each in whispers if isinstance(each, Wait)):
                yield wait
            await watcher.rung()
