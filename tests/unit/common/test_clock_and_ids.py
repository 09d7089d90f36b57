from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from switchyard_common.clock import Clock, FakeClock, SystemClock
from switchyard_common.ids import IdFactory

pytestmark = pytest.mark.unit


def no_randomness(count: int) -> bytes:
    return bytes(count)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock(datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=8))))
    assert clock.now() == datetime(2026, 3, 1, 0, tzinfo=UTC)
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 3, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic() == 1.5


def test_a_jump_of_the_wall_clock_leaves_monotonic_time_alone() -> None:
    clock = FakeClock()
    clock.advance(2)
    clock.set_now(datetime(2020, 1, 1, tzinfo=UTC))
    assert (clock.now().year, clock.monotonic()) == (2020, 2)


def test_a_fake_clock_refuses_to_go_back_or_to_be_naive() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        FakeClock().advance(-1)
    with pytest.raises(ValueError, match="aware"):
        FakeClock(datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake under test


def test_both_clocks_fit_the_port() -> None:
    clocks: list[Clock] = [SystemClock(), FakeClock()]
    assert len({clock.monotonic() for clock in clocks}) == 2


def test_an_id_is_the_time_then_the_randomness() -> None:
    clock = FakeClock(datetime.fromtimestamp(1, UTC))
    id_ = IdFactory(clock, no_randomness).new()
    assert id_ == "00000000z8" + "0" * 16  # 1000 ms is "z8" in base 32
    assert IdFactory(clock, lambda count: b"\xff" * count).new() == "00000000z8" + "z" * 16


@given(st.lists(st.floats(min_value=-5, max_value=5), min_size=1, max_size=50))
def test_ids_of_one_factory_rise_whatever_the_clock_does(steps_seconds: list[float]) -> None:
    clock = FakeClock()
    ids = IdFactory(clock)
    made = []
    for step in steps_seconds:
        clock.set_now(clock.now() + timedelta(seconds=step))
        made += [ids.new(), ids.new()]
    assert made == sorted(set(made))


@given(st.integers(min_value=0, max_value=2**40), st.integers(min_value=1, max_value=2**30))
@example(1000, 1)  # as a float the later time is a little under 1001 ms
def test_ids_of_different_factories_sort_by_their_clocks(start_ms: int, later_ms: int) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    early = FakeClock(epoch + timedelta(milliseconds=start_ms))
    late = FakeClock(epoch + timedelta(milliseconds=start_ms + later_ms))
    assert IdFactory(early, lambda count: b"\xff" * count).new() < IdFactory(late).new()


def test_ids_have_26_characters_that_cannot_be_confused() -> None:
    ids = IdFactory(SystemClock())
    assert all(
        len(id_) == 26 and not set(id_) & set("ilou") and id_ == id_.lower()
        for id_ in (ids.new() for _ in range(200))
    )
