"""Terms in seconds-equivalents, and decisions that replay bit for bit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.policies import POLICIES
from switchyard_scoring.decision import Inputs
from switchyard_scoring.scoring import (
    FORMULA,
    TERMS,
    agent_key,
    best_first,
    fit,
    lots,
    needed,
    replay,
    urgency,
)

pytestmark = pytest.mark.unit


def column(*values: int) -> Any:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("term", "columns", "seconds"),
    [
        ("handle", {"handle_ms": column(142_500)}, -142.5),
        ("history", {"known": column(1)}, 60.0),
        ("skill", {"skill_ms": column(8_000)}, 8.0),
        ("idle", {"idle_ms": column(95_001)}, 95.001),
        ("rotation", {"unoffered_ms": column(12)}, 0.012),
        ("fairness", {"busy_ms": column(1_800_000)}, -1800.0),
        ("scarcity", {"breadth": column(4)}, -40.0),
        ("ending", {"left_ms": column(60_000), "handle_ms": column(90_000)}, -30.0),
        ("ending", {"left_ms": column(90_000), "handle_ms": column(60_000)}, 0.0),
        ("ending", {"left_ms": column(-1), "handle_ms": column(60_000)}, 0.0),
    ],
)
def test_terms_are_seconds(term: str, columns: Mapping[str, Any], seconds: float) -> None:
    assert fit(columns, {term: 1.0}).tolist() == [seconds]
    assert fit(columns, {term: 0.5}).tolist() == [seconds / 2]


def test_a_second_beyond_the_target_counts_twice() -> None:
    columns = {"waited_ms": column(5_000, 25_000, -1_000), "target_ms": 20_000}
    assert urgency(columns, {"urgency": 1.0}).tolist() == [5.0, 30.0, -1.0]


def test_who_can_still_be_answered_in_time_is_worth_a_rescue_and_nobody_else() -> None:
    columns = {"waited_ms": column(-1_000, 20_000, 20_001), "target_ms": 20_000}
    assert urgency(columns, {"rescue": 0.5}).tolist() == [30.0, 30.0, 0.0]


def test_a_wait_is_overdue_from_six_targets_on() -> None:
    columns = {"waited_ms": column(0, 120_000, 150_000), "target_ms": 20_000}
    assert urgency(columns, {"overdue": 2.0}).tolist() == [0.0, 0.0, 60.0]


def test_columns_are_named_once_and_only_where_a_weight_asks() -> None:
    assert needed({"handle": 1.0, "ending": 2.0, "idle": 0.0}) == ("handle_ms", "left_ms")


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=40), st.integers(1, 40), st.integers(0, 99))
def test_the_best_few_are_the_first_of_all(fits: list[float], most: int, seed: int) -> None:
    scores = np.round(np.array(fits))
    drawn = lots(np.arange(len(fits), dtype=np.uint64), seed)
    everybody = best_first(scores, drawn).tolist()
    assert best_first(scores, drawn, most).tolist() == everybody[:most]
    assert scores[everybody].tolist() == sorted(scores, reverse=True)


def test_lots_are_fair_and_belong_to_the_seed() -> None:
    keys = np.array([agent_key(f"agent{n}") for n in range(5)], dtype=np.uint64)
    winners = [int(lots(keys, seed).argmax()) for seed in range(2_000)]
    assert min(winners.count(n) for n in range(5)) > 320
    assert lots(keys, 7).tolist() == lots(keys, 7).tolist()


WHOLE = st.integers(-(10**6), 10**9)
WEIGHTS = st.dictionaries(st.sampled_from(list(TERMS)), st.floats(-3, 3), min_size=1)


@given(
    WEIGHTS,
    st.integers(1, 30),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_what_is_kept_replays_bit_for_bit(
    weights: dict[str, float], size: int, seed: int, data: st.DataObject
) -> None:
    """Scores of many at once, of the few that are kept, and from the record are the same bits."""
    names = [name for name in needed(weights) if name not in ("waited_ms", "target_ms")]
    columns: dict[str, Any] = {
        name: column(*data.draw(st.lists(WHOLE, min_size=size, max_size=size))) for name in names
    }
    contact = {"waited_ms": data.draw(WHOLE), "target_ms": 20_000}
    fits = np.broadcast_to(fit(columns, weights), size)
    ids = [f"agent{n}" for n in range(size)]
    drawn = lots(np.array([agent_key(each) for each in ids], dtype=np.uint64), seed)
    order = best_first(fits, drawn)
    gone = data.draw(st.integers(0, size - 1))
    kept = [int(order[gone]), *[int(at) for at in order if at != order[gone]][:19]]
    given_away = {ids[at]: "other" for at in order[:gone].tolist()}
    table = [int(columns[name][at]) for at in kept for name in names]
    urgent = urgency(contact, weights)
    inputs = Inputs(
        FORMULA, tuple(ids[at] for at in kept), tuple(names), tuple(table), weights, contact,
        {agent: to for agent, to in given_away.items() if agent in {ids[at] for at in kept}},
    )  # fmt: skip
    again = replay(inputs, seed, 0.5)
    assert [each.score for each in again.candidates] == [float(fits[at] + urgent) for at in kept]
    assert again.chosen == ids[kept[0]]
    assert again.candidates[0].propensity == 0.5


INPUTS = Inputs(FORMULA, ("ann", "bob"), ("idle_ms",), (5_000, 9_000), {"idle": 1.0}, {})


def test_a_replay_tells_terms_and_the_choice() -> None:
    again = replay(INPUTS, 1)
    assert again.chosen == "bob"
    assert [dict(each.terms) for each in again.candidates] == [{"idle": 5.0}, {"idle": 9.0}]
    assert [each.propensity for each in again.candidates] == [0.0, 1.0]
    assert replay(replace(INPUTS, given_to_others={"bob": "c2"}), 1).chosen == "ann"


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ({"formula": "0"}, "formula"),
        ({"weights": {"charm": 1.0}}, "unknown terms: charm"),
        ({"weights": {"handle": 1.0}}, "missing columns: handle_ms"),
        ({"given_to_others": {"ann": "c1", "bob": "c2"}}, "no candidate was free"),
        ({"agents": (), "values": ()}, "no candidate was free"),
    ],
)
def test_what_cannot_be_replayed_is_refused(broken: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        replay(replace(INPUTS, **broken), 1)


def test_every_policys_terms_exist_and_every_term_has_a_meaning() -> None:
    for policy in POLICIES.values():
        assert set(policy.weights) <= set(TERMS)
    assert all(term.meaning for term in TERMS.values())


def test_records_of_the_first_formula_still_replay() -> None:
    first = Inputs("1", ("ann", "bob"), ("idle_ms",), (5_000, 9_000), {"idle": 1.0}, {})
    assert replay(first, 7) == replay(INPUTS, 7)


def test_the_first_formula_has_no_terms_that_came_later() -> None:
    weights = {"idle": 1.0, "rescue": 1.0}
    contact = {"waited_ms": 1, "target_ms": 2}
    with pytest.raises(ValueError, match="unknown terms: rescue"):
        replay(Inputs("1", ("ann",), ("idle_ms",), (5_000,), weights, contact), 7)
