"""Collecting keys, with time as it is told, and hiding what was keyed in."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.keys import MASK, Collector, Got, Keyed, Outcome, Rule

pytestmark = pytest.mark.unit

PIN = Rule(4, 8, first_seconds=6, between_seconds=3, secret=True)
RATING = Rule(1, 1, 6, 3, only=frozenset("12345"))


def play(rule: Rule, keys: str, every: float = 1.0) -> tuple[Collector | Outcome, float]:
    """Keys one after the other, armed at 0; what came of it, and when."""
    wait: Collector | Outcome = Collector(rule).armed(0.0)
    now = 0.0
    for key in keys:
        if isinstance(wait, Outcome):
            break
        now += every
        wait = wait.pressed(key, now)
    return wait, now


def outcome(rule: Rule, keys: str) -> Outcome:
    """The same, and then silence."""
    wait, now = play(rule, keys)
    found = wait if isinstance(wait, Outcome) else wait.waited(now + 100)
    assert isinstance(found, Outcome)
    return found


@pytest.mark.parametrize(
    ("rule", "keys", "got", "digits"),
    [
        (PIN, "1234#", Got.DIGITS, "1234"),
        (PIN, "12345678", Got.DIGITS, "12345678"),
        (PIN, "1234", Got.DIGITS, "1234"),
        (PIN, "0000#", Got.DIGITS, "0000"),
        (PIN, "12*4321#", Got.DIGITS, "4321"),
        (PIN, "123#", Got.BAD, ""),
        (PIN, "123", Got.BAD, ""),
        (PIN, "", Got.NOTHING, ""),
        (PIN, "#", Got.END, ""),
        (PIN, "*", Got.STAR, ""),
        (PIN, "12**", Got.STAR, ""),
        (PIN, "0#", Got.PERSON, ""),
        (PIN, "0", Got.PERSON, ""),
        (RATING, "5", Got.DIGITS, "5"),
        (RATING, "9", Got.BAD, ""),
        (RATING, "0", Got.PERSON, ""),
        (RATING, "A", Got.NOTHING, ""),
    ],
)
def test_what_keys_come_to(rule: Rule, keys: str, got: Got, digits: str) -> None:
    found = outcome(rule, keys)
    assert (found.got, found.keyed.reveal()) == (got, digits)


def test_one_key_that_is_enough_counts_at_once() -> None:
    assert play(RATING, "3")[0] == Outcome(Got.DIGITS, Keyed("3"))


def test_time_runs_only_once_all_was_said_or_a_key_was_pressed() -> None:
    wait = Collector(PIN)
    assert wait.due == inf
    assert wait.waited(1e9) is wait
    assert wait.armed(10).due == 16
    typed = wait.pressed("1", 20)
    assert isinstance(typed, Collector)
    assert typed.due == 23
    assert typed.armed(22).due == 23


def test_each_key_gives_time_for_the_next() -> None:
    wait, now = play(PIN, "123", every=2.9)
    assert isinstance(wait, Collector)
    assert wait.waited(now + 2.9) is wait
    assert wait.waited(now + 3) == Outcome(Got.BAD)


def test_a_key_counts_even_if_time_was_up_a_moment_ago() -> None:
    wait = Collector(RATING).armed(0)
    assert wait.pressed("2", 6.01) == Outcome(Got.DIGITS, Keyed("2"))


def test_digits_of_a_secret_are_marked_as_such() -> None:
    assert outcome(PIN, "1234#").keyed.secret
    assert not outcome(RATING, "1").keyed.secret


@given(st.text("0123456789", min_size=4, max_size=8).filter(lambda digits: digits not in MASK))
def test_nothing_shows_what_was_keyed_in(digits: str) -> None:
    keyed = Keyed(digits, secret=True)
    wait, _ = play(PIN, digits[:3])
    assert isinstance(wait, Collector)
    for shown in (repr(keyed), str(keyed), f"{keyed}", f"{keyed!r:>20}"):
        assert MASK in shown
        assert digits not in shown
    for whole in (Outcome(Got.DIGITS, keyed), wait):
        assert digits[:3] not in repr(whole).replace("3.0", "")
    assert keyed.reveal() == digits


RULES = st.builds(
    lambda least, more: Rule(least, least + more, 6, 3),
    st.integers(1, 6),
    st.integers(0, 6),
)
STEPS = st.lists(st.tuples(st.sampled_from([*"0123456789*#", "A", ""]), st.floats(0, 10)))


@given(RULES, STEPS)
def test_every_wait_ends_and_gives_only_what_was_asked_for(
    rule: Rule, steps: list[tuple[str, float]]
) -> None:
    wait: Collector | Outcome = Collector(rule).armed(0.0)
    now = 0.0
    for key, seconds in steps:
        if isinstance(wait, Outcome):
            break
        now += seconds
        wait = wait.waited(now)
        if isinstance(wait, Collector) and key:
            wait = wait.pressed(key, now)
        if isinstance(wait, Collector):
            assert wait.due <= now + max(rule.first_seconds, rule.between_seconds)
    if isinstance(wait, Collector):
        wait = wait.waited(wait.due)
    assert isinstance(wait, Outcome)
    if wait.got is Got.DIGITS:
        assert rule.allows(wait.keyed.reveal())
    else:
        assert wait.keyed.reveal() == ""


@given(RULES, st.text("123456789", min_size=1, max_size=12))
def test_digits_come_out_as_they_went_in(rule: Rule, digits: str) -> None:
    found = outcome(rule, f"{digits}#")
    if rule.least <= len(digits):
        assert found == Outcome(Got.DIGITS, Keyed(digits[: rule.most]))
    else:
        assert found.got is Got.BAD
