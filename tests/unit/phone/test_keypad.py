"""Keys, each once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.keypad import Keypad

pytestmark = pytest.mark.unit


def test_a_key_is_told_when_it_is_released() -> None:
    keypad = Keypad()
    assert keypad.pressed("5", 1.0) == []
    assert keypad.released(1.25) == [("5", 0.25)]
    assert keypad.released(1.3) == []


def test_a_key_whose_release_is_lost_is_told_with_the_next_press() -> None:
    keypad = Keypad()
    keypad.pressed("5", 1.0)
    assert keypad.pressed("6", 2.0) == [("5", 1.0)]


def test_a_key_that_is_never_released_is_told_after_a_while() -> None:
    keypad = Keypad()
    keypad.pressed("5", 1.0)
    assert keypad.overdue(4.9) == []
    assert keypad.overdue(5.0) == [("5", 4.0)]
    assert keypad.overdue(9.0) == []


@given(st.lists(st.tuples(st.sampled_from("0123456789*#"), st.booleans())))
def test_none_is_lost_or_told_twice(presses: list[tuple[str, bool]]) -> None:
    keypad = Keypad()
    told: list[tuple[str, float]] = []
    for now, (key, released) in enumerate(presses):
        told += keypad.pressed(key, float(now))
        if released:
            told += keypad.released(now + 0.5)
    told += keypad.released(float(len(presses)))
    assert [key for key, _ in told] == [key for key, _ in presses]
