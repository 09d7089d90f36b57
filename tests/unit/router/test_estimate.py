"""When estimates are announced: never after they were wrong."""

import pytest
from switchyard_router.domain.estimate import Estimate, Record, estimate, nobody

pytestmark = pytest.mark.unit


def said(p50: float = 60.0, *, observed: float = 100, record: Record | None = None) -> Estimate:
    return estimate(1, p50, 2 * p50, method="test", observed=observed, record=record or Record())


def test_is_silent_until_enough_services_were_seen() -> None:
    assert not said(observed=19).confident
    assert said(observed=20).confident


def test_is_silent_after_it_was_far_off_and_speaks_again_when_it_is_right() -> None:
    record = Record()
    record.came_true(60, 120, 240)
    assert not said(record=record).confident
    assert said(record=record).recent_abs_error_seconds == 180
    for _ in range(20):
        record.came_true(60, 120, 65)
    assert said(record=record).confident


def test_an_error_small_beside_the_wait_does_not_silence() -> None:
    record = Record()
    record.came_true(600, 900, 700)
    assert said(600, record=record).confident
    assert not said(60, record=record).confident


def test_is_silent_when_many_waits_are_longer_than_its_p90() -> None:
    record = Record()
    for number in range(30):
        record.came_true(60, 62, 70 if number % 2 else 60)
    assert record.abs_error_seconds < 30
    assert not said(record=record).confident


def test_customers_who_left_before_the_promised_time_prove_nothing() -> None:
    record = Record()
    record.left_early(60, 120, 50)
    assert record == Record()


def test_customers_who_left_long_after_the_promised_time_are_an_error() -> None:
    record = Record()
    record.left_early(60, 120, 200)
    assert record.abs_error_seconds == 140
    assert not said(record=record).confident


def test_says_nothing_where_nobody_serves() -> None:
    found = nobody(3, "test", Record())
    assert (found.position, found.p90_seconds, found.confident) == (3, 0.0, False)
