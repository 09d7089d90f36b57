"""Frames, their loudness, and the law of G.711."""

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.audio import (
    FRAME_BYTES,
    QUIETEST_DB,
    SILENCE,
    Framer,
    frames_of,
    from_mu_law,
    level_db,
    seconds_of,
    to_mu_law,
)

pytestmark = pytest.mark.unit


@given(st.binary(max_size=2000))
def test_frames_hold_all_of_the_sound_and_then_silence(sound: bytes) -> None:
    frames = list(frames_of(sound))
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    assert b"".join(frames).startswith(sound)
    assert not b"".join(frames)[len(sound) :].strip(b"\0")


@given(st.lists(st.binary(max_size=700), max_size=20))
def test_pieces_of_any_size_become_whole_frames(pieces: list[bytes]) -> None:
    framer = Framer()
    frames = [frame for piece in pieces for frame in framer.push(piece)]
    sound = b"".join(pieces)
    assert b"".join(frames) == sound[: len(sound) // FRAME_BYTES * FRAME_BYTES]


def test_loudness_is_told_below_full_scale() -> None:
    loudest = array("h", (32767, -32768) * 80).tobytes()
    half = array("h", (16384, -16384) * 80).tobytes()
    assert level_db(loudest) == pytest.approx(0, abs=0.01)
    assert level_db(half) == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert level_db(SILENCE) == level_db(b"") == QUIETEST_DB


def test_the_law_has_the_values_of_the_standard() -> None:
    """Corner values of G.711, table 2a: the loudest, the quietest, and the first of a segment."""
    samples = array("h", from_mu_law(bytes((0x80, 0x00, 0xFF, 0x7F, 0xF0, 0xEF))))
    assert list(samples) == [32124, -32124, 0, 0, 120, 132]


@given(st.binary(max_size=300))
def test_what_was_decoded_is_coded_the_same(coded: bytes) -> None:
    # There are two zeros; one of them is enough.
    assert to_mu_law(from_mu_law(coded)) == coded.replace(b"\x7f", b"\xff")


@given(st.lists(st.integers(-32768, 32767), max_size=200))
def test_coding_keeps_the_signal(samples: list[int]) -> None:
    sound = array("h", samples).tobytes()
    for before, after in zip(samples, array("h", from_mu_law(to_mu_law(sound))), strict=True):
        assert abs(before - after) <= max(8, abs(before) / 16 + 4)


def test_seconds_count_samples() -> None:
    assert seconds_of(bytes(16_000)) == 1
