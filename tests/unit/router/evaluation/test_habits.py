"""Offers that are declined or ring out, pauses and wrap-up: traces by hand, and theory."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student
from switchyard_router.domain.evaluation.centre import Answering, Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import of_policy
from switchyard_router.domain.evaluation.days import Day, Luck, Presence, Staff
from switchyard_router.domain.evaluation.floor import NOBODY, Floor, Played
from switchyard_router.domain.evaluation.rules import Chances, Habits, plain
from switchyard_router.service.evaluation.simulation import Estimate, Simulated, simulate

pytestmark = pytest.mark.unit

IDLE = of_policy("longest_idle")
FOREVER = float("inf")
HOUR_S = 3600.0
SEEDS = 8


def habits(agents: int, **changes: object) -> Habits:
    """Everybody answers after 2 s; offers ring for 20 s."""
    none = np.zeros(agents)
    usual = Habits(none, none, none, none, answer_s=2.0, rona_pause_s=100.0)
    return replace(usual, **changes)  # type: ignore[arg-type]


def played(calls: list[tuple[float, float]], agents: int, how: Habits) -> Played:
    """Calls (arrival, patience) of 100 s each, agents who came one after the other."""
    true_s = np.full((1, agents), 100.0)
    staff = Staff(tuple(f"agent{row}" for row in range(agents)), ("kind",), true_s > 0, true_s)
    arrive, patience = (np.array(each) for each in zip(*calls, strict=True))
    kind, nothing = np.zeros(len(calls), dtype=np.int64), np.zeros(len(calls))
    there = tuple(Presence(row, float(row), 1e6) for row in range(agents))
    day = Day("2000-01-01", arrive, kind, nothing, nothing > 0, there, true_s)
    luck = Luck(arrive, kind, np.ones(len(calls)), patience)
    return Floor(day, luck, staff, IDLE, rules=replace(plain(staff, 0.0), habits=how)).play()


def test_an_offer_rings_until_it_is_answered() -> None:
    run = played([(10, FOREVER), (20, FOREVER)], 1, habits(1))
    assert run.waited_s.tolist() == [2.0, 94.0]
    assert run.busy_s.tolist() == [204.0], "ringing keeps an agent as well"


def test_a_missed_offer_rings_out_goes_back_and_rests_the_agent() -> None:
    """The first agent misses both, until 30 s and, not ready before 130 s, from then until 150 s;
    the second one talks from 32 to 132 s."""
    run = played([(10, FOREVER), (40, FOREVER)], 2, habits(2, misses=np.array([1.0, 0.0])))
    assert run.agent.tolist() == [1, 1]
    assert run.waited_s.tolist() == [22.0, 152.0 - 40.0]
    assert run.refused.tolist() == [1, 1]
    assert run.busy_s.tolist() == [40.0, 204.0]


def test_a_missed_call_keeps_its_place() -> None:
    """It rings out at 30 s at an agent who is not ready until 130 s; two others came meanwhile."""
    there = habits(2, misses=np.array([1.0, 0.0]), rona_pause_s=1e5)
    run = played([(10, FOREVER), (11, FOREVER), (12, FOREVER)], 2, there)
    # The second agent talks from 13 to 113 s with the second call, then takes the first one.
    assert run.agent.tolist() == [1, 1, 1]
    assert run.waited_s.tolist() == [105.0, 2.0, 205.0]


def test_a_declining_agent_stays_ready_and_is_spared_the_call_twice_as_long_each_time() -> None:
    """Alone, and never willing: asked at 10, 17 (5 s later), 29, 51, 93 and 155 s, then each 62."""
    run = played([(10, 200.0)], 1, habits(1, declines=np.array([1.0])))
    assert run.agent.tolist() == [NOBODY]
    assert run.refused.tolist() == [6]
    assert run.waited_s.tolist() == [200.0]


def test_only_so_many_misses_in_a_row_make_an_agent_not_ready() -> None:
    often = habits(1, misses=np.array([1.0]), rona_limit=3, rona_pause_s=1e5)
    # Rings from 10, 35 (spared 5 s) and 65 s (10 s) on; after the third it is over.
    assert played([(10, 5_000.0)], 1, often).busy_s.tolist() == [60.0]


def test_who_hangs_up_while_it_rings_frees_the_agent() -> None:
    run = played([(10, 1.0), (10.5, FOREVER)], 1, habits(1))
    assert run.agent.tolist() == [NOBODY, 0]
    assert run.waited_s.tolist() == [1.0, 2.5]
    assert run.busy_s.tolist() == [1.0 + 102.0]


def test_a_pause_after_a_call_keeps_the_next_one_waiting() -> None:
    rests = habits(1, pauses=np.ones(1), pause_s=np.full(1, 30.0), answer_s=0.0)
    run = played([(10, FOREVER), (20, FOREVER)], 1, rests)
    assert run.waited_s.tolist() == [0.0, 120.0]


def test_chances_are_uniform_and_do_not_depend_on_their_neighbours() -> None:
    chances = Chances(20_000, seed=7)
    first = np.array([chances.of(call, 0) for call in range(20_000)])
    assert np.histogram(first, 10, (0, 1))[0] / 2_000 == pytest.approx(np.ones(10), abs=0.1)
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.03
    later = np.array([chances.of(call, 1) for call in range(2_000)])
    assert abs(np.corrcoef(first[:2_000], later)[0, 1]) < 0.08


# Theory ---------------------------------------------------------------------------------------


def run(kind: Kind, group: Group, answering: Answering, days: int = 4) -> Simulated:
    centre = Centre((kind,), (group,), days, answering)
    return simulate(centre, IDLE, replications=SEEDS, seed=3, warm_up_hours=2.0)


def agrees(found: Estimate, exact: float, within: float) -> None:
    error = found.half / float(student.ppf(0.975, SEEDS - 1))
    assert error < within * exact
    assert abs(found.mean - exact) < 4 * error


def test_with_plenty_of_agents_the_number_of_missed_offers_is_geometric() -> None:
    """Each offer is missed with p = 0.2 and rings 15 s: mean p / (1 - p) offers, 15 s each."""
    kind = Kind("calls", (60.0,) * 24, 60.0)
    calls = run(kind, Group("agent", 30, ("calls",), misses=0.2), Answering(ring_s=15.0)).figures[
        "calls"
    ]
    agrees(calls["refused"], 0.25, within=0.05)
    agrees(calls["asa_all_s"], 0.25 * 15.0, within=0.05)
    agrees(calls["waits"], 0.2, within=0.05)


def test_declines_are_geometric_too() -> None:
    kind = Kind("calls", (60.0,) * 24, 60.0)
    calls = run(kind, Group("agent", 30, ("calls",), declines=0.3), Answering(answer_s=4.0)).figures
    agrees(calls["calls"]["refused"], 0.3 / 0.7, within=0.05)
    agrees(calls["calls"]["asa_served_s"], 4.0 / 0.7, within=0.05)


@pytest.mark.parametrize(
    ("kind", "group", "mean", "square"),
    [
        # Pauses of 120 s after 30 % of calls, beside 100 s exponential:
        # E[S] = 100 + 36, E[S2] = 2 x 100^2 + 2 x 100 x 36 + 0.3 x 120^2.
        (
            Kind("calls", (18.0,) * 24, 100.0),
            Group("agent", 1, ("calls",), pauses=0.3, pause_s=120.0),
            136.0,
            20_000.0 + 7_200.0 + 4_320.0,
        ),
        # 40 s of wrap-up: E[S] = 140, E[S2] = 2 x 100^2 + 2 x 100 x 40 + 40^2.
        (
            Kind("calls", (18.0,) * 24, 100.0, wrap_up_s=40.0),
            Group("agent", 1, ("calls",)),
            140.0,
            20_000.0 + 8_000.0 + 1_600.0,
        ),
    ],
)
def test_one_agent_waits_as_pollaczek_and_khinchine_say(
    kind: Kind, group: Group, mean: float, square: float
) -> None:
    """M/G/1 (Pollaczek 1930, Khinchine 1932): W = rate x E[S2] / 2 / (1 - rate x E[S])."""
    rate = kind.hourly[0] / HOUR_S
    exact = rate * square / 2 / (1 - rate * mean)
    found = run(kind, group, Answering(), days=60).figures["calls"]
    agrees(found["asa_all_s"], exact, within=0.04)
