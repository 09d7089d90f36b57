"""Sound of a telephone as Whisper sees it: log-mel spectrograms, straight from 8 kHz.

Whisper was trained on 16 kHz (Radford et al., 2022, section 2.2): frames of 25 ms every 10 ms, the
power spectrum in Slaney's mel bands, its logarithm cut 8 below the loudest and scaled. A telephone
carries nothing above 4 kHz, so the spectrum of half as many samples is the lower half of the same
spectrum at half the size; the bands above stay empty, as they would after any upsampling.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from switchyard_phone.domain.audio import SAMPLE_RATE

Spectrogram = NDArray[np.float32]

FRAMES_A_SECOND = 100
_HOP = SAMPLE_RATE // FRAMES_A_SECOND
_WINDOW = SAMPLE_RATE * 25 // 1000
_TRAINED_RATE = 16000
_GAIN = (_TRAINED_RATE / SAMPLE_RATE) ** 2
"""Twice as many samples have four times the power in each of the spectrum's lines."""
_FULL_SCALE = 32768.0
_LEAST_POWER = 1e-10
_RANGE = 8.0
# Slaney's mel scale: straight up to 1 kHz, then 27 bands for each 6.4 times as high.
_HERTZ_A_MEL = 200 / 3
_BEND_HERTZ = 1000.0
_LOG_STEP = np.log(6.4) / 27


def spectrogram(sound: bytes, seconds: float, bands: int) -> Spectrogram:
    """`bands` rows, a column for each 10 ms of so many seconds; silence follows what is shorter.

    `sound` is 16-bit samples at 8 kHz; what is longer is cut off.
    """
    samples = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    given = np.frombuffer(sound, "<i2")[: samples.size].astype(np.float32) / _FULL_SCALE
    samples[: given.size] = given
    padded = np.pad(samples, _WINDOW // 2, mode="reflect")
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:-1]
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(pieces * window)) ** 2 * _GAIN
    heights = np.log10(np.maximum(filters(bands) @ power.T, _LEAST_POWER))
    heights = np.maximum(heights, heights.max() - _RANGE)
    return np.ascontiguousarray((heights + 4) / 4, np.float32)


@cache
def filters(bands: int) -> Spectrogram:
    """How much each line of the spectrum (columns, 40 Hz apart) counts in each band (rows)."""
    edges = _hertz(np.linspace(0, _mel(_TRAINED_RATE / 2), bands + 2))
    lines = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    rising = (lines - edges[:-2, np.newaxis]) / np.diff(edges)[:-1, np.newaxis]
    falling = (edges[2:, np.newaxis] - lines) / np.diff(edges)[1:, np.newaxis]
    height = 2 / (edges[2:] - edges[:-2])
    weights = np.maximum(0, np.minimum(rising, falling)) * height[:, np.newaxis]
    return weights.astype(np.float32)


def _mel(hertz: float) -> float:
    return float(_BEND_HERTZ / _HERTZ_A_MEL + np.log(hertz / _BEND_HERTZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = _BEND_HERTZ / _HERTZ_A_MEL
    curved = _BEND_HERTZ * np.exp(_LOG_STEP * (mels - bend))
    return np.where(mels < bend, mels * _HERTZ_A_MEL, curved)
