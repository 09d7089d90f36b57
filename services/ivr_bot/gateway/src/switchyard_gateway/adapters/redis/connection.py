"""The connection to Redis or Valkey."""

import asyncio

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

_SECONDS = 2.0
_CONNECTIONS = 32


def open_redis(url: str) -> Redis:
    """A client that gives up soon and repeats nothing by itself: a step that timed out may have
    happened, and its caller knows what to do then.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_CONNECTIONS,
        timeout=_SECONDS,
        decode_responses=True,
        socket_timeout=_SECONDS,
        socket_connect_timeout=_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


async def store_answers(redis: Redis) -> bool:
    """Whether Redis answers now."""
    try:
        async with asyncio.timeout(_SECONDS):
            return bool(await redis.ping())
    except (OSError, TimeoutError, RedisError):
        return False
