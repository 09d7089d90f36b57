"""The client to Redis or Valkey."""

from typing import Any

import redis.asyncio as redis_asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

type RedisClient = Any
"""redis-py's own types are unions of str and bytes, whatever the client was told; ours returns bytes."""

_POOL_SIZE = 64


def open_redis(url: str, timeout_seconds: float) -> RedisClient:
    """A client that fails within the timeout and repeats no command by itself.

    Repeating is for callers, who have request ids: a step that timed out may have happened.
    """
    pool = redis_asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=_POOL_SIZE,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
    return redis_asyncio.Redis.from_pool(pool)
