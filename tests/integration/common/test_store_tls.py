"""Redis by TLS: every client of ours trusts the CA that its URL names, and nobody else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import RedisError
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.redis_clients import open_redis
from switchyard_gateway.adapters.redis.connection import open_redis as open_gateways
from switchyard_phone.adapters.redis.connection import open_store as open_phones
from switchyard_router.adapters.redis.client import open_writer
from switchyard_router.adapters.redis.link import Link

from tests.fakes.certificates import Authority
from tests.fakes.valkey.tls import tls_door

pytestmark = pytest.mark.integration

type Ping = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def by_router(url: str) -> AsyncIterator[Ping]:
    link = Link(open_writer(url, 5.0), 5.0)
    try:
        yield lambda: link.call("PING")
    finally:
        await link.aclose()


@asynccontextmanager
async def by_insights(url: str) -> AsyncIterator[Ping]:
    async with open_redis(url, 5.0, "sy:{demo}:events") as redis:
        yield lambda: redis.set("a", "b")


@asynccontextmanager
async def by_gateway(url: str) -> AsyncIterator[Ping]:
    async with open_gateways(url) as redis:
        yield lambda: redis.set("a", "b")


@asynccontextmanager
async def by_phone(url: str) -> AsyncIterator[Ping]:
    async with open_phones(url) as redis:
        yield lambda: redis.set("a", "b")


CLIENTS = [by_router, by_insights, by_gateway, by_phone]


@pytest.fixture
async def door(valkey_server: EmbeddedValkey, tmp_path: Path) -> AsyncIterator[int]:
    async with tls_door(valkey_server.port, Authority(tmp_path).server("store")) as port:
        yield port


@pytest.mark.parametrize("client", CLIENTS)
async def test_the_store_that_the_ca_vouches_for_is_used(
    client: Any, door: int, tmp_path: Path
) -> None:
    url = f"rediss://127.0.0.1:{door}/0?ssl_ca_certs={tmp_path / 'store.ca'}"
    async with client(url) as ping:
        assert await ping()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("trusts", ["another", "the system's"])
async def test_a_store_that_nobody_vouches_for_is_told_nothing(
    client: Any, trusts: str, door: int, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other").server("other")
    options = f"?ssl_ca_certs={other.ca}" if trusts == "another" else ""
    async with client(f"rediss://127.0.0.1:{door}/0{options}") as ping:
        with pytest.raises((RedisError, OSError)):
            await ping()


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_store_of_another_name_is_told_nothing(
    client: Any, valkey_server: EmbeddedValkey, tmp_path: Path
) -> None:
    of_somebody = Authority(tmp_path).client("somebody", "switchyard://demo/agent/1007")
    options = f"?ssl_ca_certs={of_somebody.ca}"
    async with (
        tls_door(valkey_server.port, of_somebody) as port,
        client(f"rediss://127.0.0.1:{port}/0{options}") as ping,
    ):
        with pytest.raises((RedisError, OSError)):
            await ping()
