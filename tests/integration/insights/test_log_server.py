"""The log's server behind Sentinels or in a cluster: found, and found anew when it is another."""

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from switchyard_common.errors import DomainError
from switchyard_common.redis_clients import open_redis
from switchyard_history.positions import entry_of
from switchyard_insights.adapters.redis.connection import ping
from switchyard_insights.service.ports import LogUnavailable

from tests.fakes.insights.contact_centre import contact_centre
from tests.fakes.insights.logs import ROUTER_STREAM, reader_of, until, write
from tests.fakes.valkey.servers import clustered, replicated

pytestmark = pytest.mark.integration


async def test_a_failover_is_followed() -> None:
    events = sorted(contact_centre(contacts=3), key=lambda event: event.position)
    with replicated(replicas=1, sentinels=1) as servers:
        async with open_redis(servers.url, 5.0, ROUTER_STREAM) as redis:
            log = reader_of(redis)
            await write(redis, events[:10])
            assert len((await log.read()).entries) == 10
            servers.kill_master()
            found: list[str] = []

            async def reads_on() -> bool:
                try:
                    await write_once(redis)
                    found.extend(entry.id for entry in (await log.read()).entries)
                except (DomainError, OSError):
                    return False
                return bool(found)

            async def write_once(client: Redis) -> None:
                await ping(client)
                await write(client, events[10:12])

            await until(reads_on)


async def test_a_log_that_moves_within_a_cluster_is_followed() -> None:
    events = sorted(contact_centre(contacts=3), key=lambda event: event.position)
    with clustered() as cluster:
        async with open_redis(cluster.url, 5.0, ROUTER_STREAM) as redis:
            log = reader_of(redis)
            await write(redis, events[:10])
            first = (await log.read()).entries
            await log.done(first)
            cluster.move(ROUTER_STREAM)
            found: list[str] = []

            async def reads_on() -> bool:
                try:
                    page = await log.read()
                    if not found and not page.entries:
                        await write(redis, events[10:12])
                    await log.done(page.entries)
                except (DomainError, RedisError):
                    return False
                found.extend(entry.id for entry in page.entries)
                return len(found) == 2

            await until(reads_on)
            assert found == [entry_of(event.position) for event in events[10:12]]
            assert not set(found) & {entry.id for entry in first}


async def test_a_server_that_is_none_is_an_outage() -> None:
    async with open_redis("redis://127.0.0.1:1", 1.0, ROUTER_STREAM) as redis:
        with pytest.raises(LogUnavailable):
            await ping(redis)
