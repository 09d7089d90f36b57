"""Look-safe intervals: false alarms however often one looks, and what they can see."""

import numpy as np
import pytest
from switchyard_router.domain.experiments.intervals import difference, once
from switchyard_router.domain.experiments.mismatch import mismatch_evidence
from switchyard_router.domain.experiments.power import sample
from switchyard_router.domain.experiments.trial import Units

pytestmark = pytest.mark.unit

LOOKS = 40


def drawn(generator: np.random.Generator, number: int, share: float = 0.5) -> Units:
    """Handle times with a heavy tail, as real ones have."""
    treated = generator.random(number) < share
    values = generator.lognormal(4.6, 0.9, number)
    return Units(treated, np.ones(number), values, share)


def until(units: Units, number: int) -> Units:
    return Units(units.treated[:number], units.counts[:number], units.totals[:number], units.share)


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_forty_looks_at_equal_arms_raise_at_most_one_false_alarm_in_twenty(share: float) -> None:
    generator = np.random.default_rng(7)
    safe = single = 0
    for _ in range(400):
        units = drawn(generator, 4_000, share=share)
        looks = [difference(until(units, 100 * look)) for look in range(1, LOOKS + 1)]
        safe += any(look.told for look in looks)
        single += any(low > 0 or high < 0 for low, high in map(once, looks))
    assert safe <= 0.05 * 400
    assert single > 0.15 * 400


def test_turns_that_share_a_mood_count_as_one_draw_each() -> None:
    generator = np.random.default_rng(8)
    alarms = 0
    for _ in range(300):
        mood = generator.normal(100, 20, 200)
        counts = np.asarray(generator.poisson(20, 200) + 1, dtype=np.float64)
        units = Units(generator.random(200) < 0.5, counts, counts * mood, 0.5)
        alarms += any(difference(until(units, look)).told for look in range(20, 201, 10))
    assert alarms <= 0.05 * 300


def test_says_nothing_before_there_is_enough() -> None:
    found = difference(drawn(np.random.default_rng(1), 50))
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert difference(drawn(np.random.default_rng(1), 0)).units == 0


def test_the_planned_sample_sees_the_planned_difference_as_often_as_planned() -> None:
    generator = np.random.default_rng(9)
    planned = sample(100.0, 12.0, 0.5, power=0.8)
    seen = 0
    for _ in range(400):
        treated = generator.random(planned.always) < 0.5
        values = generator.exponential(100.0, planned.always) + 12.0 * treated
        units = Units(treated, np.ones(planned.always), values, 0.5)
        seen += difference(units, sharpest_at=planned.always).told
    assert 0.74 * 400 < seen < 0.86 * 400
    assert planned.once < planned.always < 4 * planned.once


def test_rarer_arms_smaller_differences_and_more_power_need_more() -> None:
    usual = sample(100.0, 5.0, 0.5)
    assert sample(100.0, 5.0, 0.1).once > usual.once
    assert sample(100.0, 2.5, 0.5).once == pytest.approx(4 * usual.once, rel=0.001)
    assert sample(100.0, 5.0, 0.5, power=0.9).always > usual.always
    assert usual.once == pytest.approx(12_558, rel=0.001)


@pytest.mark.parametrize("bad", [{"spread": 0.0}, {"worth": -1.0}, {"share": 1.0}])
def test_refuses_plans_that_cannot_be(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        sample(**({"spread": 1.0, "worth": 1.0, "share": 0.5} | bad))


def test_shares_that_came_out_wrong_are_found_and_right_ones_not() -> None:
    generator = np.random.default_rng(10)
    alarm = -np.log(0.01)
    wrong = 0
    for _ in range(300):
        arms = np.cumsum(generator.random(4_000) < 0.3)
        wrong += any(
            mismatch_evidence((n - int(arms[n - 1]), int(arms[n - 1])), (0.7, 0.3)) > alarm
            for n in range(100, 4_001, 100)
        )
    assert wrong <= 0.02 * 300
    assert mismatch_evidence((4_700, 5_300), (0.5, 0.5)) > alarm
