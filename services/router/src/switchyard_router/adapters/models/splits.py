"""Days to fit on, days to choose by, and days to measure on, in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from switchyard_router.domain.handle_time_table import Floats

DAY_SECONDS = 86_400
_FIT_SHARE, _CHOOSE_SHARE = 0.7, 0.15


class TooFewRows(Exception):
    """Not enough services to train on."""


@dataclass(frozen=True, slots=True)
class Until:
    """Last days, included, to fit on and to choose by; None: by shares of the services."""

    train: date | None = None
    choose: date | None = None


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
            "log, or other --train-until and --choose-until"
        )
    return found


def _cut(start_seconds: Floats, until: date | None, share: float) -> int:
    """Index of the first row after a day, or of the day on which a share of the rows is reached."""
    if until is not None:
        after = datetime.combine(until + timedelta(days=1), time(), UTC).timestamp()
        return int(np.searchsorted(start_seconds, after))
    if not len(start_seconds):
        return 0
    days = (start_seconds // DAY_SECONDS).astype(np.int64)
    return int(np.searchsorted(days, days[int(len(days) * share)]))
