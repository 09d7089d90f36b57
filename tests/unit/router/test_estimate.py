"""Wait estimates against tabled quantiles."""

import pytest
from switchyard_router.domain.estimate import Estimate, estimate_wait

pytestmark = pytest.mark.unit


def estimate(position: int, **changes: float) -> Estimate:
    values: dict[str, float] = {"staffed": 1, "mean_handle_seconds": 1.0, "finished": 100}
    values |= {"recent_abs_error_seconds": 0.0} | changes
    return estimate_wait(position=position, **values)  # type: ignore[arg-type]


# Half the chi-square quantiles with 2k degrees of freedom (Abramowitz and Stegun, table 26.8).
@pytest.mark.parametrize(
    ("position", "median", "ninth"),
    [(1, 0.6931, 2.3026), (5, 4.6709, 7.9936), (10, 9.6687, 14.2060), (15, 14.6680, 20.1280)],
)
def test_quantiles_agree_with_the_tables(position: int, median: float, ninth: float) -> None:
    found = estimate(position)
    assert found.p50_seconds == pytest.approx(median, rel=0.015)
    assert found.p90_seconds == pytest.approx(ninth, rel=0.015)


def test_twice_the_people_halve_the_wait() -> None:
    assert estimate(4, staffed=2).p50_seconds == pytest.approx(estimate(4).p50_seconds / 2)


@pytest.mark.parametrize(
    "nothing", [{"staffed": 0}, {"mean_handle_seconds": 0.0}, {"finished": 19}]
)
def test_says_so_when_it_does_not_know(nothing: dict[str, float]) -> None:
    assert not estimate(3, **nothing).confident


def test_is_silent_after_it_was_wrong() -> None:
    assert estimate(1, mean_handle_seconds=60, recent_abs_error_seconds=29).confident
    assert not estimate(1, mean_handle_seconds=60, recent_abs_error_seconds=31).confident


def test_who_does_not_wait_has_no_estimate() -> None:
    assert not estimate(0).confident
