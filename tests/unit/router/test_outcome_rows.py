"""A row of resolution knows what surveys had said when its service began, and nothing later."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_router.adapters.models.call_log import Service
from switchyard_router.adapters.models.comparison import TABLE
from switchyard_router.adapters.models.outcome_rows import OUTCOME_NAMES, Outcome, outcome_rows
from switchyard_router.adapters.models.training_rows import training_rows
from switchyard_router.domain.handle_time_features import NAMES

pytestmark = pytest.mark.unit

type Known = list[tuple[Service, Outcome | None]]

OUTCOMES = OUTCOME_NAMES.index("agent_log_outcomes")


def service(start: float, seconds: float = 100.0, agent: str = "ann") -> Service:
    return Service(agent, ("sales", "VOICE"), start, seconds, 0.0, 1)


def invented(seed: int, count: int = 60) -> Known:
    draw = np.random.default_rng(seed)
    starts = np.sort(draw.uniform(0, 6 * 3600, count)).tolist()
    made = [service(at, draw.uniform(5, 600), f"agent{draw.integers(3)}") for at in starts]
    return [
        (
            one,
            Outcome(
                bool(draw.random() < 0.6), one.start_seconds + one.seconds + draw.uniform(0, 900)
            )
            if draw.random() < 0.7
            else None,
        )
        for one in made
    ]


def test_an_outcome_teaches_from_its_survey_on_and_not_from_the_services_end() -> None:
    rows = outcome_rows(
        [
            (service(0), Outcome(True, 500)),
            (service(200), Outcome(True, 900)),
            (service(500), Outcome(True, 700)),
        ]
    )
    assert rows.features[:, OUTCOMES].tolist() == [0.0, 0.0, np.log1p(1)]
    assert rows.guesses[TABLE][0] == rows.guesses[TABLE][1] < rows.guesses[TABLE][2]


def test_only_services_with_an_outcome_and_no_hang_ups_are_rows() -> None:
    found: Known = [
        (service(0, agent="bob"), None),
        (service(100, seconds=4), Outcome(False, 200)),
        (service(300), Outcome(False, 500)),
        (service(600), None),
        (service(900), Outcome(True, 1000)),
    ]
    rows = outcome_rows(found)
    assert rows.start_seconds.tolist() == [300.0, 900.0]
    assert rows.resolved.tolist() == [False, True]


def test_a_row_has_the_handle_time_features_of_its_own_service() -> None:
    found = invented(3)
    rows, basic = outcome_rows(found), training_rows([one for one, _ in found])
    of_start = dict(zip(basic.start_seconds.tolist(), basic.features, strict=True))
    for start, features in zip(rows.start_seconds.tolist(), rows.features, strict=True):
        assert np.array_equal(features[: len(NAMES)], of_start[start])


@given(seed=st.integers(0, 1000), at=st.integers(0, 59))
def test_outcomes_that_were_not_known_yet_change_nothing(seed: int, at: int) -> None:
    found = invented(seed)
    now = found[at][0].start_seconds
    changed = [
        (one, Outcome(not told.resolved, told.known_seconds))
        if told is not None and told.known_seconds > now
        else (one, told)
        for one, told in found
    ]
    before, after = outcome_rows(found), outcome_rows(changed)
    known = before.start_seconds <= now
    assert np.array_equal(before.features[known], after.features[known])
    for name, guess in before.guesses.items():
        assert np.array_equal(guess[known], after.guesses[name][known])


def test_without_an_outcome_there_are_no_rows() -> None:
    rows = outcome_rows([(service(0), None)])
    assert rows.features.shape == (0, len(OUTCOME_NAMES))
    assert not len(rows.resolved)
