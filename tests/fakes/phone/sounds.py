"""Sounds to send, and what to look for in what arrived. Loudness and likeness, never times."""

import math
from array import array

import numpy as np

RATE = 8000
_PIECE = 800
_ALIKE = 0.6
"""Correlation by which a piece is known; two pieces of noise reach 0.3."""


def tone(hertz: float, seconds: float, loudness: float = 0.3) -> bytes:
    """A sine of this frequency."""
    step = 2 * math.pi * hertz / RATE
    peak = 32767 * loudness
    return array(
        "h", (int(peak * math.sin(step * n)) for n in range(int(RATE * seconds)))
    ).tobytes()


def prompt(seconds: float, seed: int = 1) -> bytes:
    """Something as rich as speech and like nothing else: noise in the telephone's band."""
    noise = np.random.default_rng(seed).standard_normal(int(RATE * seconds))
    smooth = np.convolve(noise, np.hanning(7), "same")
    return bytes((smooth / np.abs(smooth).max() * 12_000).astype("<i2").data)


def from_pcmu(payload: bytes) -> bytes:
    """Samples of 16 bit for those of ITU-T G.711, the µ-law."""
    code = ~np.frombuffer(payload, np.uint8).astype(int) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return bytes(np.where(code & 0x80, -size, size).astype("<i2").data)


def strength(sound: bytes, hertz: float) -> float:
    """The share of a sound's energy that lies at this frequency, 0 to 1."""
    samples = np.frombuffer(sound, "<i2").astype(float)
    if not samples.any():
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    at = np.abs(np.fft.rfftfreq(samples.size, 1 / RATE) - hertz) < 20
    return float(spectrum[at].sum() / spectrum.sum())


def positions(heard: bytes, said: bytes, piece: int = _PIECE) -> list[float]:
    """Where pieces of so many samples were heard, in seconds; those that were not are left out.

    Piece by piece, since a packet that is lost or late on a busy machine shifts all that follows.
    """
    left = np.frombuffer(heard, "<i2").astype(float)
    right = np.frombuffer(said, "<i2").astype(float)
    if left.size < piece or not left.any():
        return []
    size = 1 << (left.size + piece).bit_length()
    spectrum = np.fft.rfft(left, size)
    energy = np.concatenate(([0.0], np.cumsum(left**2)))
    windows = np.maximum(energy[piece:] - energy[:-piece], 1.0)
    found = []
    for start in range(0, right.size - piece + 1, piece):
        part = right[start : start + piece]
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(part, size)), size)
        alike = product[: windows.size] / np.sqrt(windows * (part**2).sum())
        best = int(np.argmax(alike))
        if alike[best] > _ALIKE:
            found.append(best / RATE)
    return found


def likeness(heard: bytes, said: bytes, piece: int = _PIECE) -> float:
    """The share of a sound that was heard, 0 to 1."""
    return len(positions(heard, said, piece)) / (len(said) // 2 // piece)
