"""Calls to a CRM stay within bounds, and their ends say how the CRM is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from prometheus_client import CollectorRegistry
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.breakers import SingleProbeBreaker
from switchyard_crm.adapters.buckets import TokenBucket
from switchyard_crm.entrypoints.source_metrics import SourceMetrics
from switchyard_crm.service.bounded import Bounded
from switchyard_crm.service.connectors import (
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from switchyard_crm.service.upstream import BreakerOpen, BreakerState, Limits, TooOften, Upstream

pytestmark = pytest.mark.unit

LONG = 60.0


class Bench:
    """An upstream whose calls this test ends one by one."""

    def __init__(self, *, calls: int = 4, seconds: float = LONG, burst: int = 1000) -> None:
        self.clock = SystemClock()
        self.registry = CollectorRegistry()
        meter = SourceMetrics(self.registry)
        self.breaker = SingleProbeBreaker("crm", 5, LONG, self.clock, meter.breaker)
        self.bounded = Bounded()
        bucket = TokenBucket(1.0, burst, self.clock)
        self.upstream = Upstream(
            "crm", self.breaker, bucket, Limits(calls, seconds), self.bounded, self.clock, meter
        )
        self.begun = 0
        self.in_flight = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.error: Exception | None = None
        self.kept: list[str] = []

    async def work(self) -> str:
        self.begun += 1
        self.in_flight += 1
        try:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return "answer"
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1

    async def keep(self, answer: str) -> None:
        self.kept.append(answer)

    def ask(self, key: str = "k", seconds: float = LONG) -> "asyncio.Task[str]":
        end = self.clock.monotonic() + seconds
        return asyncio.create_task(self.upstream.call(key, self.work, self.keep, end))

    async def fail(self, error: Exception, key: str = "k") -> None:
        self.error = error
        self.gate.set()
        with pytest.raises(type(error)):
            await self.ask(key)

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await close(bench)


async def close(bench: Bench) -> None:
    await bench.upstream.close()
    await bench.bounded.close()
    assert bench.in_flight == 0


async def test_equal_calls_at_the_same_time_are_one(bench: Bench) -> None:
    asked = [bench.ask() for _ in range(50)]
    await settle()
    bench.gate.set()
    assert await asyncio.gather(*asked) == ["answer"] * 50
    assert bench.begun == 1
    assert bench.kept == ["answer"]


async def test_whoever_leaves_does_not_take_the_answer_from_the_others(bench: Bench) -> None:
    first, second = bench.ask(), bench.ask()
    await settle()
    first.cancel()
    await settle()
    bench.gate.set()
    assert await second == "answer"
    assert bench.cancelled == 0


async def test_an_answer_that_comes_after_its_caller_left_is_kept(bench: Bench) -> None:
    with pytest.raises(TimeoutError):
        await bench.ask(seconds=0.0)
    with pytest.raises(TimeoutError):
        await bench.ask(seconds=0.01)
    bench.gate.set()
    await settle()
    assert bench.begun == 1
    assert bench.kept == ["answer"]


async def test_no_more_calls_at_once_than_agreed(bench: Bench) -> None:
    asked = [bench.ask(f"k{number}") for number in range(20)]
    await settle()
    assert bench.in_flight == 4
    bench.gate.set()
    await asyncio.gather(*asked)
    assert bench.begun == 20


async def test_a_call_nobody_waits_for_any_more_is_not_begun(bench: Bench) -> None:
    held = [bench.ask(f"k{number}") for number in range(4)]
    await settle()
    left = [bench.ask(f"late{number}") for number in range(10)]
    await settle()
    for task in left:
        task.cancel()
    await settle()
    bench.gate.set()
    await asyncio.gather(*held)
    await settle()
    assert bench.begun == 4


async def test_a_hanging_source_is_given_up_and_then_left_alone() -> None:
    bench = Bench(calls=8, seconds=0.02)
    asked = [bench.ask(f"k{number}") for number in range(50)]
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(error) for error in ended} <= {TimeoutError, BreakerOpen}
    assert bench.breaker.state is BreakerState.OPEN
    # As many as at once, and those that take their places before five of them have failed.
    assert bench.begun <= 8 + 4
    before = bench.begun
    with pytest.raises(BreakerOpen):
        await bench.ask()
    assert bench.begun == before
    await close(bench)
    assert bench.cancelled == before


async def test_what_waits_for_a_slot_is_not_counted_against_the_source() -> None:
    bench = Bench(calls=1, seconds=0.02)
    bench.upstream._slots = asyncio.Semaphore(0)
    for number in range(10):
        with pytest.raises(TimeoutError):
            await bench.ask(f"k{number}")
    assert bench.breaker.state is BreakerState.CLOSED
    await close(bench)


@pytest.mark.parametrize(
    "error", [Unavailable("down"), Invalid("garbage"), TimeoutError()], ids=lambda e: type(e)
)
async def test_failures_of_the_source_open_the_breaker(bench: Bench, error: Exception) -> None:
    for number in range(5):
        assert bench.breaker.state is BreakerState.CLOSED
        await bench.fail(error, f"k{number}")
    assert bench.breaker.state is BreakerState.OPEN
    assert bench.metric("switchyard_crm_source_breaker_state", source="crm") == 2


@pytest.mark.parametrize("error", [NotFound("gone"), Unsupported("cannot")], ids=lambda e: type(e))
async def test_answers_that_are_no_failures_do_not(bench: Bench, error: Exception) -> None:
    for number in range(10):
        await bench.fail(error, f"k{number}")
    assert bench.breaker.state is BreakerState.CLOSED


async def test_a_crash_of_the_connector_is_a_failure_that_shows_nothing_personal(
    bench: Bench,
) -> None:
    bench.error = KeyError("13800138000")
    bench.gate.set()
    with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable):
        await bench.ask()
    assert [line["event"] for line in logs] == ["source_crashed"]
    assert "13800138000" not in repr(logs)


async def test_too_many_requests_pause_the_calls_and_not_the_breaker(bench: Bench) -> None:
    await bench.fail(RateLimited("slow down", 1000.0))
    assert bench.breaker.state is BreakerState.CLOSED
    bench.error = None
    with pytest.raises(TooOften):
        await bench.ask("other")
    assert bench.begun == 1


async def test_refused_credentials_stop_all_calls_and_are_told_once(bench: Bench) -> None:
    with structlog.testing.capture_logs() as logs:
        bench.error = Unauthorized("no")
        asked = [bench.ask(f"k{number}") for number in range(4)]
        await settle()
        bench.gate.set()
        await asyncio.gather(*asked, return_exceptions=True)
    assert [line["event"] for line in logs] == ["source_refuses_credentials"]
    with pytest.raises(BreakerOpen):
        await bench.ask()
    assert bench.begun == 4


async def test_waits_for_a_turn_that_comes_in_time_and_says_so() -> None:
    bench = Bench(burst=1)
    bench.gate.set()
    await bench.ask("a")
    waiting = bench.ask("b")
    await settle()
    waited = bench.metric("switchyard_crm_source_bucket_wait_seconds_total", source="crm")
    assert waited == pytest.approx(1.0, abs=0.2)
    waiting.cancel()
    await close(bench)


async def test_nothing_is_left_of_calls_that_ended(bench: Bench) -> None:
    bench.gate.set()
    for number in range(30):
        await bench.ask(f"k{number}")
    assert not bench.upstream._flights.by_key
    assert not bench.bounded._tasks
