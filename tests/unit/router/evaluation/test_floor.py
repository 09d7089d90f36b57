"""A day played: who gets whom, who gives up, and that the router's matching would say the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.evaluation.contenders import Contender, Knowledge, tuned
from switchyard_router.domain.evaluation.days import Day, Luck, Presence, Staff
from switchyard_router.domain.evaluation.floor import NOBODY, Floor, Played
from switchyard_router.domain.lanes import Lane
from switchyard_router.domain.matching import match
from switchyard_scoring.scoring import agent_key, best_first, lots

pytestmark = pytest.mark.unit

IDLE = Contender("longest_idle", {"idle": 1.0})
FASTEST = Contender("fastest", {"handle": 1.0}, knowledge=Knowledge.TRUE)


def played(
    calls: list[tuple[float, int, float]],
    means: list[list[float]],
    contender: Contender = IDLE,
    presences: tuple[Presence, ...] = (),
    wrap_up_s: float = 0.0,
    serves: list[list[bool]] | None = None,
) -> Played:
    """Calls (arrival, kind, patience) of exactly the mean handle time [kinds][agents]."""
    true_s = np.array(means)
    size = true_s.shape[1]
    staff = Staff(
        ids=tuple(f"agent{row}" for row in range(size)),
        kinds=tuple(f"kind{row}" for row in range(len(means))),
        serves=np.array(serves) if serves else np.ones(true_s.shape, dtype=bool),
        true_s=true_s,
    )
    arrive, kind, patience = (np.array(each) for each in zip(*calls, strict=True))
    there = presences or tuple(Presence(row, 0.0, 1e6) for row in range(size))
    nothing = np.zeros(len(calls))
    day = Day("2000-01-01", arrive, kind, nothing, nothing > 0, there, true_s)
    luck = Luck(arrive, kind, np.ones(len(calls)), patience)
    return Floor(day, luck, staff, contender, wrap_up_s).play()


FOREVER = float("inf")


def test_one_agent_serves_calls_as_they_came() -> None:
    run = played([(10, 0, FOREVER), (20, 0, FOREVER), (30, 0, FOREVER)], [[100.0]])
    assert run.waited_s.tolist() == [0.0, 90.0, 180.0]
    assert run.busy_s.tolist() == [300.0]


def test_who_gives_up_is_not_served_and_keeps_nobody() -> None:
    run = played([(10, 0, FOREVER), (20, 0, 50.0), (30, 0, FOREVER)], [[100.0]])
    assert run.agent.tolist() == [0, NOBODY, 0]
    assert run.waited_s.tolist() == [0.0, 50.0, 80.0]


def test_wrap_up_keeps_an_agent_from_the_next_call() -> None:
    run = played([(10, 0, FOREVER), (20, 0, FOREVER)], [[100.0]], wrap_up_s=30.0)
    assert run.waited_s.tolist() == [0.0, 120.0]
    assert run.handle_s.tolist() == [100.0, 100.0]


def test_nobody_is_served_by_who_is_away() -> None:
    there = (Presence(0, 0.0, 15.0), Presence(0, 500.0, 600.0))
    run = played([(10, 0, FOREVER), (20, 0, FOREVER)], [[100.0]], presences=there)
    assert run.waited_s.tolist() == [0.0, 480.0]


def test_who_never_got_anybody_has_waited_until_the_end() -> None:
    run = played([(10, 0, FOREVER)], [[100.0]], serves=[[False]])
    assert run.agent.tolist() == [NOBODY]
    assert run.waited_s.tolist() == [1e6 - 10]


def test_the_longest_idle_is_asked_or_the_fastest() -> None:
    calls = [(10.0, 0, FOREVER), (300.0, 0, FOREVER)]
    there = (Presence(0, 0.0, 1e6), Presence(1, 5.0, 1e6))
    assert played(calls, [[100.0, 50.0]], IDLE, there).agent.tolist() == [0, 1]
    assert played(calls, [[100.0, 50.0]], FASTEST, there).agent.tolist() == [1, 1]


def test_a_rescue_goes_before_a_call_that_is_late_anyway() -> None:
    calls = [(0.0, 0, FOREVER), (10.0, 0, FOREVER), (90.0, 1, FOREVER)]
    means = [[100.0], [100.0]]
    by_place = played(calls, means)
    rescuing = played(calls, means, tuned({"urgency": 0.1, "rescue": 1.0}))
    assert by_place.waited_s.tolist() == [0.0, 90.0, 110.0]
    assert rescuing.waited_s.tolist() == [0.0, 190.0, 10.0]


@given(
    means=st.lists(st.integers(30, 300), min_size=2, max_size=6),
    seed=st.integers(0, 1_000),
)
def test_the_floor_chooses_as_the_routers_matching_does(means: list[int], seed: int) -> None:
    staff = Staff(
        tuple(f"agent{row}" for row in range(len(means))),
        ("kind",),
        np.ones((1, len(means)), dtype=bool),
        np.array([means], dtype=float),
    )
    one = np.array([50.0])
    there = tuple(Presence(row, 0.0, 1e4) for row in range(len(means)))
    day = Day("d", one, np.array([0]), one * 0, one < 0, there, staff.true_s)
    luck = Luck(one, np.array([0]), one / 50, one)
    run = Floor(day, luck, staff, FASTEST, seed=seed).play()
    fits = np.array(means, dtype=float) * -1.0
    keys = np.array([agent_key(each) for each in staff.ids], dtype=np.uint64)
    order = best_first(fits, lots(keys, seed))
    lane = Lane(order, fits[order], [(50_000, "c")], np.zeros(1))
    assert run.agent.tolist() == [found.row for found in match([lane], len(means))]


@given(waits=st.lists(st.integers(1, 400), min_size=2, max_size=5, unique=True))
def test_among_lines_the_floor_serves_the_one_that_matching_would(waits: list[int]) -> None:
    """One agent comes at 500 s; calls of different kinds have waited so long by then."""
    contender = tuned({"handle": 1.0, "urgency": 1.0, "rescue": 1.0, "overdue": 1.0})
    means = [[float(100 + 7 * kind)] for kind in range(len(waits))]
    calls = sorted((500.0 - wait, kind, FOREVER) for kind, wait in enumerate(waits))
    run = played(calls, means, contender, (Presence(0, 500.0, 501.0),))
    served = [calls[at][1] for at in np.flatnonzero(run.agent != NOBODY).tolist()]
    lanes = [
        Lane(
            rows=np.array([0]),
            fit=np.array([-mean]),
            contacts=[(500_000 - wait * 1000, str(wait))],
            urgency=np.array([_urgency(wait)]),
            needs=kind,
            trades=True,
        )
        for kind, (wait, (mean,)) in enumerate(zip(waits, means, strict=True))
    ]
    worths = sorted(float(lane.fit[0] + lane.urgency[0]) for lane in lanes)
    if worths[-1] - worths[-2] > 1e-3:
        assert served == [found.lane for found in match(lanes, 1)]


def _urgency(wait: int) -> float:
    return wait + max(wait - 20, 0) + 60.0 * (wait <= 20) + max(wait - 120, 0)
