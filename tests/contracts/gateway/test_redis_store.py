"""The store on a real Valkey keeps the contract, and its own bounds."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from switchyard_common.clock import SystemClock
from switchyard_common.ids import IdFactory
from switchyard_gateway.adapters.redis.connection import open_redis
from switchyard_gateway.adapters.redis.conversations import (
    RedisConversations,
    RedisTurns,
    RedisWhispers,
)
from switchyard_gateway.adapters.redis.feed import RedisFeed
from switchyard_gateway.adapters.redis.keys import DAY_MS, PREFIX
from switchyard_gateway.adapters.redis.node import RedisLedger, RedisSightings
from switchyard_gateway.adapters.redis.scripts import Scripts
from switchyard_gateway.domain.conversation import BEGINNING, Role, Typing, Wait
from switchyard_gateway.domain.errors import StoreDown

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

pytestmark = pytest.mark.integration

MAX_ENTRIES = 60


class RedisStore(
    RedisConversations, RedisTurns, RedisWhispers, RedisLedger, RedisSightings, RedisFeed
):
    """All adapters in one."""

    def __init__(self, redis: Redis) -> None:
        scripts = Scripts(redis, MAX_ENTRIES)
        RedisFeed.__init__(self, redis, self)
        RedisConversations.__init__(self, redis, scripts)
        RedisTurns.__init__(self, scripts, IdFactory(SystemClock()).new)


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


class TestRedisStore(StoreContract):
    async def test_every_key_of_a_conversation_has_a_time_to_live(
        self, store: AnyStore, redis: Redis
    ) -> None:
        await opened(store)
        await store.post(CHAT, say("hello"), None)
        await waiting(store)
        await store.seen((CHAT,))
        keys = [key async for key in redis.scan_iter(f"{PREFIX}*")]
        assert {key.rpartition(":")[2] for key in keys} >= {"conversation", "log", "known", "seen"}
        for key in keys:
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

    async def test_a_store_that_is_gone_is_reported_as_down(self) -> None:
        async with open_redis("redis://127.0.0.1:1/0") as client:
            store = RedisStore(client)
            with pytest.raises(StoreDown):
                await store.load(CHAT)
            with pytest.raises(StoreDown):
                await store.post(CHAT, say("hello"), None)
            with pytest.raises(StoreDown):
                await store.seen((CHAT,))
