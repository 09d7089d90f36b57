"""Off-policy estimates, on a log whose every truth is known."""

import numpy as np
import pytest
from switchyard_router.domain.experiments.offpolicy import OffPolicy, off_policy

pytestmark = pytest.mark.unit

SHARE = 0.3
TRUTH = 90.0


def logged(seed: int, number: int = 2_000, model_error: float = 0.0) -> OffPolicy:
    """The rule takes the second arm for one kind of contact, the first for the other."""
    generator = np.random.default_rng(seed)
    kind, second = generator.integers(0, 2, number), generator.random(number) < SHARE
    means = np.array([[100.0, 80.0], [100.0, 140.0]])
    values = means[kind, second.astype(int)] + generator.normal(0, 30, number)
    rule = kind == 0
    propensity = np.where(second, SHARE, 1 - SHARE)
    expected = means[kind, rule.astype(int)] + model_error
    return off_policy(values, second == rule, propensity, expected)


def test_estimates_are_unbiased_even_where_the_model_is_wrong() -> None:
    found = [logged(seed, model_error=25.0) for seed in range(300)]
    for name in ("ips", "snips", "doubly_robust"):
        values = np.array([getattr(one, name).value for one in found])
        assert abs(values.mean() - TRUTH) < 3 * values.std() / np.sqrt(len(values)) + 0.05
        errors = np.mean([getattr(one, name).error for one in found])
        assert errors == pytest.approx(values.std(), rel=0.15)


def test_a_right_model_makes_estimates_sharper() -> None:
    found = logged(1)
    assert found.doubly_robust.error < found.snips.error < found.ips.error


def test_the_effective_sample_is_what_the_weights_leave() -> None:
    found = logged(1)
    assert found.effective < found.matched < found.contacts
    certain = off_policy(np.ones(10), np.ones(10, dtype=bool), np.ones(10), np.ones(10))
    assert certain.effective == 10


def test_refuses_what_the_log_cannot_tell() -> None:
    ones, none = np.ones(4), np.zeros(4, dtype=bool)
    with pytest.raises(ValueError, match="never did"):
        off_policy(ones, none, ones, ones)
    with pytest.raises(ValueError, match="propensities"):
        off_policy(ones, ~none, ones * 0, ones)
