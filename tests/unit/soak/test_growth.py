"""What counts as growth: leaks are found, noise and teeth are not."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.soak.growth import Numbers, Segment, Verdict, judge
from tests.soak.plan import BUDGETS, Plan

pytestmark = pytest.mark.unit

_EVERY_SECONDS = 5.0
_MINUTES = 20
_WARM_UP_SECONDS = Plan(minutes=_MINUTES).warm_up_seconds
_MEMORY = BUDGETS["memory"]


def _times(minutes: float = _MINUTES) -> Numbers:
    return np.arange(0.0, minutes * 60, _EVERY_SECONDS)


def _noise(seed: int, size: int, spread: float = 0.5) -> Numbers:
    """Alike in neighbouring points, as memory is."""
    chance = np.random.default_rng(seed)
    steps = chance.normal(0.0, spread, size)
    values = np.zeros(size)
    for place in range(1, size):
        values[place] = 0.9 * values[place - 1] + steps[place]
    return values


def _leaking(per_hour: float, seed: int = 1, minutes: float = _MINUTES) -> Segment:
    times = _times(minutes)
    return Segment(times, 100 + per_hour * times / 3600 + _noise(seed, len(times)))


def _toothed(period_seconds: float, height: float, seed: int = 1) -> Segment:
    """A collector's: it climbs and falls back to where it was."""
    times = _times()
    return Segment(
        times, 100 + height * (times % period_seconds) / period_seconds + _noise(seed, len(times))
    )


def _verdict(segments: Sequence[Segment], budget: float = _MEMORY) -> Verdict:
    return judge(segments, budget, _WARM_UP_SECONDS).verdict


@pytest.mark.parametrize("seed", range(5))
def test_finds_a_leak_of_a_megabyte_a_minute_in_twenty_minutes(seed: int) -> None:
    assert _verdict([_leaking(60, seed)]) is Verdict.GROWS


@pytest.mark.parametrize("seed", range(5))
def test_takes_noise_for_no_growth(seed: int) -> None:
    assert _verdict([_leaking(0, seed)]) is Verdict.STEADY


@pytest.mark.parametrize("period_seconds", [20, 60, 120, 180])
@pytest.mark.parametrize("height", [5, 20, 50])
def test_takes_a_collectors_teeth_for_no_growth(period_seconds: float, height: float) -> None:
    assert _verdict([_toothed(period_seconds, height)]) is not Verdict.GROWS


def test_finds_a_leak_below_a_collectors_teeth() -> None:
    teeth, leak = _toothed(60, 5), _leaking(120)
    assert _verdict([Segment(teeth.times, teeth.values + leak.values)]) is Verdict.GROWS


def test_finds_a_leak_that_a_restart_begins_anew() -> None:
    first, second = _leaking(120, 1, 10), _leaking(120, 2, 10)
    again = Segment(second.times + 600, second.values)
    assert _verdict([first, again]) is Verdict.GROWS


def test_a_restart_with_more_memory_is_no_growth() -> None:
    first, second = _leaking(0, 1, 10), _leaking(0, 2, 10)
    again = Segment(second.times + 600, second.values + 80)
    assert _verdict([first, again]) is Verdict.STEADY


def test_leaves_out_what_fills_while_it_warms_up() -> None:
    times = _times()
    filling = 100 * (1 - np.exp(-times / 30)) + _noise(1, len(times))
    assert _verdict([Segment(times, filling)]) is Verdict.STEADY


def test_one_outlier_changes_nothing() -> None:
    series = _leaking(0)
    series.values[-5:] += 500
    assert _verdict([series]) is not Verdict.GROWS


def test_finds_descriptors_that_are_left_open_now_and_then() -> None:
    times = _times()
    left = 40 + np.floor(times / 120)
    assert _verdict([Segment(times, left)], BUDGETS["descriptors"]) is Verdict.GROWS


def test_constant_counts_are_steady() -> None:
    times = _times()
    growth = judge([Segment(times, np.full(len(times), 40.0))], 12.0, _WARM_UP_SECONDS)
    assert growth.verdict is Verdict.STEADY
    assert (growth.per_hour, growth.low, growth.high) == (0, 0, 0)


def test_says_when_there_was_too_little_to_judge() -> None:
    assert _verdict([_leaking(600, minutes=4)]) is Verdict.TOO_SHORT
    assert _verdict([]) is Verdict.TOO_SHORT


def test_tells_the_smallest_growth_it_would_have_found() -> None:
    growth = judge([_leaking(0)], _MEMORY, _WARM_UP_SECONDS)
    smallest = growth.smallest_found(_MEMORY)
    assert _MEMORY < smallest < 2 * _MEMORY
    assert _verdict([_leaking(1.1 * smallest)]) is Verdict.GROWS


@settings(max_examples=15, deadline=None)
@given(st.floats(-1000, 1000), st.floats(-1e4, 1e4))
def test_finds_the_slope_of_a_line_wherever_it_lies(per_hour: float, offset: float) -> None:
    times = _times()
    growth = judge([Segment(times, offset + per_hour * times / 3600)], 0.0, _WARM_UP_SECONDS)
    assert growth.per_hour == pytest.approx(per_hour, abs=1e-3)
    assert growth.low == pytest.approx(growth.high, abs=1e-3)
