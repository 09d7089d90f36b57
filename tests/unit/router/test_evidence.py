"""Evidence against a prediction: false alarms are as rare as promised, breakdowns are found."""

import math
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from switchyard_router.domain.evidence import Evidence, threshold

pytestmark = pytest.mark.unit

ALPHA = 0.05
SECONDS = st.floats(1, 3600)


def first_alarm(
    predicted: np.ndarray, rival: np.ndarray, actual: np.ndarray, alpha: float = ALPHA
) -> int | None:
    """Number of the service at which the evidence suffices; looked at after every one."""
    evidence = Evidence()
    rows = zip(predicted.tolist(), rival.tolist(), actual.tolist(), strict=True)
    for number, row in enumerate(rows, 1):
        evidence.service(*row)
        if evidence.capital >= threshold(alpha):
            return number
    return None


def services(
    rng: np.random.Generator, count: int, error: float, rival_error: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lognormal services; predictions stray from the true median by so much (log seconds)."""
    median = 150 * np.exp(rng.normal(0, 0.3, count))
    actual = median * np.exp(rng.normal(0, 0.8, count))
    return (
        median * np.exp(rng.normal(0, error, count)),
        median * np.exp(rng.normal(0, rival_error, count)),
        actual,
    )


def test_constant_looking_alarms_no_more_often_than_alpha_at_two_equally_good_predictions() -> None:
    rng, runs = np.random.default_rng(5), 300
    alarms = sum(first_alarm(*services(rng, 1000, 0.2, 0.2)) is not None for _ in range(runs))
    # At most 15 are expected; more than 27 would happen once in a thousand times.
    assert alarms <= 27


def test_bets_that_are_exactly_fair_alarm_no_more_often_than_alpha() -> None:
    # The worst innocent case: which of the two is closer is a coin's throw, at full stakes.
    rng, runs, alarms = np.random.default_rng(6), 300, 0
    for _ in range(runs):
        throws = np.where(rng.random(1000) < 0.5, 100.0, 200.0)
        alarms += first_alarm(np.full(1000, 100.0), np.full(1000, 200.0), throws) is not None
    assert alarms <= 27


def test_a_prediction_that_is_better_never_alarms() -> None:
    rng = np.random.default_rng(7)
    assert all(first_alarm(*services(rng, 5000, 0.1, 0.4)) is None for _ in range(10))


def test_a_prediction_whose_errors_doubled_is_found() -> None:
    rng = np.random.default_rng(8)
    median = np.full(3000, 150.0)
    actual = median * np.exp(rng.normal(0, 0.8, 3000))
    # Mean absolute error of the right median is 97 s here; of one 3.6 times as long, double.
    found = first_alarm(median * 3.6, median, actual, alpha=0.01)
    assert found is not None
    assert found < 200


def test_one_that_was_better_for_long_is_still_found_when_it_breaks() -> None:
    rng, good = np.random.default_rng(9), 20_000
    before = services(rng, good, 0.1, 0.4)
    median = np.full(2000, 150.0)
    after = (median * 3.6, median, median * np.exp(rng.normal(0, 0.8, 2000)))
    predicted, rival, actual = (np.concatenate(pair) for pair in zip(before, after, strict=True))
    found = first_alarm(predicted, rival, actual, alpha=0.01)
    assert found is not None
    assert good < found < good + 600


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(SECONDS, SECONDS, SECONDS), max_size=80))
def test_capital_is_always_a_number_above_0(rows: list[tuple[float, float, float]]) -> None:
    evidence = Evidence()
    assert evidence.capital == 1
    for row in rows:
        evidence.service(*row)
        assert evidence.capital > 0
        assert math.isfinite(evidence.capital)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(SECONDS, SECONDS, SECONDS), max_size=30),
    predicted=SECONDS,
    rival=SECONDS,
)
def test_a_service_whose_outcome_is_a_fair_coin_leaves_the_expected_capital_as_it_is(
    rows: list[tuple[float, float, float]], predicted: float, rival: float
) -> None:
    evidence = Evidence()
    for row in rows:
        evidence.service(*row)
    one, other = deepcopy(evidence), deepcopy(evidence)
    one.service(predicted, rival, predicted)
    other.service(predicted, rival, rival)
    assert (one.capital + other.capital) / 2 == pytest.approx(evidence.capital)


def test_overwhelming_evidence_stays_a_number() -> None:
    evidence = Evidence()
    for _ in range(5000):
        evidence.service(200.0, 100.0, 100.0)
    assert 1e200 < evidence.capital < math.inf


def test_a_threshold_of_alpha_0_is_never_reached() -> None:
    assert threshold(0.01) == pytest.approx(100)
    assert threshold(0) == math.inf
