"""Theory against values that others published, and against itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.evaluation.theory import alike, unequal

pytestmark = pytest.mark.unit


def test_whitts_example_of_erlang_a_is_met() -> None:
    """Whitt (2005): 102 calls a minute, a minute each, a minute of patience, 100 agents."""
    steady = alike(102.0, 1.0, 100, 1.0)
    assert round(1 - steady.waits, 4) == 0.4083
    assert round(steady.gives_up, 4) == 0.0499
    assert round(steady.queue, 3) == 5.092


def test_one_agent_without_impatience_is_the_textbooks_queue() -> None:
    steady = alike(0.8, 1.0, 1)
    assert steady.waits == pytest.approx(0.8)
    assert steady.asa_all == pytest.approx(0.8 / (1 - 0.8))
    assert steady.asa_served == pytest.approx(steady.asa_all)
    assert steady.occupancy == pytest.approx(0.8)


def erlang_c(load: float, agents: int) -> float:
    """By the recursion of Erlang's B formula."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


@given(agents=st.integers(1, 60), use=st.floats(0.05, 0.97))
def test_many_agents_without_impatience_are_erlang_c(agents: int, use: float) -> None:
    load = agents * use
    steady = alike(load, 1.0, agents)
    assert steady.waits == pytest.approx(erlang_c(load, agents), rel=1e-6)
    assert steady.asa_all == pytest.approx(steady.waits / (agents - load), rel=1e-6)


@given(load=st.floats(1.0, 60.0), agents=st.integers(1, 40), gives_up=st.floats(0.01, 20.0))
def test_what_comes_is_served_or_gives_up(load: float, agents: int, gives_up: float) -> None:
    steady = alike(load, 1.0, agents, gives_up)
    assert load * (1 - steady.gives_up) == pytest.approx(steady.occupancy * agents, rel=1e-6)
    # All who wait: those who are served, and those who give up (no less than 0 seconds).
    of_served = steady.asa_served * (1 - steady.gives_up)
    assert 0 <= of_served <= steady.asa_all * (1 + 1e-9) + 1e-12


@given(agents=st.integers(1, 5), use=st.floats(0.1, 0.9))
def test_equal_agents_are_a_case_of_unequal_ones(agents: int, use: float) -> None:
    load = agents * use
    chain = unequal(load, (1.0,) * agents)
    assert chain.asa_all == pytest.approx(alike(load, 1.0, agents).asa_all, rel=1e-5, abs=1e-9)
    assert sum(chain.share) == pytest.approx(1.0)


def test_the_fastest_serves_most() -> None:
    chain = unequal(1.5, (0.5, 2.0, 1.0))
    assert chain.share[1] > chain.share[2] > chain.share[0]
    assert math.isclose(sum(chain.share), 1.0)


@pytest.mark.parametrize(
    ("arrivals", "service", "agents", "gives_up", "says"),
    [
        (2.0, 1.0, 2, 0.0, "arrivals must be below"),
        (0.0, 1.0, 2, 0.0, "must be above 0"),
        (1.0, 1.0, 2, -1.0, "gives_up not below"),
    ],
)
def test_what_has_no_steady_state_is_refused(
    arrivals: float, service: float, agents: int, gives_up: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        alike(arrivals, service, agents, gives_up)


def test_chains_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="one to eight"):
        unequal(1.0, ())
    with pytest.raises(ValueError, match="below the sum"):
        unequal(3.0, (1.0, 2.0))
