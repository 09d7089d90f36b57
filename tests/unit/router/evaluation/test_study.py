"""Comparisons that find what is there, and nothing where nothing is."""

import numpy as np
import pytest
from switchyard_router.domain.evaluation.bootstrap import differences
from switchyard_router.domain.evaluation.contenders import all_contenders, of_policy
from switchyard_router.domain.evaluation.measures import SUMS, as_recorded, figures, p95_s
from switchyard_router.domain.policies import POLICIES
from switchyard_router.service.evaluation.recorded import NothingToPlay, Recorded, recorded
from switchyard_router.service.evaluation.study import Order, Scenario, Verdict, compare, drawn_luck

from tests.fakes.call_recordings import MadeCall, made_calls

pytestmark = pytest.mark.unit

PACES = {"ann": 0.4, "bob": 0.6, "cid": 1.4, "dee": 1.6}
DAYS = ("2000-01-03", "2000-01-06")


def recording(shuffle_seed: int = 0) -> Recorded:
    """Four days to play after two that teach."""
    return recorded(made_calls(PACES), *DAYS, shuffle_seed)


def compared(made: Recorded, *names: str, scenario: Scenario = Scenario()) -> tuple[Verdict, ...]:  # noqa: B008
    """Policies against the first."""
    contenders = tuple(of_policy(name) for name in names)
    return compare(made, Order(contenders, scenario, replications=3, seed=1))


def test_knowing_who_is_fast_shortens_handle_times() -> None:
    _, fastest = compared(recording(), "longest_idle", "fastest_mean")
    assert fastest.differences["aht_s"].high < 0


def test_where_agents_are_shuffled_there_is_no_lift() -> None:
    _, fastest = compared(recording(shuffle_seed=7), "longest_idle", "fastest_mean")
    assert abs(fastest.differences["aht_s"].relative) < 0.005


def test_a_policy_does_not_differ_from_itself() -> None:
    _, again = compared(recording(), "longest_idle", "longest_idle")
    assert all(each.low == each.high == 0 for each in again.differences.values())
    assert again.constraints_kept
    assert not again.late_kinds


def test_more_load_and_wrap_up_make_calls_wait_longer() -> None:
    usual, more, wrapped = (
        compared(recording(), "longest_idle", scenario=scenario)[0].differences["asa_s"].candidate
        for scenario in (Scenario(), Scenario(load=1.1), Scenario(wrap_up_s=30.0))
    )
    assert usual < more
    assert usual < wrapped


def test_luck_is_the_same_again_and_its_calls_follow_the_load() -> None:
    made = recording()
    day = made.days[0]
    once, again = (drawn_luck(made, day, 1.0, (1, 2, 3)) for _ in range(2))
    assert once.noise.tolist() == again.noise.tolist()
    assert len(once.arrive_s) == len(day.arrive_s)
    assert len(drawn_luck(made, day, 0.8, (1, 2, 3)).arrive_s) < len(day.arrive_s)
    more = drawn_luck(made, day, 1.1, (1, 2, 3)).arrive_s
    assert len(more) > len(day.arrive_s)
    assert np.all(np.diff(more) >= 0)


def test_agents_are_there_while_their_services_follow_each_other() -> None:
    begin = 10_957 * 86_400.0
    moments = [(0.0, 100.0), (500.0, 100.0), (2000.0, 50.0)]
    calls = [MadeCall("A", begin + at, 0.0, "ann", seconds) for at, seconds in moments]
    (day,) = recorded(calls, "2000-01-01", "2000-01-01").days
    assert [(each.begin_s, each.end_s) for each in day.presences] == [(0, 600), (2000, 2050)]


def test_services_of_a_few_seconds_teach_nothing() -> None:
    calls = made_calls(PACES)
    short = [MadeCall("A", call.joined + 1, 0.0, "dee", 2.0) for call in calls]
    with_short = recorded([*calls, *short], *DAYS)
    assert np.allclose(with_short.staff.true_s, recording().staff.true_s)


def test_days_that_the_log_does_not_hold_are_refused() -> None:
    with pytest.raises(NothingToPlay, match="the log holds 2000-01-01 to 2000-01-06"):
        recorded(made_calls(PACES), "2001-01-01", "2001-01-02")


def test_intervals_are_of_days_not_of_calls() -> None:
    """Twice the calls on the same days make nothing surer."""
    draw = np.random.default_rng(1)
    before = draw.uniform(80, 120, (20, 1, len(SUMS)))
    after = before * draw.uniform(0.9, 1.1, (20, 1, len(SUMS)))
    once, twice = differences(before, after, 1), differences(2 * before, 2 * after, 1)
    assert once["aht_s"] == twice["aht_s"]
    assert once["aht_s"].low < once["aht_s"].change < once["aht_s"].high


def test_intervals_are_of_what_agents_may_be_like_as_well() -> None:
    """Ten worlds that differ say less than the same mean of ten that are alike."""
    draw = np.random.default_rng(1)
    before = np.full((20, 10, len(SUMS)), 100.0)
    after = before * draw.uniform(0.9, 1.1, (1, 10, len(SUMS)))
    differ = differences(before, after, 1)["aht_s"]
    alike = differences(before, np.broadcast_to(after.mean(axis=1, keepdims=True), after.shape), 1)
    assert differ.change == pytest.approx(alike["aht_s"].change)
    assert differ.high - differ.low > alike["aht_s"].high - alike["aht_s"].low + 0.05


def test_figures_are_shares_of_the_sums() -> None:
    sums = np.array([10.0, 8.0, 6.0, 80.0, 800.0])
    assert figures(sums).tolist() == pytest.approx([100.0, 10.0, 0.6, 0.2])


def test_what_was_recorded_is_told_beside_what_was_simulated() -> None:
    joined = 10_957 * 86_400.0
    calls = [
        MadeCall("A", joined, 10.0, "ann", 100.0),
        MadeCall("A", joined + 500, 30.0, "ann", 100.0),
        MadeCall("A", joined + 900, 50.0, "", 0.0, gave_up=True),
        MadeCall("A", joined + 950, 0.0, "ann", 100.0),
    ]
    found = as_recorded(recorded(calls, "2000-01-01", "2000-01-01").days, 20.0)
    assert found == pytest.approx({"asa_s": 40 / 3, "service_level": 0.5, "abandonment": 0.25})


def test_a_percentile_is_the_second_that_so_many_did_not_exceed() -> None:
    waits = np.zeros((2, 101), dtype=np.int64)
    waits[0, 1:] = 1
    assert p95_s(waits)[0] == 95
    assert np.isnan(p95_s(waits)[1])


def test_the_baseline_is_the_first_contender_and_all_names_differ() -> None:
    names = [each.name for each in all_contenders()]
    assert names[0] == "longest_idle"
    assert len(set(names)) == len(names)
    assert set(POLICIES) - {"most_skilled"} <= set(names)
