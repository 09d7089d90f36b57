"""The event loop against days small enough to play by hand."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_demo.calllog.calls import CallType
from switchyard_demo.calllog.fifo import serve_in_order
from switchyard_demo.calllog.kpis import CallRecord
from switchyard_demo.calllog.plan import PlannedAgent, PlannedContact
from switchyard_demo.calllog.presence import Interval

pytestmark = pytest.mark.unit

REGULAR, STOCKS = CallType.REGULAR, CallType.STOCKS


def contact(
    arrival: float, service: float = 100, patience: float = 1000, kind: CallType = REGULAR
) -> PlannedContact:
    return PlannedContact(
        name=f"at {arrival}",
        arrival_seconds=arrival,
        type=kind,
        language="he",
        patience_seconds=patience,
        patience_drawn=False,
        service_seconds=service,
        service_drawn=False,
    )


def agent(
    code: str, *presence: tuple[float, float], types: set[CallType] | None = None
) -> PlannedAgent:
    stretches = tuple(Interval(*stretch) for stretch in presence or ((0, 10_000),))
    return PlannedAgent(code, stretches, frozenset(types or {REGULAR}))


def served(arrival: float, wait: float, seconds: float, who: str) -> CallRecord:
    return CallRecord(arrival, wait, True, arrival + wait, seconds, who)


def test_callers_are_served_in_order_of_arrival() -> None:
    records = serve_in_order([contact(0), contact(10), contact(20)], [agent("a")])
    assert records == [
        served(0, 0, 100, "a"),
        served(10, 90, 100, "a"),
        served(20, 180, 100, "a"),
    ]


def test_the_agent_idle_for_longest_takes_the_call() -> None:
    contacts = [contact(0, 50), contact(1, 10), contact(100)]
    records = serve_in_order(contacts, [agent("a"), agent("b")])
    assert [record.agent for record in records] == ["a", "b", "b"]


def test_a_caller_gives_up_when_patience_ends() -> None:
    records = serve_in_order([contact(0), contact(10, patience=30)], [agent("a")])
    assert records[1] == CallRecord(10, 30, answered=False)


def test_giving_up_comes_before_an_agent_who_is_free_in_the_same_second() -> None:
    records = serve_in_order([contact(0), contact(10, patience=90)], [agent("a")])
    assert not records[1].answered


def test_agents_serve_only_what_they_can() -> None:
    contacts = [contact(0, kind=STOCKS), contact(1)]
    agents = [agent("a"), agent("b", (50, 10_000), types={REGULAR, STOCKS})]
    records = serve_in_order(contacts, agents)
    assert records == [served(0, 50, 100, "b"), served(1, 0, 100, "a")]


def test_an_agent_finishes_a_service_and_then_is_gone() -> None:
    contacts = [contact(0), contact(10, patience=500)]
    records = serve_in_order(contacts, [agent("a", (0, 60), (300, 400))])
    assert records == [served(0, 0, 100, "a"), served(10, 290, 100, "a")]


def test_an_agent_whose_stretch_ends_with_the_service_takes_no_further_call() -> None:
    records = serve_in_order([contact(0), contact(10, patience=500)], [agent("a", (0, 100))])
    assert not records[1].answered


def test_an_agent_away_during_a_long_service_goes_on_afterwards() -> None:
    contacts = [contact(0, 500), contact(10)]
    records = serve_in_order(contacts, [agent("a", (0, 100), (200, 1000))])
    assert records[1] == served(10, 490, 100, "a")


def test_agents_pause_after_each_service() -> None:
    records = serve_in_order([contact(0), contact(10)], [agent("a")], turnaround_seconds=4)
    assert records[1].wait_seconds == 94


def test_the_service_time_may_depend_on_the_agent() -> None:
    records = serve_in_order(
        [contact(0)], [agent("slow")], service_time=lambda c, a: c.service_seconds * len(a.code)
    )
    assert records[0].service_seconds == 400


def test_endless_patience_without_agents_ends_with_the_day() -> None:
    contacts = [contact(0, patience=math.inf), contact(40, patience=10)]
    assert serve_in_order(contacts, []) == [
        CallRecord(0, 50, answered=False),
        CallRecord(40, 10, answered=False),
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600),
            st.integers(1, 200),
            st.integers(0, 300),
            st.sampled_from([REGULAR, STOCKS]),
        ),
        max_size=30,
    ),
    st.lists(st.sampled_from([{REGULAR}, {STOCKS}, {REGULAR, STOCKS}]), max_size=4),
    st.integers(0, 10),
)
def test_nobody_is_served_twice_at_once_nor_after_giving_up(
    callers: list[tuple[int, int, int, CallType]], skills: list[set[CallType]], pause: int
) -> None:
    contacts = [contact(at, service, patience, kind) for at, service, patience, kind in callers]
    agents = [agent(f"a{n}", (0, 300), (400, 800), types=t) for n, t in enumerate(skills)]
    records = serve_in_order(contacts, agents, turnaround_seconds=pause)
    assert len(records) == len(contacts)
    able = {a.code: a.types for a in agents}
    busy: dict[str, list[tuple[float, float]]] = {}
    for planned, record in zip(contacts, records, strict=True):
        assert record.arrival_seconds == planned.arrival_seconds
        assert 0 <= record.wait_seconds <= planned.patience_seconds
        if not record.answered:
            assert record.wait_seconds == planned.patience_seconds
            continue
        assert record.agent is not None
        assert record.service_start_seconds is not None
        assert planned.type in able[record.agent]
        end = record.service_start_seconds + planned.service_seconds + pause
        busy.setdefault(record.agent, []).append((record.service_start_seconds, end))
    for spans in busy.values():
        spans.sort()
        assert all(b[0] >= a[1] for a, b in pairwise(spans))


def test_a_presence_without_length_brings_nobody() -> None:
    contacts = [contact(10, patience=30), contact(100, patience=30)]
    records = serve_in_order(contacts, [agent("a", (10, 10))])
    assert [record.answered for record in records] == [False, False]
