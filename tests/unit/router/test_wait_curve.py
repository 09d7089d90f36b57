"""Curves of waits: against closed forms, and against centres simulated service by service."""

import heapq
import math

import numpy as np
import pytest
from switchyard_router.domain.wait_curve import (
    MOST_PLACES,
    Places,
    rate,
    wait_curve,
    with_leavers,
)

pytestmark = pytest.mark.unit

SPREAD = 0.8


def places(
    talk: list[float],
    busy: list[float] | None = None,
    fixed: list[float] | None = None,
    *,
    before: float = 0.0,
    after: float = 0.0,
    spread: float = SPREAD,
) -> Places:
    """Places; who is not said to be busy is free."""
    return Places(
        talk=np.array(talk),
        busy=np.array(busy or [math.nan] * len(talk)),
        fixed=np.array(fixed or [0.0] * len(talk)),
        before=before,
        after=after,
        spread=spread,
        observed=1e9,
    )


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_a_free_place_means_no_wait() -> None:
    assert wait_curve(places([180.0, 180.0], [math.nan, 60.0]), 5, rng()).at(1) == (0.0, 0.0)


def test_a_known_time_is_what_the_first_in_line_waits() -> None:
    median, ninth = wait_curve(places([180.0], fixed=[25.0]), 1, rng()).at(1)
    assert (median, ninth) == pytest.approx((25.0, 25.0), rel=0.15)


def test_the_second_in_line_at_one_agent_waits_a_whole_service_more() -> None:
    curve = wait_curve(places([100.0], fixed=[10.0], before=5, after=15), 2, rng())
    median = 10 + 20 + 100 * math.exp(-(SPREAD**2) / 2)
    assert curve.at(2)[0] == pytest.approx(median, rel=0.1)


def test_twice_the_agents_halve_a_long_wait() -> None:
    one = wait_curve(places([180.0] * 5, [30.0] * 5), 100, rng()).at(100)[0]
    two = wait_curve(places([180.0] * 10, [30.0] * 10), 100, rng()).at(100)[0]
    assert two == pytest.approx(one / 2, rel=0.1)


def test_a_long_conversation_is_expected_to_last_on() -> None:
    """What is left of a lognormal grows with what has passed, unlike an exponential's rest."""
    early = wait_curve(places([180.0], [5.0]), 1, rng()).at(1)[0]
    late = wait_curve(places([180.0], [900.0]), 1, rng()).at(1)[0]
    assert late > 1.5 * early


@pytest.mark.parametrize("number", [7, 3 * MOST_PLACES])
def test_far_positions_go_on_at_the_rate_of_all_places(number: int) -> None:
    people = places([180.0] * number, [60.0] * number, before=4, after=26)
    far = 40 * number
    curve = wait_curve(people, far, rng())
    expected = 20 * number / (number / 210)
    assert curve.at(far)[0] - curve.at(20 * number)[0] == pytest.approx(expected, rel=0.05)
    assert rate(people) == pytest.approx(number / 210)


def test_waits_never_fall_with_the_position() -> None:
    curve = wait_curve(places([60.0, 600.0, 180.0], [1.0, 300.0, 50.0]), 5000, rng())
    assert np.all(np.diff(curve.median) >= 0)
    assert np.all(np.diff(curve.ninth) >= 0)
    assert np.all(curve.ninth >= curve.median)


def test_those_who_leave_shorten_the_wait_of_those_behind() -> None:
    assert with_leavers(100, 0.0, 0.5) == 100
    assert with_leavers(100, 0.01, 0.5) == pytest.approx(100 * math.log(3) / 2)
    assert with_leavers(1, 0.001, 0.5) == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("nothing", [([], 1), ([180.0], 0)])
def test_refuses_what_has_no_answer(nothing: tuple[list[float], int]) -> None:
    with pytest.raises(ValueError, match="places"):
        wait_curve(places(nothing[0]), nothing[1], rng())


def _really(people: Places, position: int, truth: np.random.Generator) -> float:
    """One course of events: rests and services drawn one by one, as the k-th in line lives it."""
    mu = np.log(people.talk) - people.spread**2 / 2
    ends: list[tuple[float, int]] = []
    for number, so_far in enumerate(people.busy):
        whole = 0.0
        while whole <= so_far:
            whole = float(np.exp(truth.normal(mu[number], people.spread)))
        heapq.heappush(ends, (whole - so_far + people.after, number))
    for _ in range(position - 1):
        end, number = heapq.heappop(ends)
        service = float(np.exp(truth.normal(mu[number], people.spread)))
        heapq.heappush(ends, (end + people.before + service + people.after, number))
    return ends[0][0]


@pytest.mark.parametrize("position", [1, 4, 15, 60])
def test_nine_of_ten_true_waits_are_under_the_p90_and_half_under_the_p50(position: int) -> None:
    truth = np.random.default_rng(position)
    under50 = under90 = 0
    centres, lives = 25, 40
    for _ in range(centres):
        number = int(truth.integers(3, 12))
        people = places(
            talk=truth.uniform(90, 300, number).tolist(),
            busy=truth.uniform(1, 200, number).tolist(),
            before=4,
            after=20,
        )
        median, ninth = wait_curve(people, position, truth).at(position)
        waits = np.array([_really(people, position, truth) for _ in range(lives)])
        under50 += int(np.count_nonzero(waits <= median))
        under90 += int(np.count_nonzero(waits <= ninth))
    assert under50 / (centres * lives) == pytest.approx(0.5, abs=0.06)
    assert under90 / (centres * lives) == pytest.approx(0.9, abs=0.04)
