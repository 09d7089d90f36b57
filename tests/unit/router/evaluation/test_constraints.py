"""When a constraint counts as broken, as kept, and when the days cannot tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.evaluation.bootstrap import (
    FEWEST_DAYS,
    Difference,
    mean_difference,
    p95_difference,
)
from switchyard_router.domain.evaluation.constraints import (
    Reading,
    p95_reading,
    spread_reading,
    together,
)
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.service.evaluation.study import Verdict

pytestmark = pytest.mark.unit


def longer(low: float, high: float) -> Difference:
    """Of a p95 wait of 200 s; the margin is 11 s."""
    return Difference(200.0, 200.0 + (low + high) / 2, low, high)


@pytest.mark.parametrize(
    ("low", "high", "reading"),
    [
        (1.5, 30.0, Reading.BROKEN),
        (1.0, 30.0, Reading.NOT_KNOWN),
        (-5.0, 11.5, Reading.NOT_KNOWN),
        (-5.0, 11.0, Reading.KEPT),
        (2.0, 3.0, Reading.BROKEN),
        (float("-inf"), float("inf"), Reading.NOT_KNOWN),
    ],
)
def test_a_wait_is_longer_for_sure_or_surely_not_or_not_known(
    low: float, high: float, reading: Reading
) -> None:
    assert p95_reading(longer(low, high)) is reading


@pytest.mark.parametrize(
    ("low", "high", "reading"),
    [
        (0.021, 0.03, Reading.BROKEN),
        (0.01, 0.03, Reading.NOT_KNOWN),
        (0.01, 0.02, Reading.KEPT),
    ],
)
def test_so_is_the_spread_of_work(low: float, high: float, reading: Reading) -> None:
    assert spread_reading(Difference(0.1, 0.12, low, high)) is reading


@given(st.lists(st.sampled_from(Reading)))
def test_together_the_worst_counts(readings: list[Reading]) -> None:
    worst = [Reading.BROKEN, Reading.NOT_KNOWN, Reading.KEPT]
    assert together(readings) is next((one for one in worst if one in readings), Reading.KEPT)


def verdict(spread: float, **p95: Difference) -> Verdict:
    """Of waits by kind, and how much wider work is spread for sure."""
    return Verdict(
        of_policy("longest_idle"), {}, p95, Difference(0.1, 0.1 + spread, spread, spread)
    )


@pytest.mark.parametrize(
    ("judged", "raw", "reading"),
    [
        (verdict(0.019, PS=longer(-1, 1)), True, Reading.KEPT),
        (verdict(0.021, PS=longer(-1, 1)), False, Reading.BROKEN),
        (verdict(0.0, PS=longer(1.5, 1.5)), False, Reading.BROKEN),
        (verdict(0.0, PS=longer(-1, 5)), False, Reading.KEPT),
        (verdict(0.0, PS=longer(-30, 30), PE=longer(-1, 1)), True, Reading.NOT_KNOWN),
    ],
)
def test_both_readings_are_told(judged: Verdict, raw: bool, reading: Reading) -> None:
    assert judged.constraints_kept is raw
    assert judged.reading is reading


def test_a_kind_of_few_days_is_not_known_and_does_not_stop_a_judgement() -> None:
    few = Difference(200.0, 200.0, float("-inf"), float("inf"))
    judged = verdict(0.0, PS=longer(-1, 1), AA=few)
    assert judged.readings["AA"] is Reading.NOT_KNOWN
    assert judged.reading is Reading.KEPT


def waits(days: int, calls: int, seed: int, longer_s: int = 0) -> np.ndarray:
    """Exponential waits of 60 s and more by second, [days, seconds]."""
    drawn = np.random.default_rng(seed).exponential(60.0, (days, calls)).astype(int) + longer_s
    counts = np.zeros((days, 1201), dtype=np.int32)
    for day, some in enumerate(np.minimum(drawn, 1200)):
        np.add.at(counts[day], some, 1)
    return counts


def test_waits_that_are_longer_by_far_are_found() -> None:
    found = p95_difference(waits(30, 500, 1), waits(30, 500, 1, longer_s=20), 1)
    assert found.change == found.low == found.high == 20
    assert p95_reading(found) is Reading.BROKEN


def test_of_a_rare_kind_a_few_seconds_are_not_known() -> None:
    found = p95_difference(waits(30, 5, 1), waits(30, 5, 2), 1)
    assert found.low < found.change < found.high
    assert p95_reading(found) is Reading.NOT_KNOWN


def test_where_both_are_alike_a_sure_lengthening_is_rare() -> None:
    found = [p95_difference(waits(30, 60, 2 * n), waits(30, 60, 2 * n + 1), n) for n in range(40)]
    assert sum(p95_reading(each) is Reading.BROKEN for each in found) <= 4


def test_few_days_say_nothing() -> None:
    some = waits(FEWEST_DAYS - 1, 500, 1)
    assert np.isinf(p95_difference(some, some, 1).high)
    assert np.isinf(mean_difference(np.zeros(4), np.zeros(4), 1).high)
    none = np.zeros((30, 10), dtype=np.int32)
    assert np.isnan(p95_difference(none, none, 1).change)
