"""Answers of CRMs are used while good, renewed before they are not, and kept for bad times."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.breakers import SingleProbeBreaker
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.adapters.cache import SealedCache
from switchyard_crm.adapters.sealing import MasterKeyVault
from switchyard_crm.domain.context import SourceStatus
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.connectors import NotFound, RateLimited, Unavailable
from switchyard_crm.service.remembering import Answer, Content, Part, Remembering, Slot
from switchyard_crm.service.upstream import Limits, Upstream

from tests.fakes.crm.people import DEMO, NOW, case

pytestmark = pytest.mark.unit

GOOD, KEPT = 60.0, 3600.0
SLOT = Slot(DEMO, "crm", "r-1", Part.OPEN_CASES, 10)
CASES = (case("A-1"), case("A-2"))


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.registry = CollectorRegistry()
        meter = SourceMetrics(self.registry)
        self.bounded = Bounded()
        self.breaker = SingleProbeBreaker("crm", 5, 30.0, self.clock, meter.breaker)
        self.upstream = Upstream(
            "crm",
            self.breaker,
            TokenBucket(1000.0, 1000, self.clock),
            Limits(8, 60.0),
            self.bounded,
            self.clock,
            meter,
        )
        self.cache = SealedCache(None, KEPT, self.clock, meter)
        self.memory = Remembering(self.upstream, self.cache, self.clock, GOOD, 0.5, meter)
        self.key, _ = MasterKeyVault([bytes(32)]).new_key()
        self.calls = 0
        self.error: Exception | None = None
        self.content: Content = CASES
        self.gate = asyncio.Event()
        self.gate.set()

    async def call(self) -> Content:
        self.calls += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.content

    async def ask(self, slot: Slot = SLOT, seconds: float = 60.0) -> Answer:
        end = self.clock.monotonic() + seconds
        return await self.memory.ask(slot, self.key, self.call, end)

    def events(self, event: str) -> float:
        labels = {"source": "crm", "event": event}
        return self.registry.get_sample_value("switchyard_crm_cache_answers_total", labels) or 0.0


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.gate.set()
    await bench.memory.close()
    await bench.upstream.close()
    await bench.bounded.close()
    await bench.cache.close()


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_second_time_nobody_is_asked(bench: Bench) -> None:
    first, second = await bench.ask(), await bench.ask()
    assert (first.status, first.content) == (SourceStatus.FRESH, CASES)
    assert (second.status, second.content) == (SourceStatus.CACHED, CASES)
    assert bench.calls == 1


async def test_many_who_ask_at_once_are_one_call(bench: Bench) -> None:
    bench.gate.clear()
    asked = [asyncio.create_task(bench.ask()) for _ in range(100)]
    await settle()
    bench.gate.set()
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} == {SourceStatus.FRESH}
    assert bench.calls == 1


async def test_tells_how_old_the_answer_is(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(20)
    answer = await bench.ask()
    assert answer.age_seconds == 20


async def test_an_ageing_answer_is_renewed_behind_the_callers_back_once(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(GOOD / 2)
    bench.content = (case("A-3"),)
    bench.gate.clear()
    answers = await asyncio.gather(*(bench.ask() for _ in range(100)))
    assert {answer.status for answer in answers} == {SourceStatus.CACHED}
    assert {answer.content for answer in answers} == {CASES}
    await settle()
    bench.gate.set()
    await settle()
    assert bench.calls == 2
    assert bench.events("refresh") == 1
    renewed = await bench.ask()
    assert (renewed.content, renewed.age_seconds) == ((case("A-3"),), 0)


async def test_a_failed_renewal_costs_nobody_anything(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(GOOD / 2)
    bench.error = Unavailable("down")
    answer = await bench.ask()
    await settle()
    assert (answer.status, answer.content) == (SourceStatus.CACHED, CASES)
    assert (await bench.ask()).status is SourceStatus.CACHED


@pytest.mark.parametrize("error", [Unavailable("down"), RateLimited("slow"), TimeoutError()])
async def test_an_old_answer_stands_in_when_the_source_fails(
    bench: Bench, error: Exception
) -> None:
    await bench.ask()
    bench.clock.advance(GOOD + 1)
    bench.error = error
    answer = await bench.ask()
    assert (answer.status, answer.content) == (SourceStatus.STALE, CASES)
    assert answer.age_seconds == GOOD + 1


async def test_an_old_answer_stands_in_when_the_source_is_late(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(GOOD + 1)
    bench.gate.clear()
    assert (await bench.ask(seconds=0.0)).status is SourceStatus.STALE


async def test_an_old_answer_stands_in_when_the_source_is_left_alone(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(GOOD + 1)
    bench.breaker.trip()
    assert (await bench.ask()).status is SourceStatus.STALE
    assert bench.calls == 1


async def test_a_source_that_answers_again_is_believed(bench: Bench) -> None:
    await bench.ask()
    bench.clock.advance(GOOD + 1)
    bench.content = ()
    answer = await bench.ask()
    assert (answer.status, answer.content) == (SourceStatus.FRESH, ())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unavailable("down"), SourceStatus.ERROR),
        (RateLimited("slow"), SourceStatus.ERROR),
        (TimeoutError(), SourceStatus.TIMEOUT),
    ],
)
async def test_without_anything_kept_the_failure_is_told(
    bench: Bench, error: Exception, status: SourceStatus
) -> None:
    bench.error = error
    answer = await bench.ask()
    assert (answer.status, answer.content) == (status, None)


async def test_a_source_that_is_left_alone_is_told_as_such(bench: Bench) -> None:
    bench.breaker.trip()
    assert (await bench.ask()).status is SourceStatus.OPEN
    assert bench.calls == 0


async def test_that_there_is_nothing_is_remembered_too(bench: Bench) -> None:
    bench.error = NotFound("gone")
    assert (await bench.ask()).status is SourceStatus.FRESH
    assert (await bench.ask()).status is SourceStatus.CACHED
    assert bench.calls == 1


async def test_other_slots_are_other_answers(bench: Bench) -> None:
    await bench.ask()
    for other in (
        Slot(DEMO, "crm", "r-2", Part.OPEN_CASES, 10),
        Slot(DEMO, "crm", "r-1", Part.OPEN_CASES, 100),
        Slot(DEMO, "erp", "r-1", Part.OPEN_CASES, 10),
    ):
        assert (await bench.ask(other)).status is SourceStatus.FRESH


async def test_nothing_is_left_of_renewals(bench: Bench) -> None:
    await bench.ask()
    for _ in range(20):
        bench.clock.advance(GOOD / 2)
        await bench.ask()
        await settle()
    assert not bench.memory._refreshes
    assert not bench.upstream._flights.by_key
