"""How sure the phone is of what an engine understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.adapters.speech.whisper import judged, understood
from switchyard_phone.domain.understanding import (
    PhraseFit,
    Understood,
    best_phrase,
    text_confidence,
)
from switchyard_phone.service.segmented import Transcript

pytestmark = pytest.mark.unit


def heard(
    log_probability: float = -0.3,
    text: str = "where is my order",
    no_speech: float = 0.05,
    compression: float = 1.0,
    **phrases: tuple[float, float],
) -> Understood:
    fits = {name: PhraseFit(*fit) for name, fit in phrases.items()}
    return Understood(text, log_probability, no_speech, compression, fits)


def test_a_sure_text_is_surer_than_a_doubtful_one_than_a_lost_one() -> None:
    sure, doubtful, lost = (text_confidence(heard(value)) for value in (-0.1, -0.9, -1.6))
    assert sure > 0.9
    assert 0.3 < doubtful < 0.6
    assert lost == 0


@pytest.mark.parametrize(
    "nothing",
    [
        heard(text=""),
        heard(compression=3.0),
        heard(-1.0, no_speech=0.9),
    ],
    ids=["no text", "a loop", "nobody spoke"],
)
def test_what_is_no_speech_is_not_understood(nothing: Understood) -> None:
    assert text_confidence(nothing) == 0
    assert judged(nothing, 0.4) is None


def test_a_text_that_is_sure_counts_even_if_the_model_hears_little_speech() -> None:
    assert text_confidence(heard(-0.2, no_speech=0.7)) > 0.9


def test_the_phrase_that_was_said_is_known() -> None:
    name, sure = best_phrase(heard(order=(-0.8, 1.0), bills=(-6.4, 0.2)))
    assert name == "order"
    assert sure > 0.9


def test_a_phrase_that_was_misheard_is_known_by_its_sounds() -> None:
    name, sure = best_phrase(heard(-1.1, "or the non", order=(-3.0, 0.6), bills=(-6.0, 0.2)))
    assert name == "order"
    assert sure > 0.75


def test_two_phrases_that_fit_alike_are_doubtful() -> None:
    clear = best_phrase(heard(-0.9, order=(-2.9, 0.6), bills=(-6.0, 0.1)))[1]
    torn = best_phrase(heard(-0.9, order=(-2.9, 0.6), orders=(-3.0, 0.6)))[1]
    assert torn < 0.75 < clear


def test_what_fits_no_phrase_is_text() -> None:
    other = heard(-0.2, "tell me a joke", order=(-6.0, 0.3), bills=(-6.4, 0.2))
    assert best_phrase(other)[1] < 0.2
    assert judged(other, 0.4) == Transcript("tell me a joke", text_confidence(other))


def test_more_words_than_the_phrase_still_hold_it() -> None:
    more = heard(-0.2, "well where is my order then", order=(-5.0, 1.0), bills=(-6.4, 0.2))
    told = judged(more, 0.4)
    assert told is not None
    assert told.phrase == "order"


def test_without_phrases_there_is_none() -> None:
    assert best_phrase(heard()) == ("", 0.0)


def test_one_phrase_alone_can_be_known_and_refused() -> None:
    assert best_phrase(heard(yes=(-0.5, 1.0)))[1] > 0.9
    assert best_phrase(heard(-0.2, yes=(-7.0, 0.1)))[1] < 0.2


logs = st.floats(-20, 0)
shares = st.floats(0, 1)


@given(
    logs,
    shares,
    st.floats(0, 10),
    st.dictionaries(st.text(max_size=3), st.builds(PhraseFit, logs, shares), max_size=5),
)
def test_confidence_lies_between_nothing_and_certainty(
    log_probability: float, no_speech: float, compression: float, phrases: dict[str, PhraseFit]
) -> None:
    said = Understood("words", log_probability, no_speech, compression, phrases)
    assert 0 <= text_confidence(said) <= 1
    name, sure = best_phrase(said)
    assert 0 <= sure <= 1
    assert name in phrases or not phrases


def test_what_an_engine_tells_is_read() -> None:
    told = understood(
        b'{"text": "\\u4f60\\u597d", "log_probability": -0.5, "no_speech": 0.1,'
        b' "compression": 0.8, "phrases": {"a": [-1.0, 0.5]}}'
    )
    assert told == Understood("你好", -0.5, 0.1, 0.8, {"a": PhraseFit(-1.0, 0.5)})
    with pytest.raises(KeyError):
        understood(b"{}")
