"""The event loop against theory and against another simulator, to within simulation error.

Seeds are fixed. A bound of 4 standard errors passes a right simulator 9,999 times of 10,000, and
errors are small enough that a wait off by 5 % would not.
"""

from typing import Any

import ciw
import numpy as np
import pytest
from scipy.stats import t as student
from switchyard_router.domain.evaluation.centre import Centre, Group, Kind
from switchyard_router.domain.evaluation.contenders import Contender, Knowledge, all_contenders
from switchyard_router.domain.evaluation.theory import alike, unequal
from switchyard_router.service.evaluation.simulation import Estimate, Simulated, simulate

pytestmark = pytest.mark.unit

HOUR_S = 3600.0
POLICIES = {each.name: each for each in all_contenders()}
SEEDS = 8
MOST_ERRORS = 4.0


def of(
    agents: int,
    hourly: float,
    handle_s: float,
    patience_s: float | None = None,
    policy: str = "longest_idle",
    days: int = 1,
    seeds: int = SEEDS,
) -> Simulated:
    """Equal agents and one kind of calls, without the first two hours."""
    kind = Kind("calls", (hourly,) * 24, handle_s, 1.0, patience_s)
    centre = Centre((kind,), (Group("agent", agents, ("calls",)),), days)
    return simulate(centre, POLICIES[policy], replications=seeds, seed=1, warm_up_hours=2.0)


def error(found: Estimate, seeds: int = SEEDS) -> float:
    """One standard error: the interval's half width is a quantile of Student's t times it."""
    return found.half / float(student.ppf(0.975, seeds - 1))


def agrees(found: Estimate, exact: float, within: float, seeds: int = SEEDS) -> None:
    """Not more than some standard errors off, which are themselves a small share of the value."""
    assert error(found, seeds) < within * exact
    assert abs(found.mean - exact) < MOST_ERRORS * error(found, seeds)


@pytest.mark.parametrize("policy", ["longest_idle", "random", "predictive"])
def test_equal_agents_make_erlang_c_under_any_policy(policy: str) -> None:
    run = of(10, 160.0, 180.0, policy=policy, days=6)
    steady = alike(160.0 / HOUR_S, 1 / 180.0, 10)
    assert run.theory == steady
    agrees(run.figures["calls"]["waits"], steady.waits, within=0.02)
    agrees(run.figures["calls"]["asa_all_s"], steady.asa_all, within=0.04)
    agrees(run.occupancy, steady.occupancy, within=0.02)


def test_impatient_callers_make_erlang_a() -> None:
    """Whitt's example, a minute for its unit of time."""
    seeds = 5
    run = of(100, 102.0 * 60, 60.0, 60.0, seeds=seeds)
    steady = alike(1.7, 1 / 60, 100, 1 / 60)
    calls = run.figures["calls"]
    agrees(calls["waits"], steady.waits, within=0.02, seeds=seeds)
    agrees(calls["abandonment"], steady.gives_up, within=0.04, seeds=seeds)
    agrees(calls["asa_all_s"], steady.asa_all, within=0.04, seeds=seeds)
    agrees(calls["asa_served_s"], steady.asa_served, within=0.04, seeds=seeds)


def test_agents_of_different_speed_make_their_markov_chain() -> None:
    kind = Kind("calls", (72.0,) * 24, 50.0)
    groups = (Group("fast", 1, ("calls",), 0.5), Group("slow", 1, ("calls",), 1.25))
    fastest = Contender("fastest", {"handle": 1.0}, knowledge=Knowledge.TRUE)
    run = simulate(
        Centre((kind,), groups, days=12), fastest, replications=SEEDS, seed=5, warm_up_hours=2.0
    )
    chain = unequal(72.0 / HOUR_S, (1 / 25.0, 1 / 62.5))
    agrees(run.figures["calls"]["asa_all_s"], chain.asa_all, within=0.03)
    handle = chain.share[0] * 25.0 + chain.share[1] * 62.5
    agrees(run.figures["calls"]["aht_s"], handle, within=0.01)
    assert run.theory is None


def waits_of_ciw(seed: int) -> float:
    """Mean wait of an M/M/5 at 80 % load, by somebody else's simulator."""
    ciw.seed(seed)
    network: Any = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=80.0 / HOUR_S)],
        service_distributions=[ciw.dists.Exponential(rate=1 / 180.0)],
        number_of_servers=[5],
    )
    world: Any = ciw.Simulation(network)
    world.simulate_until_max_time(24 * HOUR_S * 2)
    return float(np.mean([each.waiting_time for each in world.get_all_records()]))


def test_another_simulator_finds_the_same_wait() -> None:
    ours = of(5, 80.0, 180.0, days=6).figures["calls"]["asa_all_s"]
    theirs = np.array([waits_of_ciw(seed) for seed in range(8)])
    theirs_error = float(theirs.std(ddof=1)) / len(theirs) ** 0.5
    both = (error(ours) ** 2 + theirs_error**2) ** 0.5
    assert both < 0.1 * ours.mean
    assert abs(ours.mean - float(theirs.mean())) < MOST_ERRORS * both
