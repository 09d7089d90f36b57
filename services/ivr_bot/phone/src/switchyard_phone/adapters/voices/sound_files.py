"""WAV files and raw samples of any rate as the sound of a telephone: 8 kHz, 16 bit, one channel."""

import io
import math
import wave
from functools import cache

import numpy as np
from numpy.typing import NDArray

from switchyard_phone.domain.audio import SAMPLE_RATE

Samples = NDArray[np.float32]

_FULL = 32767.0
_TAPS = 24  # zero crossings of the filter on each side
_CUTOFF = 0.45  # of the lower rate; a telephone carries nothing above 3.4 kHz
_QUIET = 10 ** (-45 / 20)
_EDGE_SECONDS = 0.03
_LOUDNESS = 10 ** (-20 / 20)
_PEAK = 0.95
_SAMPLE_BYTES = 2


class BadSound(Exception):
    """A file that is no sound this can read; the message says why."""


def from_wav(content: bytes) -> tuple[Samples, int]:
    """The samples of a WAV file (16 bit; of several channels the first), and their rate. BadSound.

    A header that was written before the length was known is taken for what follows it.
    """
    try:
        with wave.open(io.BytesIO(content)) as file:
            if file.getsampwidth() != _SAMPLE_BYTES:
                raise BadSound(f"has {8 * file.getsampwidth()} bits a sample, needs 16")
            channels, rate = file.getnchannels(), file.getframerate()
            frames = file.readframes(len(content))
    except (wave.Error, EOFError) as error:
        raise BadSound(f"is no WAV file that can be read ({error})") from error
    whole = len(frames) - len(frames) % (_SAMPLE_BYTES * channels)
    return from_pcm(frames[:whole])[::channels], rate


def from_pcm(frames: bytes) -> Samples:
    """16-bit little-endian samples as numbers from -1 to 1."""
    return np.frombuffer(frames, "<i2").astype(np.float32) / np.float32(_FULL + 1)


def to_pcm(samples: Samples) -> bytes:
    """The other way round; what is too loud is cut off."""
    return (np.clip(samples, -1, 1) * _FULL).round().astype("<i2").tobytes()


def to_wav(sound: bytes) -> bytes:
    """Sound of a telephone as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(sound)
    return target.getvalue()


def resampled(samples: Samples, rate: int) -> Samples:
    """At 8 kHz: a windowed sinc at every new place, with what 8 kHz cannot carry filtered out."""
    if rate == SAMPLE_RATE or not len(samples):
        return samples
    weights = _weights(rate)
    taps, phases = weights.shape
    step = rate // math.gcd(rate, SAMPLE_RATE)
    count = max(1, len(samples) * phases // step)
    places = np.arange(count) * step
    nearest, phase = places // phases, places % phases
    padded = np.pad(samples, taps // 2)
    total = np.zeros(count, np.float32)
    for tap in range(taps):
        total += padded[nearest + tap + 1] * weights[tap, phase]
    return total


@cache
def _weights(rate: int) -> Samples:
    """The filter's taps (rows) at every distance from a sample that a new place can have."""
    phases = SAMPLE_RATE // math.gcd(rate, SAMPLE_RATE)
    scale = min(1.0, SAMPLE_RATE / rate)
    reach = math.ceil(_TAPS / scale)
    away = np.arange(phases) / phases - np.arange(-reach + 1, reach + 1)[:, np.newaxis]
    window = 0.5 + 0.5 * np.cos(np.pi * np.clip(away / reach, -1, 1))
    band = 2 * _CUTOFF * scale
    return (band * np.sinc(band * away) * window).astype(np.float32)


def telephone(samples: Samples, rate: int) -> bytes:
    """A clip ready to be put between others: 8 kHz, silence at its ends cut, equally loud."""
    sound = trimmed(resampled(samples, rate))
    loud = math.sqrt(float(np.mean(sound.astype(np.float64) ** 2))) if len(sound) else 0.0
    if loud:
        gain = min(_LOUDNESS / loud, _PEAK / float(np.max(np.abs(sound))))
        sound = sound * np.float32(gain)
    return to_pcm(sound)


def trimmed(samples: Samples) -> Samples:
    """Without the silence before and after, but for a moment of it."""
    heard = np.flatnonzero(np.abs(samples) > _QUIET)
    if not len(heard):
        return samples[:0]
    edge = int(_EDGE_SECONDS * SAMPLE_RATE)
    return samples[max(0, int(heard[0]) - edge) : int(heard[-1]) + edge]
