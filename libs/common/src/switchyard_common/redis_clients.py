"""A client of the store behind a URL, for those who do not need the router's own link."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel

from switchyard_common.redis_options import redis_options
from switchyard_common.redis_slot_owner import slot_owner_pool
from switchyard_common.store_url import Kind, Login, StoreUrl, parse_store_url


@asynccontextmanager
async def open_redis(url: str, timeout_seconds: float, key: str) -> AsyncGenerator[Redis]:
    """A client for the length of the block; connects when it is first needed, gives up soon.

    `key`: any of those that it is for, which share a hash tag: of a cluster it is given the node
    that owns them. It repeats no command by itself: whoever goes on, goes on from where it was.
    Raises BadStoreUrl.
    """
    async with AsyncExitStack() as stack:
        yield _client(parse_store_url(url), timeout_seconds, key, stack)


def _client(url: StoreUrl, timeout_seconds: float, key: str, stack: AsyncExitStack) -> Redis:
    options = _options(url, timeout_seconds)
    if url.kind is Kind.SENTINEL:
        addresses = [(address.host, address.port) for address in url.seeds]
        login = _login(url.sentinel_login) | redis_options(timeout_seconds) | _tls(url)
        untyped: Any = Sentinel
        sentinel = untyped(addresses, sentinel_kwargs=login, **options)
        for each in sentinel.sentinels:  # it does not close them by itself
            stack.push_async_callback(each.aclose)
        redis: Redis = sentinel.master_for(url.service, db=url.database)
    elif url.kind is Kind.CLUSTER:
        pool = slot_owner_pool(url, key, options)
        stack.push_async_callback(pool.aclose)
        redis = Redis(connection_pool=pool)
    else:
        seed = url.seeds[0]
        redis = Redis(host=seed.host, port=seed.port, db=url.database, **options)
    stack.push_async_callback(redis.aclose)
    return redis


def _options(url: StoreUrl, timeout_seconds: float) -> dict[str, Any]:
    return redis_options(timeout_seconds) | _login(url.login) | _tls(url)


def _tls(url: StoreUrl) -> dict[str, Any]:
    return {"ssl": True, **url.tls} if url.tls is not None else {}


def _login(login: Login) -> dict[str, Any]:
    return {"username": login.username or None, "password": login.password or None}
