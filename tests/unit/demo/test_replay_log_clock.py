"""The log's time: compressed, without the quiet night, still while the router owes something."""

import asyncio
import datetime as dt
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_demo.calllog.calls import CallType
from switchyard_demo.calllog.findings import ReadReport
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact, ReplayPlan
from switchyard_demo.calllog.presence import Interval
from switchyard_demo.replay.log_clock import (
    CLOSING_SECONDS,
    DEBT_SECONDS,
    Hours,
    LogClock,
    hours_of,
)

pytestmark = pytest.mark.unit

AT_SEVEN = 7 * 3600.0
SECONDS = st.floats(0, 100_000)


class HandTurned:
    """Real time that passes when a test says so."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._due: list[tuple[float, asyncio.TimerHandle]] = []
        self._loop = asyncio.new_event_loop()

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        when = self._now + delay
        handle = asyncio.TimerHandle(when, callback, (), self._loop)
        self._due.append((when, handle))
        return handle

    def passes(self, seconds: float) -> None:
        self._now += seconds
        for when, handle in [due for due in self._due if due[0] <= self._now]:
            self._due.remove((when, handle))
            if not handle.cancelled():
                handle._run()

    def close(self) -> None:
        self._loop.close()


@pytest.fixture
def real() -> HandTurned:
    turned = HandTurned()
    turned.close()
    return turned


def started(real: HandTurned, *, speed: float = 100, holds: bool = True) -> LogClock:
    clock = LogClock(Hours(AT_SEVEN, AT_SEVEN + 36_000, ()), speed, real, holds=holds)
    clock.start()
    return clock


def contact(arrival: float, patience: float = 100, service: float = 60) -> PlannedContact:
    return PlannedContact(
        name=f"at {arrival}",
        arrival_seconds=arrival,
        type=CallType.REGULAR,
        language="he",
        patience_seconds=patience,
        patience_drawn=False,
        service_seconds=service,
        service_drawn=False,
    )


def plan(contacts: list[PlannedContact], *presence: Interval) -> ReplayPlan:
    agent = PlannedAgent("a", presence, frozenset({CallType.REGULAR}))
    return ReplayPlan(
        day=dt.date(1999, 3, 10),
        contacts=tuple(contacts),
        agents=(agent,),
        away_gap_seconds=600,
        turnaround_seconds=4,
        logged=(),
        report=ReadReport(0, 0, {}, {}),
    )


def test_it_stands_until_the_day_begins(real: HandTurned) -> None:
    clock = LogClock(Hours(AT_SEVEN, AT_SEVEN + 36_000, ()), 100, real)
    real.passes(60)
    assert clock.now() == AT_SEVEN
    clock.start()
    real.passes(1)
    assert clock.now() == AT_SEVEN + 100


def test_a_second_of_the_log_takes_its_part_of_a_real_one(real: HandTurned) -> None:
    clock = started(real, speed=480)
    assert clock.left(AT_SEVEN + 960) == pytest.approx(2.0)
    real.passes(1.5)
    assert clock.now() == pytest.approx(AT_SEVEN + 720)
    assert clock.left(AT_SEVEN + 960) == pytest.approx(0.5)
    assert clock.left(AT_SEVEN + 600) < 0


def test_it_stands_still_while_reports_are_on_their_way(real: HandTurned) -> None:
    clock = started(real)
    real.passes(1)
    with clock.standing():
        real.passes(0.3)
        with clock.standing():
            real.passes(0.3)
        real.passes(0.3)
        assert clock.now() == pytest.approx(AT_SEVEN + 100)
        assert clock.left(AT_SEVEN + 100) > 0  # a moment comes when it goes on, not before
    real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 200)
    assert clock.stood_seconds == pytest.approx(0.9)


def test_it_stands_still_while_the_router_owes_something(real: HandTurned) -> None:
    clock = started(real)
    clock.owes(True)
    clock.owes(True)
    real.passes(0.5)
    assert clock.now() == AT_SEVEN
    clock.owes(False)
    real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 100)
    assert clock.unpaid == 0


def test_it_does_not_wait_for_ever_and_says_so(real: HandTurned) -> None:
    clock = started(real)
    clock.owes(True)
    real.passes(DEBT_SECONDS)
    real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 100)
    assert clock.unpaid == 1
    clock.owes(False)
    clock.owes(True)
    real.passes(0.5)
    assert clock.now() == pytest.approx(AT_SEVEN + 100)


def test_running_free_it_stands_still_for_nothing(real: HandTurned) -> None:
    clock = started(real, holds=False)
    clock.owes(True)
    with clock.standing():
        real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 100)
    with clock.expecting(AT_SEVEN + 150):
        real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 200)
    assert clock.stood_seconds == pytest.approx(0)
    assert clock.unpaid == 0


def test_it_does_not_pass_a_moment_before_those_who_wait_for_it_have_acted(
    real: HandTurned,
) -> None:
    clock = started(real)
    with clock.expecting(AT_SEVEN + 500), clock.expecting(AT_SEVEN + 100):
        real.passes(3)
        assert clock.now() == AT_SEVEN + 100
        assert clock.left(AT_SEVEN + 100) == 0
        assert clock.left(AT_SEVEN + 500) == pytest.approx(4)
    real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 200)


def test_a_moment_that_is_over_holds_nothing_up(real: HandTurned) -> None:
    clock = started(real)
    real.passes(2)
    with clock.expecting(AT_SEVEN + 100), clock.expecting(math.inf):
        real.passes(1)
        assert clock.now() == pytest.approx(AT_SEVEN + 200)
    real.passes(1)
    assert clock.now() == pytest.approx(AT_SEVEN + 300)


@given(st.lists(st.tuples(st.floats(0, 0.4), st.booleans()), max_size=30))
def test_it_never_goes_back_and_loses_only_what_it_stood(steps: list[tuple[float, bool]]) -> None:
    real = HandTurned()
    real.close()
    clock = started(real)
    passed, seen = 0.0, clock.now()
    for seconds, owes in steps:
        clock.owes(owes)
        real.passes(seconds)
        passed += seconds
        assert clock.now() >= seen
        seen = clock.now()
    clock.owes(False)
    running = (clock.now() - AT_SEVEN) / 100
    assert running + clock.stood_seconds == pytest.approx(passed, abs=1e-6)


def test_quiet_stretches_are_not_played() -> None:
    hours = Hours(0, 20_000, (Interval(1000, 5000), Interval(6000, 9000)))
    assert [hours.played(s) for s in (1000, 3000, 5500, 10_000)] == [1000, 1000, 1500, 3000]
    assert [hours.second(p) for p in (1000, 1500, 3000)] == [1000, 5500, 10_000]


@given(SECONDS, SECONDS)
def test_the_order_of_moments_is_kept(one: float, other: float) -> None:
    hours = Hours(0, 100_000, (Interval(20_000, 30_000),))
    earlier, later = sorted((one, other))
    assert hours.played(earlier) <= hours.played(later)
    if not 20_000 < one <= 30_000:
        assert hours.second(hours.played(one)) == pytest.approx(one)


def test_a_day_begins_with_the_first_caller_and_ends_after_the_last_agent() -> None:
    hours = hours_of(plan([contact(AT_SEVEN - 30)], Interval(AT_SEVEN, AT_SEVEN + 3600)))
    assert hours == Hours(AT_SEVEN - 30, AT_SEVEN + 3600 + CLOSING_SECONDS, ())


def test_the_night_is_skipped_where_nobody_waits_works_or_talks() -> None:
    night = [contact(29, patience=300), contact(10_000, patience=500)]
    hours = hours_of(plan(night, Interval(29, 29), Interval(AT_SEVEN, AT_SEVEN + 3600)))
    assert hours.quiet == (Interval(329, 10_000), Interval(10_500, AT_SEVEN))
    played = 300 + 500 + 3600 + CLOSING_SECONDS
    assert hours.played(hours.closing_second) == pytest.approx(played)


def test_a_gap_of_the_working_day_is_played_as_long_as_somebody_may_talk() -> None:
    stretches = (Interval(AT_SEVEN, AT_SEVEN + 60), Interval(AT_SEVEN + 7200, AT_SEVEN + 9000))
    quiet = hours_of(plan([contact(AT_SEVEN, service=3000)], *stretches)).quiet
    assert quiet == (Interval(AT_SEVEN + 3060, AT_SEVEN + 7200),)


def test_nothing_is_skipped_while_a_caller_waits_for_ever() -> None:
    waiting = [contact(29, patience=math.inf), contact(AT_SEVEN)]
    assert hours_of(plan(waiting, Interval(AT_SEVEN, AT_SEVEN + 3600))).quiet == ()


def test_a_day_without_agents_ends_after_the_last_caller() -> None:
    assert hours_of(plan([contact(500), contact(900)])).closing_second == 900 + CLOSING_SECONDS
