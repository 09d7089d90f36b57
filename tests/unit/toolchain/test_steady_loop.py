"""The time of the tests' event loop: what the machine loses does not count, all else does."""

import pytest

from tests.fakes.steady_loop import SteadyTime

pytestmark = pytest.mark.unit


class Machine:
    """A clock, and how much of its time this thread worked."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.worked = 7.0
        self.time = SteadyTime(lambda: self.seconds, lambda: self.worked)

    def passes(self, seconds: float, worked: float = 0.0) -> None:
        self.seconds += seconds
        self.worked += worked

    def waits(self, at_most: float, *, took: float, worked: float = 0.0) -> float:
        """By how much the time goes on meanwhile."""
        began = self.time.now()
        self.passes(took, worked)
        self.time.waited(at_most)
        return self.time.now() - began


@pytest.mark.parametrize("took", [0.0, 0.05, 0.2, 0.4])
def test_time_that_was_waited_for_counts(took: float) -> None:
    assert Machine().waits(0.2, took=took) == pytest.approx(took)


@pytest.mark.parametrize("lost", [0.5, 5.0, 3600.0])
def test_time_that_nobody_waited_for_is_lost(lost: float) -> None:
    assert Machine().waits(0.2, took=0.2 + lost) == pytest.approx(0.2)


def test_work_counts_however_long_it_takes() -> None:
    assert Machine().waits(0.0, took=9.0, worked=9.0) == pytest.approx(9.0)
    assert Machine().waits(0.0, took=9.0, worked=2.0) == pytest.approx(2.0)


def test_what_is_lost_again_and_again_is_lost_in_sum() -> None:
    machine = Machine()
    for _ in range(4):
        machine.waits(0.1, took=8.1)
    assert machine.time.now() == pytest.approx(100.4)


def test_a_timer_that_is_set_after_a_standstill_is_not_late() -> None:
    machine = Machine()
    machine.passes(8.0)
    due = machine.time.now() + 0.1
    machine.waits(0.1, took=0.1)
    assert machine.time.now() == pytest.approx(due)
