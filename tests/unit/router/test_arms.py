"""Arms of a comparison: dealt in their shares, by lot, and the same for whoever asks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.arms import arm_at, arm_of, turns_of
from switchyard_router.domain.queues import Arm, QueueProfile

from tests.fakes.router.core import board

pytestmark = pytest.mark.unit

HOUR = 3_600_000
NOW = 10_000_000
ARMS = (Arm("old", "longest_idle", 0.7), Arm("new", "predictive", 0.3))
HALVES = (Arm("on", "predictive", 0.5), Arm("off", "longest_idle", 0.5))


def queue(arms: tuple[Arm, ...], period_ms: int = 0) -> QueueProfile:
    return replace(board().queues["q"], arms=arms, arm_period_ms=period_ms)


def test_a_contact_keeps_its_arm_and_shares_come_out_right() -> None:
    compared = queue(ARMS)
    drawn = [arm_of(compared, f"c{n}", "", NOW) for n in range(4_000)]
    share = sum(arm is ARMS[1] for arm in drawn) / len(drawn)
    assert share == pytest.approx(0.3, abs=0.03)
    assert drawn == [arm_of(compared, f"c{n}", "", NOW + 1) for n in range(4_000)]
    assert arm_of(compared, "c1", "new", NOW) is ARMS[1]
    assert arm_of(queue(()), "c1", "new", NOW) is None


def test_no_hour_of_the_day_belongs_to_one_arm() -> None:
    compared = queue(HALVES, HOUR)
    turns = np.array([arm_at(compared, NOW + n * HOUR).name == "on" for n in range(24 * 200)])
    by_hour = turns.reshape(200, 24).mean(axis=0)
    assert turns.mean() == pytest.approx(0.5, abs=1e-3)
    assert by_hour.min() > 0.35
    assert by_hour.max() < 0.65


def test_queues_take_turns_of_their_own() -> None:
    one, other = queue(HALVES, HOUR), replace(queue(HALVES, HOUR), id="other")
    same = [arm_at(one, n * HOUR) is arm_at(other, n * HOUR) for n in range(400)]
    assert 0.35 < np.mean(same) < 0.65


@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=5), st.integers(0, 10**6))
def test_turns_fit_the_shares_in_every_block(parts: list[float], block: int) -> None:
    arms = tuple(Arm(f"a{n}", "weighted", part / sum(parts)) for n, part in enumerate(parts))
    length = sum(turns_of(arms))
    held = [arm_at(queue(arms, 1), block * length + place) for place in range(length)]
    assert [held.count(arm) for arm in arms] == list(turns_of(arms))
    for arm in arms:
        assert abs(held.count(arm) / length - arm.share) <= 0.01


@pytest.mark.parametrize(("shares", "turns"), [((0.5, 0.5), (1, 1)), ((0.7, 0.3), (7, 3))])
def test_blocks_are_as_short_as_shares_allow(
    shares: tuple[float, ...], turns: tuple[int, ...]
) -> None:
    assert turns_of(tuple(Arm(f"a{n}", "", share) for n, share in enumerate(shares))) == turns
