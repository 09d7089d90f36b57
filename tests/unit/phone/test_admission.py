"""Who is let in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.admission import Admission, Verdict
from switchyard_phone.domain.calls import CallId

pytestmark = pytest.mark.unit


def call(number: int) -> CallId:
    return CallId(f"call-{number}")


def test_a_call_that_is_sent_again_keeps_its_place() -> None:
    admission = Admission(at_once=1, per_second=1)
    assert [admission.admit(call(1), 0.0) for _ in range(3)] == [Verdict.IN] * 3
    assert admission.admit(call(2), 0.0) is Verdict.BUSY
    admission.claim(call(1))
    assert admission.admit(call(1), 0.0) is Verdict.IN
    assert admission.calls == 1


def test_a_place_is_free_after_the_end() -> None:
    admission = Admission(at_once=1, per_second=10)
    admission.admit(call(1), 0.0)
    admission.claim(call(1))
    admission.refused(call(1))  # a leg ends by `release` alone
    assert admission.admit(call(2), 0.0) is Verdict.BUSY
    admission.release(call(1))
    admission.release(call(1))
    assert admission.admit(call(2), 0.0) is Verdict.IN


def test_what_came_to_nothing_takes_no_place() -> None:
    admission = Admission(at_once=1, per_second=10)
    admission.admit(call(1), 0.0)
    admission.refused(call(1))
    assert admission.admit(call(2), 0.0) is Verdict.IN


def test_a_place_that_nobody_claims_is_given_away_in_the_end() -> None:
    admission = Admission(at_once=1, per_second=10)
    admission.admit(call(1), 0.0)
    assert admission.admit(call(2), 63.9) is Verdict.BUSY
    assert admission.admit(call(2), 64.0) is Verdict.IN


def test_calls_in_a_short_time_are_bounded_and_the_bound_fills_up_again() -> None:
    admission = Admission(at_once=100, per_second=2)
    verdicts = [admission.admit(call(number), 0.0) for number in range(3)]
    assert verdicts == [Verdict.IN, Verdict.IN, Verdict.TOO_FAST]
    assert admission.admit(call(3), 0.5) is Verdict.IN
    assert admission.admit(call(4), 0.5) is Verdict.TOO_FAST


def test_nobody_new_is_let_in_while_draining() -> None:
    admission = Admission(at_once=10, per_second=10)
    admission.admit(call(1), 0.0)
    admission.draining = True
    assert admission.admit(call(1), 0.0) is Verdict.IN
    assert admission.admit(call(2), 0.0) is Verdict.DRAINING


@given(st.lists(st.tuples(st.sampled_from("acrx"), st.integers(0, 9)), max_size=60))
def test_there_are_never_more_calls_than_allowed(steps: list[tuple[str, int]]) -> None:
    admission = Admission(at_once=3, per_second=1000)
    for now, (step, number) in enumerate(steps):
        if step == "a":
            admission.admit(call(number), float(now))
        elif step == "c" and admission.admit(call(number), float(now)) is Verdict.IN:
            admission.claim(call(number))
        elif step == "r":
            admission.release(call(number))
        elif step == "x":
            admission.refused(call(number))
        assert admission.calls <= 3
