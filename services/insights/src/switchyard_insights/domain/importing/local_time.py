"""Between a local clock and milliseconds since 1970, for whole columns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

type Milliseconds = NDArray[np.int64]

_STEP_MS = 900_000
"""Clocks are put forward and back on quarters of an hour."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- a local clock has no zone
_MILLISECOND = timedelta(milliseconds=1)


def to_utc(local_ms: Milliseconds, zone: tzinfo) -> Milliseconds:
    """Milliseconds since 1970 of local clock readings, given as if the clock showed UTC.

    An hour that the clock shows twice is taken as its first; one that it leaves out as if the clock
    had not been put forward yet. The zone is asked once per distinct quarter of an hour.
    """
    return local_ms - _offsets(local_ms, lambda local: local.replace(tzinfo=zone))


def to_local(utc_ms: Milliseconds, zone: tzinfo) -> Milliseconds:
    """What the local clock shows, as if it showed UTC."""
    return utc_ms + _offsets(utc_ms, lambda moment: moment.replace(tzinfo=UTC).astimezone(zone))


def milliseconds(moment: datetime) -> int:
    """An aware time, or a naive one as if it were UTC, in milliseconds since 1970."""
    naive = moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    return (naive - _EPOCH) // _MILLISECOND


def _offsets(times_ms: Milliseconds, place: Callable[[datetime], datetime]) -> Milliseconds:
    steps, back = np.unique(times_ms // _STEP_MS, return_inverse=True)
    offsets = [_offset_ms(place(_EPOCH + int(step) * _STEP_MS * _MILLISECOND)) for step in steps]
    return np.asarray(offsets, np.int64)[back]


def _offset_ms(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else offset // _MILLISECOND
