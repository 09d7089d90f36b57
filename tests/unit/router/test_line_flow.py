"""How agents of several lines divide their time among them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.line_flow import Demand, Flow, Mask, fill, flow

pytestmark = pytest.mark.unit

AGENTS = np.arange(14)
ONLY_Q, ONLY_Z, BOTH = AGENTS < 4, (AGENTS >= 4) & (AGENTS < 9), AGENTS >= 9
END = 10**9


def line(contacts: int, serves: Mask, first: int = 0, seconds: float = 100.0) -> Demand:
    """Contacts that came one after the other, 20 ms apart."""
    return Demand(first + 20 * np.arange(contacts), serves, seconds, 1.0)


def wait(found: Flow, agents: Mask, place: int = END) -> float:
    return found.seconds(place, found.classes(agents))


def test_a_line_alone_takes_its_agents_one_after_the_other() -> None:
    found = flow([line(50, ONLY_Z)], 14)
    assert wait(found, ONLY_Z) == pytest.approx(50 / 5 * 100)
    assert wait(found, ONLY_Z, place=20 * 25) == pytest.approx(25 / 5 * 100)
    assert wait(found, ONLY_Z, place=0) == 0


def test_two_equal_lines_share_all_agents() -> None:
    found = flow([line(100, ONLY_Q | BOTH), line(100, ONLY_Z | BOTH, first=1)], 14)
    assert wait(found, ONLY_Q | BOTH) == pytest.approx(200 / 14 * 100, rel=0.01)


def test_a_newcomer_to_an_empty_line_is_served_by_those_who_serve_nothing_else() -> None:
    found = flow([line(100, ONLY_Z | BOTH)], 14)
    assert wait(found, ONLY_Q | BOTH) == 0


def test_an_older_line_has_the_agents_of_both() -> None:
    found = flow([line(100, BOTH), line(20, BOTH, first=50_000)], 14)
    assert wait(found, BOTH, place=50_000) == pytest.approx(100 / 5 * 100)
    assert wait(found, BOTH) == pytest.approx(120 / 5 * 100)


def test_a_line_that_nobody_serves_takes_nobodys_time() -> None:
    found = flow([line(100, AGENTS < 0), line(10, ONLY_Z)], 14)
    assert wait(found, ONLY_Z) == pytest.approx(10 / 5 * 100)


def test_slower_services_take_longer() -> None:
    found = flow([line(10, ONLY_Z, seconds=300)], 14)
    assert wait(found, ONLY_Z) == pytest.approx(10 / 5 * 300)


def test_somebody_who_joined_since_is_free() -> None:
    found = flow([line(100, ONLY_Z)], 14)
    assert wait(found, np.append(np.zeros(14, dtype=bool), True)) == 0


def test_no_line_at_all() -> None:
    assert wait(flow([], 14), ONLY_Z) == 0


levels = st.lists(st.floats(0, 1000), min_size=1, max_size=8)


@given(levels, st.data())
def test_filling_raises_the_lowest_together_and_spends_all(
    heights: list[float], data: st.DataObject
) -> None:
    size = len(heights)
    speeds = np.array(data.draw(st.lists(st.floats(0.01, 10), min_size=size, max_size=size)))
    amount = data.draw(st.floats(0, 5000))
    before = np.array(heights)
    after = fill(before, speeds, amount)
    assert (after >= before).all()
    assert float((after - before) @ speeds) == pytest.approx(amount, rel=1e-6, abs=1e-6)
    raised = after[after > before + 1e-9]
    if len(raised):
        assert raised.max() - raised.min() < 1e-6 * max(1.0, raised.max())
        assert after.min() == pytest.approx(raised.max())
