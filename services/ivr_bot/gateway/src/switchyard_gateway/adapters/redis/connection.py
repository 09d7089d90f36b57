"""The connection to Redis or Valkey."""

import asyncio

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError
from switchyard_common.errors import StartError
from switchyard_common.redis_options import redis_options

_SECONDS = 2.0
_CONNECTIONS = 32


def open_redis(url: str, *, decode: bool = True, connections: int = _CONNECTIONS) -> Redis:
    """A client that gives up soon and repeats nothing. Without `decode` its answers are bytes."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=_SECONDS,
        decode_responses=decode,
        **redis_options(_SECONDS),
    )
    return Redis.from_pool(pool)


async def refuse_cluster(redis: Redis, setting: str) -> None:
    """StartError when the server is a node of a cluster; one that is away is asked by its users."""
    try:
        about = await redis.info("cluster")
    except (OSError, TimeoutError, RedisError):
        return
    if about.get("cluster_enabled"):
        raise StartError(
            f"{setting}: this server is a node of a cluster, and the gateway writes a conversation "
            "and its events in one step, which needs one server; give the URL of a single Redis or "
            "Valkey, with replicas if you like"
        )


async def store_answers(redis: Redis) -> bool:
    """Whether Redis answers now."""
    try:
        async with asyncio.timeout(_SECONDS):
            return bool(await redis.ping())
    except (OSError, TimeoutError, RedisError):
        return False
