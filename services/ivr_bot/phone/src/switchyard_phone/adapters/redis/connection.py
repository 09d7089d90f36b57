"""The connection to Redis or Valkey, and its troubles as StoreDown."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError
from switchyard_common.redis_options import redis_options

from switchyard_phone.service.surveys import StoreDown

_SECONDS = 2.0


@asynccontextmanager
async def open_store(url: str) -> AsyncGenerator[Redis]:
    """A client for the length of the block; connects when it is first needed, gives up soon."""
    redis = Redis.from_url(url, decode_responses=True, **redis_options(_SECONDS))
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Makes StoreDown of whatever the store answers but what was asked for."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreDown from error
