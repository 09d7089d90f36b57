"""Connections to Redis or Valkey."""

from typing import Any

import redis.asyncio as redis_asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

type RedisClient = Any
"""redis-py's own types are unions of str and bytes; ours gives bytes."""

_BLOCKING_CONNECTIONS = 128


def open_pool(url: str, timeout_seconds: float) -> redis_asyncio.ConnectionPool:
    """Connections that fail within the timeout and repeat no command by themselves.

    Repeating is for callers, who have request ids: a step that timed out may have happened.
    """
    return redis_asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=_BLOCKING_CONNECTIONS,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )


def open_reader(pool: redis_asyncio.ConnectionPool) -> RedisClient:
    """For reads that block until there is something: each has a connection of its own."""
    return redis_asyncio.Redis(connection_pool=pool)
