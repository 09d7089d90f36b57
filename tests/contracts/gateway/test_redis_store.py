"""The store on a real Valkey keeps the contract, and its own bounds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from google.protobuf import json_format
from redis.asyncio import Redis
from switchyard.events.v1.bot_pb2 import BotConversationEnded, BotTurn
from switchyard_common import bot_events as events
from switchyard_common.bot_events import TurnFacts
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_common.secret_words import MASK
from switchyard_gateway.adapters.redis.connection import open_redis
from switchyard_gateway.adapters.redis.conversations import (
    RedisConversations,
    RedisTurns,
    RedisWhispers,
)
from switchyard_gateway.adapters.redis.feed import RedisFeed
from switchyard_gateway.adapters.redis.keys import (
    DAY_MS,
    EVENTS,
    HUSHED_MS,
    PREFIX,
    TIMERS,
    hushed_key,
)
from switchyard_gateway.adapters.redis.node import RedisLedger, RedisSightings
from switchyard_gateway.adapters.redis.scripts import Bounds, Scripts
from switchyard_gateway.adapters.redis.timers import RedisTimers
from switchyard_gateway.domain import transitions
from switchyard_gateway.domain.conversation import BEGINNING, Role, Typing, Wait
from switchyard_gateway.domain.errors import StoreDown
from switchyard_gateway.domain.transitions import Step
from switchyard_gateway.service.store import Turn

from tests.contracts.gateway.secrecy_contract import (
    LINK,
    PIN,
    SecrecyContract,
    asks_for_a_pin,
)
from tests.contracts.gateway.store_contract import (
    CHAT,
    AnyStore,
    StoreContract,
    next_of,
    opened,
    say,
    waiting,
    with_agent,
)
from tests.contracts.gateway.watching_contract import WatchingContract

pytestmark = pytest.mark.integration

MAX_ENTRIES = 60
MAX_EVENTS = 1000


class RedisStore(
    RedisConversations,
    RedisTurns,
    RedisWhispers,
    RedisLedger,
    RedisSightings,
    RedisFeed,
    RedisTimers,
):
    """All adapters in one."""

    def __init__(self, redis: Redis) -> None:
        scripts = Scripts(redis, Bounds(MAX_ENTRIES, MAX_EVENTS, 90_000))
        RedisFeed.__init__(self, redis, self)
        RedisConversations.__init__(self, redis, scripts)
        RedisTurns.__init__(self, scripts, IdFactory(SystemClock()).new)
        self._due = RedisTimers(redis)._due


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url) as client:
        yield client


@pytest.fixture
async def store(redis: Redis) -> AsyncIterator[AnyStore]:
    store = RedisStore(redis)
    listening = asyncio.create_task(store.run())
    yield store
    listening.cancel()
    await asyncio.wait((listening,))


async def contents(redis: Redis) -> dict[str, str]:
    """All there is in the store, by key."""
    read: dict[str, Callable[[str], Awaitable[Any]]] = {
        "hash": redis.hgetall,
        "stream": redis.xrange,
        "list": lambda key: redis.lrange(key, 0, -1),
        "set": redis.smembers,
        "zset": lambda key: redis.zrange(key, 0, -1),
        "string": redis.get,
    }
    keys = [key async for key in redis.scan_iter("*")]
    return {key: str(await read[str(await redis.type(key))](key)) for key in keys}


class TestRedisStore(StoreContract, SecrecyContract, WatchingContract):
    async def test_what_was_masked_lapses_by_itself_after_a_quarter_of_an_hour(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        await store.post(CHAT, say(PIN), None)
        assert 0 < await redis.pttl(hushed_key(CHAT)) <= HUSHED_MS
        await redis.delete(hushed_key(CHAT))
        turn = await store.claim(CHAT, 30.0)
        assert isinstance(turn, Turn)
        assert turn.message is not None
        assert turn.message.text == MASK

    async def test_after_the_turn_no_key_holds_the_secret(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        await asks_for_a_pin(store)
        await store.post(CHAT, say(PIN, "m1"), None)
        turn = await store.claim(CHAT, 30.0)
        assert isinstance(turn, Turn)
        done = transitions.bot_answered(turn.conversation, [LINK])
        assert await store.finish(turn, done) is not None
        held = await contents(redis)
        assert any("/reset/" in each for each in held.values())  # for the customer, a while
        assert not any(PIN in each for each in held.values())
        await redis.delete(hushed_key(CHAT))
        assert not any("/reset/" in each for each in (await contents(redis)).values())

    async def test_every_key_of_a_conversation_has_a_time_to_live(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        await store.post(CHAT, say("hello"), None)
        await waiting(store)
        await store.seen((CHAT,))
        keys = [key async for key in redis.scan_iter(f"{PREFIX}*")]
        assert {key.rpartition(":")[2] for key in keys} >= {"conversation", "log", "known", "seen"}
        for key in set(keys) - {EVENTS, TIMERS}:
            assert 0 < await redis.pttl(key) <= DAY_MS, key

    async def test_the_log_is_bounded_and_forgets_message_ids_with_it(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        for number in range(MAX_ENTRIES + 10):
            await store.post(CHAT, say(f"{number}", f"m{number}"), None)
        entries = await store.read(CHAT, BEGINNING, 1000)
        assert len(entries) == MAX_ENTRIES
        assert getattr(entries[0], "text", "") == "10"
        assert await redis.hlen(f"{PREFIX}{{{CHAT}}}:known") == MAX_ENTRIES
        turn = await store.claim(CHAT, 30)
        assert getattr(getattr(turn, "message", None), "text", "") == "10", (
            "dropped turns are skipped"
        )

    async def test_watchers_see_typing_and_estimates(self, store: AnyStore) -> None:
        await opened(store)
        entries = len(await store.read(CHAT, BEGINNING, 100))
        async with store.watch(CHAT, BEGINNING) as live:
            for _ in range(entries):
                await next_of(live)
            waiter = asyncio.create_task(next_of(live))
            await asyncio.sleep(0.05)
            await store.whisper(CHAT, Typing(Role.AGENT))
            assert await waiter == Typing(Role.AGENT)
            await waiting(store)
            await store.whisper(CHAT, Wait(2))
            seen = [await next_of(live) for _ in range(4)]
            assert seen[-1] == Wait(2)

    async def test_an_estimate_for_who_no_longer_waits_is_not_shown(self, store: AnyStore) -> None:
        await opened(store)
        await with_agent(store)
        await store.whisper(CHAT, Wait(1))
        assert (await store.load(CHAT)).wait is None

    async def test_events_are_written_with_the_step_that_they_tell_of(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        await store.post(CHAT, say("hello"), None)
        turn = await store.claim(CHAT, 30)
        assert isinstance(turn, Turn)
        assert turn.message is not None
        told = events.turn(
            CHAT, TurnFacts("faq", 0.5), "answered", "zh", "chat", 1, turn.message.time, '{"é"} %s'
        )
        answered = transitions.bot_answered(turn.conversation, [], reports=[told])
        assert await store.finish(turn, answered) is not None
        assert await store.finish(turn, answered) is None, "done before, so not reported again"
        before = await store.load(CHAT)
        closed = transitions.closed(before)
        assert closed is not None
        assert await store.commit(replace(before, version=before.version - 1), closed) is None
        assert await store.commit(before, closed) is not None
        fields: list[dict[str, str]] = [each for _, each in cast("Any", await redis.xrange(EVENTS))]
        assert [(f["type"], f["subject"], f["source"], f["seq"]) for f in fields] == [
            ("bot.turn", CHAT, "bot", "1"),
            ("bot.ended", CHAT, "bot", "2"),
        ]
        first = json_format.Parse(fields[0]["data"], BotTurn())
        last = json_format.Parse(fields[1]["data"], BotConversationEnded())
        assert (first.intent, first.turn, first.text) == ("faq", 1, '{"é"} %s')
        assert 0 <= first.latency_ms < 60_000
        assert (last.outcome, last.turns, list(last.flows)) == ("left", 1, [])
        assert first.latency_ms <= last.duration_ms < 60_000

    async def test_the_stream_of_events_is_bounded(self, store: AnyStore, redis: Redis) -> None:
        await opened(store)
        many = [events.handed_back(CHAT, f"r{n}", "", "zh") for n in range(1000)]
        before = await store.load(CHAT)
        for _ in range(4):
            assert await store.commit(before, Step(before, events=tuple(many))) is not None
        assert MAX_EVENTS <= await redis.xlen(EVENTS) < MAX_EVENTS + 500

    async def test_a_store_that_is_gone_is_reported_as_down(self) -> None:
        async with open_redis("redis://127.0.0.1:1/0") as client:
            store = RedisStore(client)
            with pytest.raises(StoreDown):
                await store.load(CHAT)
            with pytest.raises(StoreDown):
                await store.post(CHAT, say("hello"), None)
            with pytest.raises(StoreDown):
                await store.seen((CHAT,))
