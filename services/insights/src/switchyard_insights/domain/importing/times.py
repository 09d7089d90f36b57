"""Times and durations out of a log's cells: formats, epochs, clocks without a date."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import numpy as np
import pyarrow as pa

from switchyard_insights.domain.importing.frame import Cell, Frame, nulls
from switchyard_insights.domain.importing.local_time import (
    Milliseconds,
    milliseconds,
    to_local,
    to_utc,
)
from switchyard_insights.domain.importing.reasons import Reason

DAY_MS = 86_400_000
EPOCH_UNITS_MS = {"s": 1000, "ms": 1}
DURATION_UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000}
CLOCK = "clock"
"""The unit of a duration that is written like a time of day."""

_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d)(\.\d{1,6})?)?")
_HOURS_OF_DAY = 24
_A_CLOCK = Reason("a time of day as h:mm:ss", "h:mm:ss 形式的时刻")


class Source(Protocol):
    """Something that gives a value for each row."""

    def read(self, frame: Frame) -> pa.Array:
        """One value or null per row; what cannot be read becomes a fault of the frame."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Date and time in one cell, by a `strptime` format; with %z in it, of the zone it names."""

    cell: Cell
    format: str

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds since 1970."""
        expected = Reason(f"a time as {self.format}", f"{self.format} 形式的时间")
        read = self.cell.convert(frame, self._milliseconds, expected)
        return read if "%z" in self.format else _utc(read, frame)

    def _milliseconds(self, text: str) -> int:
        return milliseconds(datetime.strptime(text, self.format))  # noqa: DTZ007 -- zone follows


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time as a number of `unit_ms` since 1970, with or without a fraction."""

    cell: Cell
    unit_ms: int

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds since 1970."""
        expected = Reason(
            "a number of seconds or milliseconds since 1970", "1970 年以来的秒数或毫秒数"
        )
        return self.cell.convert(frame, lambda text: _scaled(text, self.unit_ms), expected)


@dataclass(frozen=True, slots=True)
class ClockOnDay:
    """A time of day in one cell, its date in another."""

    clock: Cell
    day: Cell
    format: str

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds since 1970."""
        expected = Reason(f"a date as {self.format}", f"{self.format} 形式的日期")
        day = self.day.convert(frame, self._midnight, expected)
        clock = self.clock.convert(frame, _clock_ms, _A_CLOCK)
        return _with_nulls(
            to_utc(_numbers(day) + _numbers(clock), frame.zone), nulls(day) | nulls(clock)
        )

    def _midnight(self, text: str) -> int:
        return milliseconds(datetime.strptime(text, self.format))  # noqa: DTZ007 -- zone follows


@dataclass(frozen=True, slots=True)
class ClockNear:
    """A time of day without a date: the one within half a day of another time.

    So a call that runs over midnight goes on, and one that is noted a second too early stays early.
    """

    clock: Cell
    near: Source

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds since 1970."""
        near = self.near.read(frame)
        clock = self.clock.convert(frame, _clock_ms, _A_CLOCK)
        moment = to_local(_numbers(near), frame.zone)
        local = moment + (_numbers(clock) - moment + DAY_MS // 2) % DAY_MS - DAY_MS // 2
        return _with_nulls(to_utc(local, frame.zone), nulls(near) | nulls(clock))


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in `unit`: one of `DURATION_UNITS_MS`, or `clock` for h:mm:ss."""

    cell: Cell
    unit: str

    def read(self, frame: Frame) -> pa.Array:
        """Milliseconds, never negative."""
        expected = Reason(f"a duration ({self.unit})", f"时长（{self.unit}）")
        return self.cell.convert(frame, self._milliseconds, expected)

    def _milliseconds(self, text: str) -> int:
        if self.unit == CLOCK:
            return _length_ms(text)
        length = _scaled(text, DURATION_UNITS_MS[self.unit])
        if length < 0:
            raise ValueError(text)
        return length


def _utc(read: pa.Array, frame: Frame) -> pa.Array:
    return _with_nulls(to_utc(_numbers(read), frame.zone), nulls(read))


def _numbers(array: pa.Array) -> Milliseconds:
    filled: Milliseconds = array.fill_null(0).to_numpy(zero_copy_only=False)
    return filled


def _with_nulls(
    values: Milliseconds, missing: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> pa.Array:
    return pa.array(values, pa.int64(), mask=missing)


def _scaled(text: str, unit_ms: int) -> int:
    try:
        return int(text) * unit_ms
    except ValueError:
        return round(float(text) * unit_ms)


@lru_cache(maxsize=100_000)
def _clock_ms(text: str) -> int:
    length = _length_ms(text)
    if length >= _HOURS_OF_DAY * 3_600_000:
        raise ValueError(text)
    return length


def _length_ms(text: str) -> int:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(text)
    hours, minutes, seconds, fraction = match.groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return whole * 1000 + round(float(fraction or 0) * 1000)
