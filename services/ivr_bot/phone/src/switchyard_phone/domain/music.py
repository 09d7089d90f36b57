"""What waiting callers hear when nobody gave music: soft broken chords, made here."""

import math
from array import array

from switchyard_phone.domain.audio import SAMPLE_RATE

_LOUDNESS = 0.08
_NOTE_SECONDS = 0.6
_FADE_SECONDS = 0.55
# C, A minor, F, G: each rises and falls. MIDI numbers, where 69 is 440 Hz.
_CHORDS = (
    (60, 64, 67, 72, 67, 64),
    (57, 60, 64, 69, 64, 60),
    (53, 57, 60, 65, 60, 57),
    (55, 59, 62),
)
_REST_SECONDS = 2.4


def tune() -> bytes:
    """Some seconds of it, to be repeated; 8 kHz, 16 bit."""
    samples = array("h")
    for chord in _CHORDS:
        for note in chord:
            samples.extend(_note(440 * 2 ** ((note - 69) / 12)))
    samples.extend([0] * int(_REST_SECONDS * SAMPLE_RATE))
    return samples.tobytes()


def _note(hertz: float) -> list[int]:
    peak, step = 32767 * _LOUDNESS, 2 * math.pi * hertz / SAMPLE_RATE
    length = int(_NOTE_SECONDS * SAMPLE_RATE)
    return [int(peak * _strength(at) * math.sin(step * at)) for at in range(length)]


def _strength(at: int) -> float:
    """Struck softly, fading out before the next note."""
    seconds = at / SAMPLE_RATE
    return min(1.0, seconds / 0.02) * max(0.0, 1 - seconds / _FADE_SECONDS)
