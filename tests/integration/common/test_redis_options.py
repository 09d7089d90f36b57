"""A server that was restarted costs its clients nothing more."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.redis_options import redis_options

pytestmark = pytest.mark.integration

_AT_ONCE = 8


@pytest.mark.parametrize("pool", [BlockingConnectionPool, ConnectionPool])
async def test_connections_of_a_restarted_server_are_opened_anew(pool: Any) -> None:
    async def ask_all(redis: Any) -> None:
        assert await asyncio.gather(*(redis.ping() for _ in range(_AT_ONCE))) == [True] * _AT_ONCE

    async with EmbeddedValkey() as first:
        port = first.port
        redis = Redis.from_pool(pool.from_url(first.url, **redis_options(60.0)))
        await ask_all(redis)
    async with EmbeddedValkey(port=port):
        await ask_all(redis)
        await redis.aclose()
