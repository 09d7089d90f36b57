"""Worlds drawn from what a log says: as different as agents are, and as nobody can know."""

import numpy as np
import pytest
from switchyard_router.domain.evaluation.worlds import Beliefs, Services, beliefs
from switchyard_router.domain.handle_time_table import HandleTimeTable, Variances
from switchyard_router.service.evaluation.recorded import recorded

from tests.fakes.call_recordings import made_calls

pytestmark = pytest.mark.unit

AGENTS, KIND = 400, ("A", "")
NOISE = 0.75**0.5
PACES = {"ann": 0.4, "bob": 0.6, "cid": 1.4, "dee": 1.6}


def taught(spread: float, services: int, seed: int = 1) -> tuple[HandleTimeTable, np.ndarray]:
    """A table that saw so many services of each agent, and the agents' true log paces."""
    draw = np.random.default_rng(seed)
    paces = draw.normal(0.0, spread, AGENTS)
    table = HandleTimeTable()
    table.reserve(AGENTS)
    for agent, pace in enumerate(paces.tolist()):
        for noise in draw.normal(0.0, NOISE, services).tolist():
            table.observe(agent, KIND, 180.0 * float(np.exp(pace + noise)))
    table.fit()
    return table, paces


def test_a_world_spreads_agents_as_they_are_where_estimates_spread_them_less() -> None:
    table, _ = taught(spread=0.2, services=10)
    estimates = np.log(table.seconds(KIND, np.arange(AGENTS))).std()
    believed = beliefs(table, (KIND,), AGENTS)
    worlds = [np.log(believed.drawn(np.random.default_rng(seed))).std() for seed in range(5)]
    assert estimates < 0.14
    assert np.mean(worlds) == pytest.approx(0.2, rel=0.15)


def test_worlds_lie_around_what_is_true_as_widely_as_is_believed() -> None:
    table, paces = taught(spread=0.2, services=10)
    believed = beliefs(table, (KIND,), AGENTS)
    drawn = np.array([np.log(believed.drawn(np.random.default_rng(seed)))[0] for seed in range(80)])
    low, high = np.quantile(drawn - drawn.mean(), (0.05, 0.95), axis=0)
    inside = np.mean((low <= paces - paces.mean()) & (paces - paces.mean() <= high))
    assert 0.84 <= inside <= 0.95


def test_where_nobody_differs_worlds_differ_in_nothing() -> None:
    table, _ = taught(spread=0.0, services=50)
    drawn = beliefs(table, (KIND,), AGENTS).drawn(np.random.default_rng(1))
    assert np.log(drawn).std() < 0.05


def test_whom_the_log_does_not_show_may_be_like_anybody() -> None:
    variances = Variances(noise=0.5, agents=0.04, cells=0.01)
    nothing = np.zeros((1, 5000))
    believed = Beliefs(np.array([5.0]), nothing, nothing, variances)
    drawn = np.log(believed.drawn(np.random.default_rng(1)))
    assert drawn.std() == pytest.approx(0.05**0.5, rel=0.05)
    assert drawn.mean() == pytest.approx(5.0 + 0.25, abs=0.02)


def test_a_lone_agent_is_drawn_as_the_table_believes() -> None:
    table = HandleTimeTable()
    table.reserve(1)
    table.observe(0, KIND, 100.0)
    table.fit()
    assert np.isfinite(beliefs(table, (KIND,), 1).drawn(np.random.default_rng(1))).all()


def test_a_kind_without_services_takes_its_noise_from_all() -> None:
    services = Services(np.array([0, 0]), np.array([0, 1]), np.array([50.0, 300.0]))
    first, second = services.noise(np.array([[100.0, 200.0], [1.0, 1.0]]))
    assert first.tolist() == second.tolist() == [0.5, 1.5]


def test_a_world_is_the_same_again_and_keeps_what_the_calls_took() -> None:
    made = recorded(made_calls(PACES), "2000-01-03", "2000-01-06")
    once, again, other = made.in_world(1, 0), made.in_world(1, 0), made.in_world(1, 1)
    assert once.staff.true_s.tolist() == again.staff.true_s.tolist()
    assert once.staff.true_s.tolist() != other.staff.true_s.tolist()
    served = once.services
    shares = served.seconds / once.staff.true_s[served.kind, served.agent]
    assert np.sort(np.concatenate(once.noise)).tolist() == pytest.approx(np.sort(shares).tolist())
