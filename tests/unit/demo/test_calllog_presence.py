"""Presence is inferred from services alone."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_demo.calllog.calls import CallType, LoggedCall
from switchyard_demo.calllog.presence import (
    Interval,
    infer_presence,
    merge,
    overlap_seconds,
    turnaround_seconds,
)

pytestmark = pytest.mark.unit

intervals = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 80)).map(lambda t: Interval(t[0], t[0] + t[1])),
    max_size=12,
)


def served(
    start: int | None, seconds: int | None, agent: str | None = "agent_05", arrival: int = 1000
) -> LoggedCall:
    return LoggedCall(
        line="AA0101",
        call_id=1,
        customer=None,
        priority=0,
        type=CallType.REGULAR,
        day=dt.date(1999, 3, 10),
        arrival_seconds=arrival,
        wait_seconds=20,
        answered=True,
        service_start_seconds=start,
        service_seconds=seconds,
        agent=agent,
    )


def test_a_gap_of_ten_minutes_is_presence_and_one_second_more_is_absence() -> None:
    calls = [served(1000, 100), served(1700, 50), served(2351, 49)]
    assert infer_presence(calls) == {"agent_05": (Interval(1000, 1750), Interval(2351, 2400))}


def test_the_gap_can_be_chosen() -> None:
    calls = [served(1000, 100), served(1200, 50)]
    assert infer_presence(calls, 60) == {"agent_05": (Interval(1000, 1100), Interval(1200, 1250))}


def test_overlapping_services_count_once() -> None:
    calls = [served(1000, 300), served(1200, 50), served(1250, 100)]
    assert infer_presence(calls) == {"agent_05": (Interval(1000, 1350),)}


def test_a_line_left_open_proves_presence_only_at_its_beginning() -> None:
    assert infer_presence([served(1000, 5000)]) == {"agent_05": (Interval(1000, 1000),)}


def test_a_service_without_times_proves_presence_when_the_caller_was_answered() -> None:
    assert infer_presence([served(None, None)]) == {"agent_05": (Interval(1020, 1020),)}


def test_nobody_is_never_present() -> None:
    assert infer_presence([served(1000, 100, agent=None)]) == {}


def test_turnaround_is_the_shortest_usual_pause() -> None:
    starts = [1000 + 104 * number for number in range(10)]
    assert turnaround_seconds([served(start, 100) for start in starts]) == 4
    assert turnaround_seconds([served(1000, 100)]) == 0
    assert turnaround_seconds([served(1000, 100), served(1050, 100), served(9000, 1)]) == 0


@given(intervals, st.integers(0, 30))
def test_merged_intervals_lie_apart_and_cover_the_same(found: list[Interval], gap: int) -> None:
    merged = merge(found, gap)
    assert all(b.start - a.end > gap for a, b in pairwise(merged))
    assert all(any(m.start <= i.start and i.end <= m.end for m in merged) for i in found)
    edges = {i.start for i in found} | {i.end for i in found}
    assert all({m.start, m.end} <= edges for m in merged)


@given(intervals, intervals)
def test_overlap_is_what_counting_seconds_gives(
    some: list[Interval], others: list[Interval]
) -> None:
    counted = sum(
        any(i.start <= second < i.end for i in some)
        and any(i.start <= second < i.end for i in others)
        for second in range(600)
    )
    assert overlap_seconds(some, others) == counted


def test_an_interval_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Interval(2, 1)
