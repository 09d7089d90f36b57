"""No source is asked more often than agreed, and a pause it asks for is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.buckets import TokenBucket

pytestmark = pytest.mark.unit


def test_gives_a_burst_at_once_and_then_its_rate() -> None:
    bucket = TokenBucket(per_second=10, burst=2, clock=FakeClock())
    assert [bucket.reserve(1.0) for _ in range(4)] == pytest.approx([0, 0, 0.1, 0.2])


def test_takes_nothing_when_the_wait_is_too_long() -> None:
    clock = FakeClock()
    bucket = TokenBucket(per_second=1, burst=1, clock=clock)
    assert bucket.reserve(0) == 0
    assert all(bucket.reserve(0.5) is None for _ in range(100))
    clock.advance(1)
    assert bucket.reserve(0) == 0


def test_a_pause_holds_and_does_not_end_in_a_burst() -> None:
    clock = FakeClock()
    bucket = TokenBucket(per_second=10, burst=20, clock=clock)
    bucket.pause(30)
    clock.advance(29)
    assert bucket.reserve(0.25) is None
    assert bucket.reserve(1.0) == pytest.approx(1.0)
    clock.advance(1)
    assert bucket.reserve(0.25) == pytest.approx(0.1)


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock = FakeClock()
    bucket = TokenBucket(per_second=10, burst=1, clock=clock)
    bucket.pause(30)
    bucket.pause(1)
    clock.advance(2)
    assert bucket.reserve(1) is None


@given(
    st.floats(0.5, 100),
    st.integers(1, 20),
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), max_size=60),
)
def test_never_more_than_burst_and_rate_in_any_time(
    rate: float, burst: int, steps: list[tuple[float, float]]
) -> None:
    clock = FakeClock()
    bucket = TokenBucket(rate, burst, clock)
    calls = []
    for patience, idle in steps:
        wait = bucket.reserve(patience)
        if wait is not None:
            assert wait <= patience
            calls.append(clock.monotonic() + wait)
        clock.advance(idle)
    calls.sort()
    for first in range(len(calls)):
        for last in range(first, len(calls)):
            elapsed = calls[last] - calls[first]
            assert last - first + 1 <= burst + elapsed * rate + 1e-6
