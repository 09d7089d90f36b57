"""Answers remembered in Redis, with Redis there, gone, silent and back."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from switchyard_common.clock import FakeClock
from switchyard_common.embedded import EmbeddedValkey
from switchyard_crm.adapters.cache import SealedCache
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.remembering import AnswerCache, Kept

from tests.contracts.crm.answer_cache_contract import SLOT, WANG, AnswerCacheContract
from tests.fakes.crm.people import NOW
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

FAILURES = "switchyard_crm_cache_failures_total"


def patient(url: str, clock: FakeClock, registry: CollectorRegistry | None = None) -> SealedCache:
    """Waits for Redis however slow the machine is."""
    meter = SourceMetrics(registry or CollectorRegistry())
    return SealedCache(url, 3600.0, clock, meter, redis_seconds=20.0)


class TestRedisCache(AnswerCacheContract):
    @pytest.fixture
    async def cache(self, clock: FakeClock, redis_url: str) -> AsyncIterator[AnswerCache]:
        cache = patient(redis_url, clock)
        yield cache
        await cache.close()

    async def test_only_one_of_many_processes_renews(
        self, cache: AnswerCache, clock: FakeClock, redis_url: str
    ) -> None:
        other = patient(redis_url, clock)
        assert await cache.claim(SLOT, 5.0)
        assert not await other.claim(SLOT, 5.0)
        await other.close()

    async def test_nothing_personal_lies_in_redis(self, cache: AnswerCache, redis_url: str) -> None:
        key, _ = MasterKeyVault([bytes(32)]).new_key()
        await cache.put(SLOT, key, Kept(WANG, NOW))
        async with Redis.from_url(redis_url) as redis:
            names = await redis.keys()
            values = [await redis.get(name) for name in names]
            lying = "".join(_text(each) for each in [*names, *values])
            assert len(names) == 1
            assert 0 < await redis.ttl(names[0]) <= 3600
        for secret in ("王芳", "19900001234", "4711", "上海"):
            assert secret not in lying


def _text(lying: bytes | str | None) -> str:
    return lying.decode(errors="replace") if isinstance(lying, bytes) else str(lying)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of somebody who takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def gone() -> str:
    return f"redis://127.0.0.1:{free_port()}/0"


@pytest.mark.parametrize("which", ["gone", "silent"])
async def test_without_redis_the_process_remembers(
    which: str, request: pytest.FixtureRequest
) -> None:
    registry, clock = CollectorRegistry(), FakeClock(NOW)
    cache = SealedCache(request.getfixturevalue(which), 3600.0, clock, SourceMetrics(registry))
    key, _ = MasterKeyVault([bytes(32)]).new_key()
    with structlog.testing.capture_logs() as logs:
        await cache.put(SLOT, key, Kept(WANG, NOW))
        for _ in range(100):
            assert await cache.get(SLOT, key) == Kept(WANG, NOW)
        assert await cache.claim(SLOT, 5.0)
    assert registry.get_sample_value(FAILURES) == 1  # it is left alone for a while
    assert [line["event"] for line in logs] == ["cache_lost"]
    await cache.close()


async def test_redis_that_comes_back_is_used_again(tmp_path: Path) -> None:
    clock, registry = FakeClock(NOW), CollectorRegistry()
    async with EmbeddedValkey(data_dir=tmp_path) as first:
        port = first.port
        cache = patient(first.url, clock, registry)
        key, _ = MasterKeyVault([bytes(32)]).new_key()
        await cache.put(SLOT, key, Kept(WANG, NOW))
    assert await cache.get(SLOT, key) is None
    assert registry.get_sample_value(FAILURES) == 1
    async with EmbeddedValkey(port=port, data_dir=tmp_path) as again:
        clock.advance(60)
        await cache.put(SLOT, key, Kept(WANG, NOW))
        async with Redis.from_url(again.url) as redis:
            assert await redis.dbsize() == 1
        await cache.close()
    assert registry.get_sample_value(FAILURES) == 1
