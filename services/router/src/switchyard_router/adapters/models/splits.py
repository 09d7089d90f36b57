"""Days to fit on, days to choose by, and days to measure on, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import inf

import numpy as np

from switchyard_router.domain.handle_time_table import Floats

DAY_SECONDS = 86_400
_FIT_SHARE, _CHOOSE_SHARE = 0.7, 0.15


class TooFewRows(Exception):
    """Not enough services to train on."""


@dataclass(frozen=True, slots=True)
class Until:
    """Last days, included, to fit on, to choose by, and to measure on.

    None: by shares of the services, and to their end. ValueError where a day is not after the last.
    """

    train: date | None = None
    choose: date | None = None
    test: date | None = None

    def __post_init__(self) -> None:
        days = (("train", self.train), ("choose", self.choose), ("test", self.test))
        told = [(f"--{name}-until", day) for name, day in days if day is not None]
        for (earlier, one), (later, other) in pairwise(told):
            if one >= other:
                raise ValueError(f"{later} {other} is not after {earlier} {one}: give a later day")

    @property
    def end_seconds(self) -> float:
        """When measuring ends, by the log's clock; services from then on count for nothing."""
        return inf if self.test is None else _after(self.test)


@dataclass(frozen=True, slots=True)
class Split:
    """Where rows that rise in time are cut."""

    choose: int
    test: int


def split(start_seconds: Floats, until: Until, fewest: Sequence[int] = (1000, 100, 100)) -> Split:
    """Cuts between whole days: 70 % to fit, 15 % to choose, the rest to measure, unless told.

    TooFewRows where a part has fewer than `fewest` rows; it says which and what to change.
    """
    found = Split(
        _cut(start_seconds, until.train, _FIT_SHARE),
        _cut(start_seconds, until.choose, _FIT_SHARE + _CHOOSE_SHARE),
    )
    sizes = (found.choose, found.test - found.choose, len(start_seconds) - found.test)
    if any(size < least for size, least in zip(sizes, fewest, strict=True)):
        raise TooFewRows(
            f"{sizes[0]} services to train on, {sizes[1]} to choose by and {sizes[2]} to measure "
            f"with; at least {fewest[0]}, {fewest[1]} and {fewest[2]} are needed: give a longer "
            "log, or other --train-until, --choose-until and --test-until"
        )
    return found


def _cut(start_seconds: Floats, until: date | None, share: float) -> int:
    """Index of the first row after a day, or of the day on which a share of the rows is reached."""
    if until is not None:
        return int(np.searchsorted(start_seconds, _after(until)))
    if not len(start_seconds):
        return 0
    days = (start_seconds // DAY_SECONDS).astype(np.int64)
    return int(np.searchsorted(days, days[int(len(days) * share)]))


def _after(day: date) -> float:
    """The midnight that ends a day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC).timestamp()


def day_of(seconds: float) -> str:
    """The day of a moment of the log's clock, YYYY-MM-DD."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
