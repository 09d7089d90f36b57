"""The product-limit estimate against figures worked out by hand, and what is drawn from it."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_demo.calllog.calls import CallType, LoggedCall
from switchyard_demo.calllog.patience import (
    FEWEST_ABANDONMENTS,
    estimate_patience,
    kaplan_meier,
)

pytestmark = pytest.mark.unit

observations = st.lists(st.tuples(st.integers(0, 300), st.booleans()), min_size=1, max_size=60)


def call(
    wait: int, *, answered: bool, kind: CallType = CallType.REGULAR, number: int = 1
) -> LoggedCall:
    return LoggedCall(
        line="AA0101",
        call_id=number,
        customer=None,
        priority=0,
        type=kind,
        day=dt.date(1999, 3, 10),
        arrival_seconds=36_000,
        wait_seconds=wait,
        answered=answered,
        service_start_seconds=36_000 + wait if answered else None,
        service_seconds=100 if answered else None,
        agent="agent_05" if answered else None,
    )


def test_agrees_with_an_estimate_worked_out_by_hand() -> None:
    # Seven callers: 3 left, 5 answered, 5 left, 5 left, 8 answered, 10 left, 12 answered.
    # At 3 s one of seven left, at 5 s two of six (the one answered at 5 s still counts),
    # at 10 s one of two.
    curve = kaplan_meier([3, 5, 5, 5, 8, 10, 12], [True, False, True, True, False, True, False])
    assert curve.times.tolist() == [3, 5, 10]
    assert curve.survival == pytest.approx([6 / 7, 6 / 7 * 4 / 6, 6 / 7 * 4 / 6 * 1 / 2])
    assert curve.at([0, 2.9, 3, 4, 5, 9.9, 10, 12]) == pytest.approx(
        [1, 1, 6 / 7, 6 / 7, 4 / 7, 4 / 7, 2 / 7, 2 / 7]
    )


def test_goes_on_beyond_the_longest_wait_with_a_constant_hazard() -> None:
    curve = kaplan_meier([10, 20], [True, False])
    hazard = math.log(2) / 20
    assert curve.tail_hazard == pytest.approx(hazard)
    assert curve.at([20, 50]) == pytest.approx([0.5, 0.5 * math.exp(-30 * hazard)])


def test_draws_given_the_wait_follow_the_estimate() -> None:
    curve = kaplan_meier([3, 5, 5, 5, 8, 10, 12], [True, False, True, True, False, True, False])
    drawn = curve.draw_beyond(np.full(20_000, 4.0), np.random.default_rng(1))
    # Given more than 4 s: 6/7 survive to it; 4/7 of all pass 5 s, 2/7 pass 10 s.
    assert set(drawn[drawn <= 12]) == {5.0, 10.0}
    assert np.mean(drawn == 5) == pytest.approx(1 - (4 / 7) / (6 / 7), abs=0.01)
    assert np.mean(drawn == 10) == pytest.approx((2 / 7) / (6 / 7), abs=0.01)
    beyond = drawn[drawn > 12] - 12
    assert beyond.mean() == pytest.approx(1 / curve.tail_hazard, rel=0.05)


def test_without_any_abandonment_patience_has_no_end() -> None:
    curve = kaplan_meier([5, 50], [False, False])
    assert curve.tail_hazard == 0
    assert curve.at([1000]).tolist() == [1]
    assert curve.draw_beyond([7], np.random.default_rng(1)).tolist() == [math.inf]


def test_where_everybody_had_given_up_patience_is_the_wait() -> None:
    curve = kaplan_meier([30, 30], [True, False])
    assert curve.survival.tolist() == [0.5]
    all_gone = kaplan_meier([10, 30], [False, True])
    assert all_gone.draw_beyond([30, 40], np.random.default_rng(1)).tolist() == [30, 40]


@given(observations)
def test_the_curve_falls_from_one_to_nothing_less_than_zero(data: list[tuple[int, bool]]) -> None:
    waits, abandoned = zip(*data, strict=True)
    curve = kaplan_meier(waits, abandoned)
    shares = curve.at(np.arange(-1, 400))
    assert shares[0] == 1
    assert (np.diff(shares) <= 1e-12).all()
    assert (shares >= 0).all()


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40))
def test_without_censoring_it_is_the_share_still_waiting(waits: list[int]) -> None:
    curve = kaplan_meier(waits, [True] * len(waits))
    for second in range(0, 101, 10):
        share = sum(wait > second for wait in waits) / len(waits)
        assert curve.at([second]) == pytest.approx([share], abs=1e-9)


@given(observations, st.lists(st.integers(0, 400), min_size=1, max_size=20), st.integers(0, 99))
def test_no_draw_is_shorter_than_the_wait(
    data: list[tuple[int, bool]], waits: list[int], seed: int
) -> None:
    curve = kaplan_meier(*zip(*data, strict=True))
    drawn = curve.draw_beyond(waits, np.random.default_rng(seed))
    assert (drawn >= waits).all()
    again = curve.draw_beyond(waits, np.random.default_rng(seed))
    assert (drawn == again).all()


@pytest.mark.parametrize(("waits", "abandoned"), [([], []), ([1, 2], [True]), ([[1]], [[True]])])
def test_refuses_what_is_no_sample(waits: list[int], abandoned: list[bool]) -> None:
    with pytest.raises(ValueError, match="one wait and one flag per caller"):
        kaplan_meier(waits, abandoned)


def test_patience_of_those_who_gave_up_is_their_wait() -> None:
    calls = [call(30, answered=False), call(40, answered=True), call(90, answered=False)]
    seconds = estimate_patience(calls).seconds(calls, np.random.default_rng(3))
    assert seconds[0] == 30
    assert seconds[1] > 40
    assert seconds[2] == 90


def test_a_type_gets_its_own_curve_once_enough_of_its_callers_gave_up() -> None:
    impatient = [call(5, answered=False, kind=CallType.NEW_CUSTOMER)] * FEWEST_ABANDONMENTS
    rare = [call(300, answered=False, kind=CallType.ENGLISH)] * (FEWEST_ABANDONMENTS - 1)
    patience = estimate_patience([*impatient, *rare])
    assert patience.curve(CallType.NEW_CUSTOMER).at([5]).tolist() == [0]
    assert patience.curve(CallType.ENGLISH) is patience.of_all
    assert patience.curve(CallType.STOCKS) is patience.of_all
