"""The parts of the speech engines that need no model: messages, spectrograms, words."""

import io
import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.adapters.speech.engine import pipe
from switchyard_phone.adapters.speech.engine.mel import filters, spectrogram
from switchyard_phone.adapters.speech.engine.text import Whisper
from switchyard_phone.adapters.speech.engine.words import Words, folded, likeness, once

from tests.fakes.phone.sounds import tone

pytestmark = pytest.mark.unit


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_messages_arrive_as_they_were_sent(contents: list[bytes]) -> None:
    stream = io.BytesIO(b"".join(pipe.packed(content) for content in contents))
    arrived = []
    while (message := pipe.read(stream)) is not None:
        arrived.append(message)
    assert arrived == contents


@pytest.mark.parametrize("cut", [1, 3, 4, 7])
def test_half_a_message_is_the_end(cut: int) -> None:
    assert pipe.read(io.BytesIO(pipe.packed(b"hello")[:cut])) is None


def test_a_length_that_cannot_be_is_refused() -> None:
    with pytest.raises(pipe.BadMessage):
        pipe.read(io.BytesIO(b"\xff\xff\xff\xff"))
    with pytest.raises(pipe.BadMessage):
        pipe.packed(bytes(pipe.MOST_BYTES + 1))


def served(
    monkeypatch: pytest.MonkeyPatch, asked: bytes, fails: Exception | None = None
) -> list[bytes]:
    """What an engine says that turns each question round."""

    def load() -> Callable[[bytes], bytes]:
        print("a library talks")
        if fails is not None:
            raise fails
        return lambda question: question[::-1]

    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(asked)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out, write=len))
    pipe.serve(load)
    out.seek(0)
    return list(iter(lambda: pipe.read(out), None))


def test_an_engine_answers_in_order_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pipe.packed(b"abc") + pipe.packed(b"de")
    assert served(monkeypatch, asked) == [b"", b"cba", b"ed"]


def test_an_engine_says_why_it_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    told = served(monkeypatch, pipe.packed(b"abc"), ImportError("No module named 'x'"))
    assert told == [b"ImportError: No module named 'x'"]


@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_a_tone_is_loudest_in_its_band(hertz: int) -> None:
    seen = spectrogram(tone(hertz, 1.0), 2.0, 80)
    assert seen.shape == (80, 200)
    band = int(seen[:, 50].argmax())
    lines = np.arange(filters(80).shape[1]) * 40
    middle = float((filters(80)[band] * lines).sum() / filters(80)[band].sum())
    assert abs(middle - hertz) < 80


def test_what_a_telephone_does_not_carry_stays_empty() -> None:
    assert not filters(80)[-10:].any()


def test_silence_and_sound_that_is_too_long_have_a_spectrogram_too() -> None:
    assert np.isfinite(spectrogram(b"", 2.0, 80)).all()
    assert spectrogram(tone(400, 5.0), 2.0, 80).shape == (80, 200)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Call me back. Call me back.", "Call me back."),
        ("倒数倒数", "倒数"),
        ("no no no", "no"),
        ("Where is my order?", "Where is my order?"),
        ("8888", "8888"),
        ("谢谢", "谢谢"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_what_is_said_twice_is_said_once(said: str, kept: str) -> None:
    assert once(said) == kept


def test_sounds_that_many_do_not_tell_apart_are_one() -> None:
    assert folded("cha xun ding dan") == folded("ca xun din dan")
    assert folded("zhang shang") == folded("zan san")


def test_a_text_that_holds_the_wanted_one_is_as_good() -> None:
    assert likeness("iwanttocallmebackplease", "callmeback") == 1
    assert likeness("callmeblack", "callmeback") == pytest.approx(0.9)
    assert likeness("", "callmeback") == 0


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_likeness_is_a_share(heard: str, wanted: str) -> None:
    assert 0 <= likeness(heard, wanted) <= 1
    assert likeness(heard + wanted + heard, wanted) == (1 if wanted else 0)


def test_words_are_compared_without_marks_and_case() -> None:
    assert Words(None).sound("Call me back!") == "callmeback"
    assert Words(lambda _: "cha xun").sound("查询。") == "caxun"


def test_a_language_that_is_not_spoken_here_is_refused() -> None:
    whisper = object.__new__(Whisper)
    with pytest.raises(ValueError, match="language"):
        whisper.understand(b"", "fr", {})
