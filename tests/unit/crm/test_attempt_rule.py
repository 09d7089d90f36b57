"""Wrong attempts are counted, and lock for longer and longer."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_crm.domain.attempts import AttemptRule, Tally

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
RULE = AttemptRule(
    free=5, first_lock_seconds=60.0, longest_lock_seconds=86_400.0, forget_seconds=7 * 86_400.0
)


def after(wrong: int, now: datetime = NOW) -> Tally:
    tally = Tally()
    for _ in range(wrong):
        tally = RULE.counted(tally, now)
    return tally


def test_the_last_free_attempt_locks_and_each_further_one_for_twice_as_long() -> None:
    locks = [RULE.locked_seconds(after(wrong), NOW) for wrong in range(1, 9)]
    assert locks == [0, 0, 0, 0, 60, 120, 240, 480]


def test_the_lock_never_takes_longer_than_the_longest() -> None:
    assert RULE.locked_seconds(after(500), NOW) == 86_400


def test_a_lock_ends() -> None:
    assert RULE.locked_seconds(after(5), NOW + timedelta(seconds=59)) == 1
    assert RULE.locked_seconds(after(5), NOW + timedelta(seconds=60)) == 0


def test_a_clock_that_is_put_back_locks_nobody_for_years() -> None:
    assert RULE.locked_seconds(after(9), NOW - timedelta(days=9_000)) == 86_400


def test_an_attempt_that_was_right_is_taken_back_with_its_lock() -> None:
    assert RULE.given_back(after(5)) == Tally(4, None, NOW)
    assert RULE.locked_seconds(RULE.given_back(after(6)), NOW) == 120


def test_all_is_forgotten_some_time_after_the_last_attempt() -> None:
    assert RULE.remembered(after(9), NOW + timedelta(days=7)).wrong == 9
    assert RULE.remembered(after(9), NOW + timedelta(days=7, seconds=1)) == Tally()


@given(st.lists(st.floats(0, 86_400 * 3), max_size=200))
def test_whoever_goes_on_guessing_gets_about_one_attempt_a_day(waits: list[float]) -> None:
    """However attempts are spread over time: what is compared in a month stays few."""
    tally, now, compared = Tally(), NOW, []
    for wait in waits:
        now += timedelta(seconds=wait)
        tally = RULE.remembered(tally, now)
        if RULE.locked_seconds(tally, now) == 0:
            tally = RULE.counted(tally, now)
            compared.append(now)
    month = timedelta(days=30)
    # 5 free ones and 11 doublings before a lock takes a day; starting over takes a week's silence.
    most = 5 + 11 + 30
    assert all(
        len([each for each in compared if first <= each < first + month]) <= most
        for first in compared
    )
