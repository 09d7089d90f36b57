"""Who gets whom: best possible on small cases, in order, with bounded overtaking."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain import matching
from switchyard_router.domain.lanes import Lane
from switchyard_router.domain.matching import Match, match

pytestmark = pytest.mark.unit

AGENTS = 5


def lane(fits: dict[int, float], orders: Sequence[int], **more: Any) -> Lane:
    """Contacts named after their order; urgency falls by one with each."""
    rows = sorted(fits, key=lambda row: -fits[row])
    return Lane(
        rows=np.array(rows, dtype=np.intp),
        fit=np.array([fits[row] for row in rows], dtype=np.float64),
        contacts=[(order, f"c{order}") for order in sorted(orders)],
        urgency=np.array([-float(order) for order in sorted(orders)]),
        **more,
    )


def pairs(lanes: Sequence[Lane], found: Sequence[Match]) -> dict[str, int]:
    return {lanes[each.lane].contacts[each.at][1]: each.row for each in found}


def test_one_contact_gets_the_best_agent() -> None:
    only = lane({0: 1.0, 3: 9.0, 2: 5.0}, [7])
    assert match([only], AGENTS) == [Match(0, 0, 3, 0)]


def test_one_agent_gets_the_first_contact() -> None:
    lanes = [lane({0: 1.0}, [20, 30]), lane({0: 1.0}, [10, 40])]
    assert pairs(lanes, match(lanes, AGENTS)) == {"c10": 0}


def test_strict_lanes_go_by_place_each_taking_the_best_left() -> None:
    # c1 takes the agent that c2 alone depends on: that is what the policy says.
    lanes = [lane({0: 9.0, 1: 1.0}, [1, 3]), lane({0: 5.0}, [2])]
    assert pairs(lanes, match(lanes, AGENTS)) == {"c1": 0, "c3": 1}


def test_trading_lanes_serve_as_many_as_possible() -> None:
    lanes = [
        lane({0: 9.0, 1: 1.0}, [1], trades=True, needs="any"),
        lane({0: 5.0}, [2], trades=True, needs="welsh"),
    ]
    assert pairs(lanes, match(lanes, AGENTS)) == {"c1": 1, "c2": 0}


def test_lanes_of_one_pool_are_strict_if_any_of_them_is() -> None:
    lanes = [
        lane({0: 9.0, 1: 1.0}, [1], trades=True),
        lane({0: 5.0}, [2]),
        lane({3: 1.0, 4: 9.0}, [9], trades=True),
    ]
    assert pairs(lanes, match(lanes, AGENTS)) == {"c1": 0, "c9": 4}


def test_a_better_fit_may_be_worth_more_than_seconds_waited() -> None:
    lanes = [
        lane({0: 10.0}, [1], trades=True, needs="x"),
        lane({0: 50.0}, [8], trades=True, needs="y"),
    ]
    assert pairs(lanes, match(lanes, AGENTS)) == {"c8": 0}
    lanes[0] = lane({0: 10.0}, [-60], trades=True, needs="x")
    assert pairs(lanes, match(lanes, AGENTS)) == {"c-60": 0}


def test_no_agents_or_no_contacts_give_nothing() -> None:
    assert match([], 3) == []
    assert match([lane({}, [1, 2]), lane({1: 1.0}, [])], 3) == []


def test_contacts_with_the_same_needs_overtake_only_as_often_as_allowed() -> None:
    def lanes(allowed: int, before: int) -> list[Lane]:
        common: dict[str, Any] = {"trades": True, "needs": "x", "max_overtakes": allowed}
        return [
            lane({0: 10.0}, [1], overtaken={"c1": before}, **common),
            lane({0: 50.0}, [8], **common),
        ]

    assert match(lanes(1, 0), AGENTS) == [Match(1, 0, 0, 0, ("c1",))]
    assert pairs(lanes(1, 1), match(lanes(1, 1), AGENTS)) == {"c1": 0}
    assert pairs(lanes(0, 0), match(lanes(0, 0), AGENTS)) == {"c1": 0}


def test_nobody_goes_before_very_many_others() -> None:
    common: dict[str, Any] = {"trades": True, "needs": "x", "max_overtakes": 9}
    for waiting, winner in ((50, "c99"), (51, "c0")):
        lanes = [
            lane({0: 10.0}, range(waiting), **common),
            lane({0: 500.0}, [99], **common),
        ]
        assert list(pairs(lanes, match(lanes, AGENTS))) == [winner]


FITS = st.dictionaries(st.integers(0, AGENTS - 1), st.integers(-50, 50).map(float), max_size=AGENTS)
ORDERS = st.lists(st.integers(0, 60), unique=True, min_size=4, max_size=4)


@given(st.lists(FITS, min_size=3, max_size=3), ORDERS)
def test_an_assignment_is_as_good_as_any(fits: list[dict[int, float]], orders: list[int]) -> None:
    """Beside all ways there are: most contacts served, then the highest sum."""
    lanes = [
        lane(each, orders[n :: len(fits)], trades=True, needs=n) for n, each in enumerate(fits)
    ]
    found = match(lanes, AGENTS)
    value = sum(float(lanes[m.lane].fit[m.rank] + lanes[m.lane].urgency[m.at]) for m in found)
    best = max(_ways(lanes), default=(0, 0.0))
    assert len(found) == best[0]
    assert value == pytest.approx(best[1])


def _ways(lanes: Sequence[Lane]) -> Any:
    contacts = [
        (dict(zip(each.rows.tolist(), each.fit.tolist(), strict=True)), float(urgency))
        for each in lanes
        for urgency in each.urgency
    ]
    agents: list[int | None] = [*range(AGENTS), *[None] * len(contacts)]
    for chosen in set(permutations(agents, len(contacts))) if any(f for f, _ in contacts) else ():
        made = [
            fits[row] + urgency
            for (fits, urgency), row in zip(contacts, chosen, strict=True)
            if row in fits
        ]
        yield len(made), sum(made)


LANES = st.lists(
    st.tuples(FITS, st.booleans(), st.sampled_from("xy"), st.integers(0, 4)), min_size=1, max_size=5
)


@given(LANES, st.data(), st.integers(0, 3))
def test_whatever_the_lanes_everybody_is_given_once_and_overtaking_is_bounded(
    made: list[tuple[dict[int, float], bool, str, int]], data: st.DataObject, allowed: int
) -> None:
    orders = data.draw(st.permutations(range(20)))
    lanes = []
    for fits, trades, needs, count in made:
        mine = [orders.pop() for _ in range(count)]
        overtaken = {f"c{n}": data.draw(st.integers(0, allowed)) for n in mine[:1]}
        more: dict[str, Any] = {"trades": trades, "needs": needs, "max_overtakes": allowed}
        lanes.append(lane(fits, mine, overtaken=overtaken, **more))
    found = match(lanes, AGENTS)
    assert len({m.row for m in found}) == len(found)
    assert all(int(lanes[m.lane].rows[m.rank]) == m.row for m in found)
    _check_order(lanes, found, allowed)


def _check_order(lanes: Sequence[Lane], found: Sequence[Match], allowed: int) -> None:
    """Every overtaking is told, and none goes beyond what is allowed."""
    served = pairs(lanes, found)
    by_contact = {lanes[m.lane].contacts[m.at]: m for m in found}
    for each in lanes:
        for place in each.contacts:
            if place[1] in served:
                continue
            by = [
                m
                for other, m in by_contact.items()
                if other > place and lanes[m.lane].needs == each.needs and m.row in each.rows
            ]
            assert all(place[1] in m.overtakes for m in by)
            assert not by or each.overtaken.get(place[1], 0) + len(by) <= allowed


@given(LANES, st.integers(0, 2))
def test_nobody_keeps_a_worse_agent_while_a_better_one_is_left(
    made: list[tuple[dict[int, float], bool, str, int]], allowed: int
) -> None:
    """So a replay, which knows who went to others, chooses the same."""
    lanes = [
        lane(fits, range(n, n + 5 * count, 5), trades=trades, needs=needs, max_overtakes=allowed)
        for n, (fits, trades, needs, count) in enumerate(made)
    ]
    found = match(lanes, AGENTS)
    taken = {m.row for m in found}
    for m in found:
        assert set(lanes[m.lane].rows[: m.rank].tolist()) <= taken


def test_large_pools_are_matched_in_blocks_and_everybody_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "EXACT", 4)
    monkeypatch.setattr(matching, "BLOCK", 3)
    lanes = [
        lane({row: float(row) for row in range(20)}, range(12), trades=True, needs="a"),
        lane({row: float(-row) for row in range(20)}, range(12, 20), trades=True, needs="b"),
    ]
    found = match(lanes, 20)
    assert len({m.row for m in found}) == 20
    assert sum(float(lanes[m.lane].fit[m.rank]) for m in found if m.lane == 0) >= 100
