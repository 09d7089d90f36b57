"""Patience, paired intervals, effective sizes and figures are what their formulas say."""

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.comparison import effective_sample_size, paired
from switchyard_router.domain.outcomes import ABANDONED, ANSWERED, ELSEWHERE, Outcomes
from switchyard_router.domain.patience import survival

pytestmark = pytest.mark.unit


def test_patience_is_the_product_limit_estimate() -> None:
    """Kaplan and Meier's example by hand: 4 at 1, 2 (censored), 3, 4 (censored)."""
    curve = survival([1, 2, 3, 4], [True, False, True, False])
    assert curve.times_ms.tolist() == [1, 3]
    assert curve.share.tolist() == [0.75, 0.375]
    assert curve.beyond(0, 0.8) == 1
    assert curve.beyond(2, 0.5) == 3
    assert curve.beyond(2, 0.1) == inf
    assert survival([5, 6], [False, False]).beyond(0, 0.01) == inf


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30), st.floats(0.01, 0.99))
def test_patience_is_longer_than_the_wait(waits: list[tuple[int, bool]], u: float) -> None:
    curve = survival([wait for wait, _ in waits], [gave_up for _, gave_up in waits])
    assert all(0 <= share <= 1 for share in curve.share)
    for wait, _ in waits:
        assert curve.beyond(wait, u) > wait


def test_the_interval_is_students_and_paired() -> None:
    found = paired([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
    assert (found.baseline, found.candidate) == (2.0, 4.0)
    half = 4.302653 * 1.0 / np.sqrt(3)  # t of 2 degrees of freedom; the differences are 1, 2, 3
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half))
    assert (paired([1.0], [2.0]).low, paired([1.0], [2.0]).high) == (-inf, inf)
    assert paired([1.0, np.nan, 3.0], [1.0, 9.0, 3.0]).high == 0.0
    assert np.isnan(paired([np.nan], [np.nan]).baseline)


def test_correlated_values_are_worth_less() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=20_000)
    follow = np.empty_like(noise)
    follow[0] = noise[0]
    for at in range(1, len(noise)):
        follow[at] = 0.8 * follow[at - 1] + noise[at]
    assert effective_sample_size(noise) == pytest.approx(20_000, rel=0.1)
    # An autoregression with coefficient r is worth n (1 - r) / (1 + r).
    assert effective_sample_size(follow) == pytest.approx(20_000 / 9, rel=0.2)
    assert effective_sample_size(np.zeros(7)) == 7
    assert effective_sample_size(np.array([1.0, 2.0])) == 2


def test_figures_are_computed_as_they_say() -> None:
    outcomes = Outcomes(
        how=np.array([ANSWERED, ANSWERED, ABANDONED, ELSEWHERE, 0], dtype=np.int8),
        waited_ms=np.array([10_000.0, 30_000, 5_000, 0, 0]),
        talk_ms=np.array([60_000.0, 120_000, 0, 0, 0]),
        agent=np.array([0, 1, -1, -1, -1]),
        target_ms=np.full(5, 20_000.0),
    )
    figures = outcomes.figures()
    assert figures["answered_contacts"] == 2
    assert figures["abandoned_share"] == pytest.approx(1 / 3)
    assert figures["service_level"] == pytest.approx(1 / 3)
    assert figures["average_speed_of_answer_seconds"] == 20
    assert figures["wait_p90_seconds"] == 28
    assert figures["average_talk_seconds"] == 90
    assert figures["expired_share"] == 0.2
