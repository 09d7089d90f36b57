"""Handle times are shrunk as the formula says, and hang-ups are not speed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.domain.handle_time_table import PRIOR_SECONDS, HandleTimeTable, between

pytestmark = pytest.mark.unit

SALES, HELP = ("sales", "VOICE"), ("help", "VOICE")
ANN, BOB = np.array([0]), np.array([1])


def test_before_anything_is_known_everybody_takes_the_prior_time() -> None:
    assert HandleTimeTable().seconds(SALES, np.arange(3)) == pytest.approx([PRIOR_SECONDS] * 3)


def test_an_agents_effect_is_the_mean_residual_shrunk_by_n_over_n_plus_k() -> None:
    table = HandleTimeTable()
    level = table.level(SALES)
    for _ in range(4):
        table.observe(0, SALES, math.exp(level + 0.5))
    credit = table.variances.noise / table.variances.agents
    assert table.effects(ANN) == pytest.approx([0.5 * 4 / (4 + credit)])
    assert table.effects(BOB) == pytest.approx([0.0])


def test_what_the_agents_effect_leaves_goes_to_agent_and_type_shrunk_harder() -> None:
    table = HandleTimeTable()
    level = table.level(SALES)
    for _ in range(4):
        table.observe(0, SALES, math.exp(level + 0.5))
    effect = float(table.effects(ANN)[0])
    credit = table.variances.noise / table.variances.cells
    cell = table.cells(SALES, ANN, np.array([effect]))
    assert cell.effect == pytest.approx([(0.5 - effect) * 4 / (4 + credit)])
    assert cell.effect[0] < effect
    expected = math.exp(level + effect + cell.effect[0] + table.variances.noise / 2)
    assert table.seconds(SALES, ANN) == pytest.approx([expected])


def test_an_effect_of_the_agent_reaches_types_that_the_agent_never_had() -> None:
    table = HandleTimeTable()
    for _ in range(50):
        table.observe(0, SALES, 60.0)
    assert table.seconds(HELP, ANN)[0] < table.seconds(HELP, BOB)[0]


def test_the_variance_between_groups_is_that_of_buehlmann_and_straub() -> None:
    # Two groups of 10 with means -1 and 1: (20 - 1 * 0.5) / (20 - 200 / 20) = 1.95, of 2 groups
    # beside a prior that counts as 5.
    found = between(np.array([10.0, 10.0]), np.array([-10.0, 10.0]), noise=0.5, prior=0.1)
    assert found == pytest.approx((5 * 0.1 + 2 * 1.95) / 7)


def test_groups_that_differ_less_than_chance_leave_only_the_prior() -> None:
    found = between(np.array([10.0, 10.0]), np.array([0.01, -0.01]), noise=0.5, prior=0.1)
    assert found == pytest.approx(5 * 0.1 / 7)


def test_one_group_says_nothing_about_differences() -> None:
    assert between(np.array([10.0, 0.0]), np.array([9.0, 0.0]), noise=0.5, prior=0.1) == 0.1


def test_hang_ups_do_not_make_an_agent_fast() -> None:
    table = HandleTimeTable()
    for _ in range(30):
        table.observe(0, SALES, 3.0)
    assert table.seconds(SALES, ANN) == pytest.approx(table.seconds(SALES, BOB))
    shares = table.agents(np.array([0, 1])).short_share
    assert shares[0] > shares[1] > 0


def test_where_time_is_compressed_short_services_may_count() -> None:
    table = HandleTimeTable(short_below_seconds=0)
    table.observe(0, SALES, 0.5)
    table.load(0, SALES, 10, 5.0)
    assert table.observed == 11


def test_lines_left_open_teach_nothing() -> None:
    table = HandleTimeTable()
    table.observe(0, SALES, 3601.0)
    assert table.observed == 0


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        HandleTimeTable().observe(0, SALES, seconds)


def test_counts_of_the_store_stand_for_services_of_their_mean() -> None:
    table = HandleTimeTable()
    table.load(0, SALES, 400, 400 * 100.0)
    table.load(1, SALES, 400, 400 * 300.0)
    table.fit()
    ann, bob = table.seconds(SALES, np.array([0, 1]))
    assert ann == pytest.approx(100, rel=0.1)
    assert bob == pytest.approx(300, rel=0.1)


def test_a_type_learns_its_level_and_a_new_one_starts_at_that_of_all() -> None:
    table = HandleTimeTable()
    for slot in range(10):
        table.load(slot, SALES, 100, 100 * 60.0)
        table.load(slot, HELP, 100, 100 * 600.0)
    table.fit()
    new = table.level(("new", "CHAT"))
    assert table.level(SALES) < new < table.level(HELP)


def test_it_fits_itself_after_so_many_services() -> None:
    table, rng = HandleTimeTable(), np.random.default_rng(1)
    for number in range(1000):
        slot = number % 10
        table.observe(slot, SALES, float(np.exp(4 + 0.3 * slot + rng.normal(0, 0.3))))
    assert table.fits == 5
    assert table.variances.noise == pytest.approx(0.09, abs=0.15)
    effects = table.effects(np.arange(10))
    assert list(np.argsort(effects)) == list(range(10))


def test_it_grows_with_the_board_and_forgets_nothing() -> None:
    table = HandleTimeTable()
    for _ in range(20):
        table.observe(0, SALES, 40.0)
    before = table.seconds(SALES, ANN)
    table.reserve(5000)
    assert table.seconds(SALES, ANN) == pytest.approx(before)
    table.observe(4999, SALES, 60.0)
    assert table.observed == 21


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(10, 3600)), max_size=120),
    st.booleans(),
)
def test_estimates_lie_between_what_was_seen_and_the_level(
    seen: list[tuple[int, float]], fitted: bool
) -> None:
    table = HandleTimeTable()
    for slot, seconds in seen:
        table.observe(slot, SALES, seconds)
    if fitted:
        table.fit()
    level = table.level(SALES)
    for slot in range(5):
        logs = [math.log(seconds) for other, seconds in seen if other == slot]
        mean = sum(logs) / len(logs) if logs else level
        effect = table.effects(np.array([slot]))
        cell = table.cells(SALES, np.array([slot]), effect)
        estimate = level + effect[0] + cell.effect[0]
        assert min(level, mean) - 1e-9 <= estimate <= max(level, mean) + 1e-9
