"""The troubles of Redis or Valkey as LogUnavailable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from switchyard_insights.service.ports import LogUnavailable


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
