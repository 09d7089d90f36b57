"""The service as it is deployed: health, metrics, and bad settings."""

from contextlib import AsyncExitStack, ExitStack

import httpx
import pytest
from grpc_health.v1 import health_pb2
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.errors import StartError
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.redis_clients import open_redis
from switchyard_insights.main import Ports, serving

from tests.fakes.insights.contact_centre import contact_centre
from tests.fakes.insights.histories import contents, opened
from tests.fakes.insights.logs import BOT_STREAM, ROUTER_STREAM, until, write
from tests.fakes.insights.service import settings
from tests.fakes.valkey.topologies import running

pytestmark = pytest.mark.integration

_SERVING = health_pb2.HealthCheckResponse.SERVING


async def health(ports: Ports) -> int:
    async with open_channel(f"127.0.0.1:{ports.grpc}") as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = await check(health_pb2.HealthCheckRequest(), timeout=60)
    return int(answer.status)


async def metric(ports: Ports, line: str) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{ports.metrics}/metrics", timeout=60)).text
    rows = (row for row in text.splitlines() if row.startswith(line))
    return next((float(row.rpartition(" ")[2]) for row in rows), 0.0)


@pytest.mark.parametrize("kind", ["single", "cluster"])
async def test_it_reads_both_logs_and_says_so(kind: str, sqlite_database: str) -> None:
    events = contact_centre(contacts=8, seed=5)
    by_bot = [event for event in events if event.type.startswith(("bot.", "survey."))]
    by_router = [event for event in events if event not in by_bot]
    lifecycle = Lifecycle()
    async with AsyncExitStack() as stack:
        url = stack.enter_context(running(kind)).url
        for logged, stream in ((by_bot, BOT_STREAM), (by_router, ROUTER_STREAM)):
            async with open_redis(url, 60.0, stream) as redis:
                await write(redis, logged, stream)
        serves = serving(settings(url, sqlite_database), lifecycle)
        ports = await stack.enter_async_context(serves)
        stored = 'switchyard_insights_events_total{log="%s",outcome="stored"}'

        async def all_read() -> bool:
            found = [await metric(ports, stored % log) for log in ("router", "bot")]
            return found == [len(by_router), len(by_bot)]

        await until(all_read)
        assert await health(ports) == _SERVING
        assert await metric(ports, 'switchyard_insights_lag_entries{log="router"}') == 0
    assert not lifecycle.failed
    async with opened(sqlite_database) as database:
        found = await contents(database, "demo")
    assert len(found["contact_legs"]) == 8
    assert len(found["surveys"]) == len(found["bot_turns"]) == 2
    assert {row["source"] for row in found["readings"]} == {"router", "bot"}


async def test_it_is_not_ready_while_the_log_is_away(
    sqlite_database: str,
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(EmbeddedValkey())
        lifecycle = Lifecycle()
        async with serving(settings(server.url, sqlite_database), lifecycle) as ports:

            async def ready() -> bool:
                return await health(ports) == _SERVING

            async def not_ready() -> bool:
                return await health(ports) != _SERVING

            await until(ready)
            stack.close()
            await until(not_ready)
            assert await metric(ports, 'switchyard_insights_up{what="log"}') == 0
            assert await metric(ports, 'switchyard_insights_up{what="history"}') == 1
        assert not lifecycle.failed


async def test_a_store_that_is_none_is_told_by_the_setting(redis_url: str) -> None:
    with pytest.raises(StartError, match="INSIGHTS_DATABASE_URL"):
        async with serving(settings(redis_url, "mysql://nowhere/x"), Lifecycle()):
            pass
