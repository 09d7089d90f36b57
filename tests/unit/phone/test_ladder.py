"""How far what was understood is believed."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.ladder import USUAL, Ladder, Rung

pytestmark = pytest.mark.unit

CONFIDENCES = st.floats(0, 1)
LADDERS = st.tuples(CONFIDENCES, CONFIDENCES).map(lambda two: Ladder(max(two), min(two)))


@pytest.mark.parametrize(
    ("confidence", "rung"),
    [
        (1.0, Rung.ACCEPT),
        (0.75, Rung.ACCEPT),
        (0.74, Rung.CONFIRM),
        (0.4, Rung.CONFIRM),
        (0.39, Rung.NO_MATCH),
        (0.0, Rung.NO_MATCH),
        (nan, Rung.NO_MATCH),
    ],
)
def test_a_confidence_stands_on_one_rung(confidence: float, rung: Rung) -> None:
    assert Ladder(0.75, 0.4).rung(confidence) is rung


@given(LADDERS, CONFIDENCES, CONFIDENCES)
def test_who_is_surer_never_stands_lower(ladder: Ladder, one: float, other: float) -> None:
    order = [Rung.NO_MATCH, Rung.CONFIRM, Rung.ACCEPT]
    less, more = sorted((one, other))
    assert order.index(ladder.rung(less)) <= order.index(ladder.rung(more))


@pytest.mark.parametrize(("accept", "confirm"), [(0.4, 0.5), (1.1, 0.5), (0.5, -0.1), (nan, 0.1)])
def test_a_ladder_rises(accept: float, confirm: float) -> None:
    with pytest.raises(ValueError, match="confirm <= accept"):
        Ladder(accept, confirm)


def test_words_are_believed_sooner_than_phrases() -> None:
    assert USUAL.words.accept < USUAL.phrases.accept
