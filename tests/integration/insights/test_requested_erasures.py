"""Customers whose erasure is asked for in Redis: erased, said to be, and never forgotten about."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis
from switchyard_common.redis_clients import open_redis
from switchyard_common.redis_erasures import RedisErasures, erasures_key
from switchyard_history.tables import contact_legs
from switchyard_insights.adapters.redis.requested_erasures import RequestedErasures
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.forgetting import EraseCustomer, Forgetful
from switchyard_insights.service.ports import HistoryUnavailable, LogUnavailable
from switchyard_insights.service.requested_erasures import EraseRequested

from tests.fakes.insights.histories import contents, opened
from tests.fakes.insights.logs import running, until
from tests.fakes.valkey.topologies import running as running_store

pytestmark = pytest.mark.integration

ANN, BOB = "a" * 16, "b" * 16
WAITING = erasures_key("demo")
NOW_MS = 1_800_000_000_000


@dataclass
class Counted:
    """The port ErasureMeter, as plain numbers."""

    done: int = 0
    failures: int = 0
    waiting: list[int] = field(default_factory=list)

    def erased(self) -> None:
        self.done += 1

    def erasures_waiting(self, count: int) -> None:
        self.waiting.append(count)

    def erasure_failed(self) -> None:
        self.failures += 1


@dataclass
class Store:
    """The part of Forgetful that is needed here; may be down."""

    down: bool = False
    erased: list[tuple[str, str]] = field(default_factory=list)

    async def erase(self, tenant: str, customer_key: str, now_ms: int) -> int:
        if self.down:
            raise HistoryUnavailable
        self.erased.append((tenant, customer_key))
        return 1


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url, 60.0, WAITING) as client:
        yield client


def erasing(
    redis: Redis, store: object, meter: Counted, folder: Path | None = None
) -> EraseRequested:
    forgetful: Forgetful = store  # type: ignore[assignment]  # erasing is all that is asked of it
    return EraseRequested(
        RequestedErasures(RedisErasures(redis, "demo")),
        EraseCustomer(forgetful, folder, lambda: NOW_MS),
        "demo",
        meter,
        BackOff("test", 0.05),
        lambda: NOW_MS,
    )


async def test_who_is_asked_for_is_erased_and_whoever_asked_may_know(
    redis: Redis, database_url: str, tmp_path: Path
) -> None:
    asker = RedisErasures(redis, "demo")
    async with opened(database_url) as database:
        async with database.writing() as connection:
            for contact, key in (("c1", ANN), ("c2", BOB)):
                row = {"tenant": "demo", "contact": contact, "customer_key": key}
                await connection.execute(contact_legs.insert().values(row))
        meter = Counted()
        doing = erasing(redis, SqlForgetfulStore(database), meter, tmp_path)
        assert not await asker.erased(ANN)
        assert await doing.look() == 1
        assert await asker.erased(ANN)
        assert await doing.look() == 0
        legs = (await contents(database, "demo"))["contact_legs"]
    assert [(leg["customer_key"], leg["erased"]) for leg in legs] == [("", True), (BOB, False)]
    assert (meter.done, meter.waiting) == (1, [1, 0])


async def test_a_history_that_is_down_is_tried_again_until_it_is_done(redis: Redis) -> None:
    asker, store, meter = RedisErasures(redis, "demo"), Store(down=True), Counted()
    for key in (ANN, BOB):
        assert not await asker.erased(key)

    async def failed() -> bool:
        return meter.failures > 1

    async def done() -> bool:
        return await asker.count() == 0

    async with running(erasing(redis, store, meter)):
        await until(failed)
        assert await asker.count() == 2
        store.down = False
        await until(done)
    assert sorted(set(store.erased)) == [("demo", ANN), ("demo", BOB)]


async def test_what_the_store_has_lost_is_asked_for_again(redis: Redis) -> None:
    asker, store = RedisErasures(redis, "demo"), Store()
    assert not await asker.erased(ANN)
    await redis.flushall()
    assert not await asker.erased(ANN)
    await erasing(redis, store, Counted()).look()
    assert await asker.erased(ANN)


async def test_a_request_is_kept_and_done_in_a_cluster() -> None:
    with running_store("cluster") as place:
        async with open_redis(place.url, 60.0, WAITING) as redis:
            asker = RedisErasures(redis, "demo")
            assert not await asker.erased(ANN)
            assert await erasing(redis, Store(), Counted()).look() == 1
            assert await asker.erased(ANN)


async def test_another_tenants_customer_is_none_of_ours(redis: Redis) -> None:
    theirs, store = RedisErasures(redis, "another"), Store()
    assert not await theirs.erased(ANN)
    assert await erasing(redis, store, Counted()).look() == 0
    assert not await RedisErasures(redis, "demo").erased(ANN)
    assert not await theirs.erased(ANN)


async def test_a_server_that_does_not_answer_is_an_outage() -> None:
    async with open_redis("redis://127.0.0.1:1", 1.0, WAITING) as nobody:
        with pytest.raises(LogUnavailable):
            await erasing(nobody, Store(), Counted()).look()


async def test_an_error_that_nobody_foresaw_stops_nobody(redis: Redis) -> None:
    class Strange(Store):
        async def erase(self, tenant: str, customer_key: str, now_ms: int) -> int:
            if not meter.failures:
                raise ValueError("a file that is none")
            return await super().erase(tenant, customer_key, now_ms)

    asker, meter = RedisErasures(redis, "demo"), Counted()
    assert not await asker.erased(ANN)

    async def done() -> bool:
        return await asker.erased(ANN)

    async with running(erasing(redis, Strange(), meter)):
        await until(done)
    assert (meter.failures, meter.done) == (1, 1)
