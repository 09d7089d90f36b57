"""Sound as every part of the phone has it: frames of 20 ms, 8 kHz, one channel, 16 bit.

A frame is `bytes` of 160 little-endian signed samples. Networks carry it as G.711; which of its
two laws is the adapters' matter.
"""

import math
from array import array
from collections.abc import Iterable, Iterator
from functools import cache

SAMPLE_RATE = 8000
"""Samples per second."""

FRAME_SECONDS = 0.02
FRAME_SAMPLES = 160
FRAME_BYTES = 320
BYTES_PER_SECOND = 16_000

SILENCE = bytes(FRAME_BYTES)
"""One frame in which nothing is heard."""

QUIETEST_DB = -96.0
"""The level of digital silence, where a logarithm has none."""

_FULL_SCALE = 32768
_BIAS = 0x84
_LOUDEST = 32635


def seconds_of(sound: bytes) -> float:
    """How long it takes to say."""
    return len(sound) / BYTES_PER_SECOND


def frames_of(sound: bytes) -> Iterator[bytes]:
    """Cut sound into frames; the last one is filled up with silence."""
    for start in range(0, len(sound), FRAME_BYTES):
        frame = sound[start : start + FRAME_BYTES]
        yield frame if len(frame) == FRAME_BYTES else frame.ljust(FRAME_BYTES, b"\0")


class Framer:
    """Makes frames of sound that arrives in pieces of any size; keeps less than one frame."""

    def __init__(self) -> None:
        self._rest = b""

    def push(self, piece: bytes) -> Iterable[bytes]:
        """The frames that are whole now."""
        if not self._rest and len(piece) == FRAME_BYTES:
            return (piece,)
        sound = self._rest + piece
        whole = len(sound) - len(sound) % FRAME_BYTES
        self._rest = sound[whole:]
        return (sound[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))


def level_db(frame: bytes) -> float:
    """How loud a frame is: root mean square in decibels below full scale (dBFS), 0 at most."""
    samples = array("h", frame)
    if not samples:
        return QUIETEST_DB
    power = math.sumprod(samples, samples) / len(samples)
    if power == 0:
        return QUIETEST_DB
    return max(QUIETEST_DB, 10 * math.log10(power / _FULL_SCALE**2))


def from_mu_law(coded: bytes) -> bytes:
    """Samples of G.711 µ-law (ITU-T G.711, 1988): 8 bit in, 16 bit out."""
    table = _decoded()
    return array("h", (table[code] for code in coded)).tobytes()


def to_mu_law(sound: bytes) -> bytes:
    """G.711 µ-law of samples: 16 bit in, 8 bit out."""
    table = _encoded()
    return bytes(table[(sample >> 2) + 8192] for sample in array("h", sound))


@cache
def _decoded() -> array[int]:
    return array("h", (_decode(code) for code in range(256)))


@cache
def _encoded() -> bytes:
    """By the sample's upper 14 bits; the lower two are below the law's finest step."""
    return bytes(_encode(sample << 2) for sample in range(-8192, 8192))


def _decode(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + _BIAS << (code >> 4 & 7)) - _BIAS
    return -magnitude if code & 0x80 else magnitude


def _encode(sample: int) -> int:
    magnitude = min(abs(sample), _LOUDEST) + _BIAS
    segment = magnitude.bit_length() - 8
    sign = 0x80 if sample < 0 else 0
    return ~(sign | segment << 4 | magnitude >> segment + 3 & 0x0F) & 0xFF
