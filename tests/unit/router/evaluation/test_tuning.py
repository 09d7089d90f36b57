"""Which of the searched weights are shown, and which are chosen."""

import pytest
from switchyard_router.domain.evaluation.bootstrap import Difference
from switchyard_router.domain.evaluation.contenders import tuned
from switchyard_router.service.evaluation.study import Verdict
from switchyard_router.service.evaluation.tuning import (
    FINALISTS,
    chosen,
    family,
    finalists,
    frontier,
)

pytestmark = pytest.mark.unit


def verdict(
    aht_pct: float, points: float, *late_kinds: str, spread: float = 0.0, surely: bool = False
) -> Verdict:
    """Changes of a candidate, certain to the last digit; lateness is so only if `surely`."""
    aht, level = 100 * (1 + aht_pct / 100), 0.5 + points / 100
    found = {
        "aht_s": Difference(100.0, aht, aht - 100, aht - 100),
        "service_level": Difference(0.5, level, level - 0.5, level - 0.5),
    }
    late = {kind: Difference(100.0, 103.0, 2.0 if surely else -3.0, 9.0) for kind in late_kinds}
    wider = Difference(0.1, 0.1 + spread, spread, spread)
    return Verdict(tuned({"handle": 1.0}), found, late, wider)


def test_the_frontier_leaves_out_what_another_beats_in_both() -> None:
    fast, both, beaten, level = (
        verdict(-3, 0), verdict(-2, 1), verdict(-1.5, 0.5), verdict(-1, 3),
    )  # fmt: skip
    assert frontier([beaten, level, fast, both]) == [fast, both, level]


def test_constraints_broken_for_sure_go_before_gains() -> None:
    kept, late = verdict(-0.5, 0.5), verdict(-3, 3, "PS", surely=True)
    assert chosen([late, kept]) == kept
    assert chosen([verdict(-3, 3, spread=0.1), kept]) == kept


def test_where_all_break_constraints_the_fewest_count() -> None:
    one, two = verdict(-1, 1, "IN", surely=True), verdict(-3, 3, "IN", "PE", surely=True)
    assert chosen([two, one]) == one


def test_figures_that_may_be_chance_do_not_outweigh_gains() -> None:
    chance, less = verdict(-3, 3, "IN", "PE"), verdict(-1, 1)
    assert chosen([less, chance]) == chance


def test_the_best_few_are_played_again() -> None:
    some = [verdict(-0.1 * number, 1) for number in range(2 * FINALISTS)]
    again = finalists(some)
    assert len(again) == FINALISTS
    assert chosen(some).contender in again


def test_a_quick_search_tries_some_of_the_same_weights() -> None:
    assert {each.name for each in family(quick=True)} < {each.name for each in family()}
