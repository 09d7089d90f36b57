"""Finding what somebody says among windows of sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_phone.domain.audio import FRAME_BYTES
from switchyard_phone.domain.hearing import (
    WINDOW_BYTES,
    WINDOW_SECONDS,
    Endpoints,
    Segmenter,
    Spoken,
    Started,
    Windows,
)

pytestmark = pytest.mark.unit

RULES = Endpoints()
VOICED, QUIET, UNSURE = 0.9, 0.1, 0.4


def window(number: int) -> bytes:
    return number.to_bytes(2, "little") * (WINDOW_BYTES // 2)


def numbers(sound: bytes) -> list[int]:
    return [
        int.from_bytes(sound[place : place + 2], "little")
        for place in range(0, len(sound), WINDOW_BYTES)
    ]


def windows(seconds: float) -> int:
    return round(seconds / WINDOW_SECONDS)


def run(
    *stretches: tuple[float, float], rules: Endpoints = RULES
) -> tuple[list[int], Spoken | None, int]:
    """Where speech started, what was said, and after how many windows."""
    segmenter = Segmenter(rules)
    started: list[int] = []
    number = 0
    for probability, seconds in stretches:
        for _ in range(windows(seconds)):
            heard = segmenter.push(window(number), probability)
            number += 1
            if isinstance(heard, Started):
                started.append(number)
            elif heard is not None:
                return started, heard, number
    return started, None, number


def test_speech_starts_once_it_has_gone_on_for_its_time() -> None:
    started, spoken, _ = run((QUIET, 2.0), (VOICED, 0.6))
    assert started == [windows(2.0) + windows(0.32)]
    assert spoken is None


def test_what_is_short_is_no_speech() -> None:
    assert run((QUIET, 1), (VOICED, 0.25), (QUIET, 1), (VOICED, 0.25), (QUIET, 5))[:2] == ([], None)


def test_a_silence_ends_it_and_a_pause_does_not() -> None:
    started, spoken, taken = run((VOICED, 1), (QUIET, 0.4), (VOICED, 1), (QUIET, 2))
    assert len(started) == 1
    assert spoken is not None
    assert spoken.seconds == pytest.approx(2.4, abs=0.1)
    assert taken * WINDOW_SECONDS == pytest.approx(3.1, abs=0.1)


def test_the_sound_begins_a_moment_before_the_speech() -> None:
    _, spoken, taken = run((QUIET, 2), (VOICED, 1), (QUIET, 1))
    assert spoken is not None
    kept = numbers(spoken.sound)
    assert kept == list(range(kept[0], taken))
    before = windows(2) - kept[0]
    assert before * WINDOW_SECONDS == pytest.approx(RULES.before_seconds, abs=2 * WINDOW_SECONDS)


def test_whoever_never_stops_is_cut_off() -> None:
    rules = Endpoints(longest_seconds=3)
    _, spoken, taken = run((VOICED, 60), rules=rules)
    assert spoken is not None
    assert taken * WINDOW_SECONDS == pytest.approx(3, abs=0.1)


def test_what_is_unsure_is_what_was_before() -> None:
    assert run((UNSURE, 5))[0] == []
    assert len(run((VOICED, 0.1), (UNSURE, 1))[0]) == 1


def test_what_stirs_is_told_before_it_counts() -> None:
    segmenter = Segmenter(RULES)
    seen = []
    for probability in (QUIET, VOICED):
        segmenter.push(window(0), probability)
        seen.append((segmenter.stirring, segmenter.speaking))
    assert seen == [(False, False), (True, False)]


@given(st.lists(st.floats(0, 1), max_size=800))
def test_events_come_in_order_and_nothing_grows(probabilities: list[float]) -> None:
    rules = Endpoints(longest_seconds=4)
    segmenter = Segmenter(rules)
    events: list[Started | Spoken] = []
    for number, probability in enumerate(probabilities):
        heard = segmenter.push(window(number), probability)
        if heard is not None:
            events.append(heard)
        if isinstance(heard, Spoken):
            break
    assert [type(event) for event in events] in ([], [Started], [Started, Spoken])
    for event in events:
        if isinstance(event, Spoken):
            longest = rules.longest_seconds + rules.before_seconds + rules.ends_seconds + 0.2
            assert len(event.sound) <= windows(longest) * WINDOW_BYTES
            assert rules.starts_seconds <= event.seconds <= rules.longest_seconds + 0.1


@given(st.integers(0, 60))
def test_windows_hold_the_frames_in_order(count: int) -> None:
    cutter = Windows()
    sound = b"".join(bytes([number]) * FRAME_BYTES for number in range(count))
    cut = [
        window
        for place in range(0, len(sound), FRAME_BYTES)
        if (window := cutter.push(sound[place : place + FRAME_BYTES])) is not None
    ]
    assert b"".join(cut) == sound[: len(sound) // WINDOW_BYTES * WINDOW_BYTES]
