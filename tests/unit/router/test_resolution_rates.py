"""Shares of resolved contacts begin at their parents', and move as outcomes come."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.resolution_rates import RATE_NAMES, RateTable

pytestmark = pytest.mark.unit

SALES, CARDS = ("sales", "VOICE"), ("cards", "VOICE")


def table(*outcomes: tuple[str, tuple[str, str], bool]) -> RateTable:
    made = RateTable()
    for agent, kind, resolved in outcomes:
        made.observe(agent, kind, resolved)
    return made


def test_who_knows_nothing_says_a_half_of_everybody() -> None:
    found = table().rates("ann", SALES)
    assert found[:4] == (0.5, 0.5, 0.5, 0.5)
    assert len(found.features) == len(RATE_NAMES)


def test_an_agent_not_seen_before_is_expected_to_be_as_the_type_is() -> None:
    found = table(*[("ann", SALES, True)] * 200, *[("ann", CARDS, False)] * 200)
    new = found.rates("bob", SALES)
    assert new.of_pair == new.of_type > new.of_all
    assert found.rates("bob", CARDS).of_pair < new.of_all


def test_few_outcomes_move_a_share_little_and_many_bring_it_to_what_came() -> None:
    others = [("bob", SALES, number % 2 == 0) for number in range(2000)]
    few = table(*others, *[("ann", SALES, True)] * 5).rates("ann", SALES)
    many = table(*others, *[("ann", SALES, True)] * 2000).rates("ann", SALES)
    assert few.of_type < few.of_pair < 0.62
    assert 0.9 < many.of_pair <= 0.99


def test_an_agent_good_at_one_type_is_told_apart_from_the_other_type() -> None:
    mixed = [
        (agent, kind, (agent == "ann") == (kind == SALES))
        for _ in range(500)
        for agent in ("ann", "bob")
        for kind in (SALES, CARDS)
    ]
    found = table(*mixed)
    assert found.rates("ann", SALES).of_pair > 0.8 > 0.2 > found.rates("ann", CARDS).of_pair
    assert math.isclose(found.rates("ann", SALES).of_agent, 0.5, abs_tol=0.02)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from((SALES, CARDS)), st.booleans()),
        max_size=200,
    )
)
def test_a_share_is_never_certain(outcomes: list[tuple[str, tuple[str, str], bool]]) -> None:
    found = table(*outcomes)
    for agent in ("a", "b", "nobody"):
        rates = found.rates(agent, SALES)
        assert all(0.01 <= share <= 0.99 for share in rates[:4])
        assert all(math.isfinite(value) for value in rates.features)
