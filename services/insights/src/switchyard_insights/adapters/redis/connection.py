"""The connection to Redis or Valkey, and its troubles as LogUnavailable."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from switchyard_insights.service.ports import LogUnavailable


@asynccontextmanager
async def open_log_server(url: str, timeout_seconds: float) -> AsyncGenerator[Redis]:
    """A client for the length of the block; connects when it is first needed, gives up soon.

    It repeats no command by itself: whoever reads on, reads from where it was.
    """
    redis = Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def log_errors() -> AsyncIterator[None]:
    """Makes LogUnavailable of whatever the server answers but what was asked for."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise LogUnavailable from error


async def ping(redis: Redis) -> None:
    """Returns if the server answers. Raises LogUnavailable."""
    client: Any = redis  # its types leave this one out
    async with log_errors():
        await client.ping()
