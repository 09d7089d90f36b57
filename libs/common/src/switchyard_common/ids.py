"""Ids that sort by the time they were made, short enough to read aloud from a log."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from switchyard_common.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_RANDOM_BITS = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ID_CHARS = 26


class IdFactory:
    """Makes ids of 26 lower-case characters: 48 bits of milliseconds, then 80 random bits.

    Ids of one factory rise strictly, also within one millisecond and when the clock goes back;
    ids of different processes sort by their clocks.
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._last = 0

    def new(self) -> str:
        """The next id."""
        milliseconds = (self._clock.now() - _EPOCH) // _MILLISECOND  # whole: a float may round down
        if milliseconds > self._last >> _RANDOM_BITS:
            random = int.from_bytes(self._random_bytes(_RANDOM_BITS // 8), "big")
            self._last = milliseconds << _RANDOM_BITS | random
        else:
            self._last += 1
        return _encode(self._last)


def _encode(number: int) -> str:
    pairs = [_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)]
    return "".join(pairs)[-_ID_CHARS:]
