"""Time as a dependency: the system's clock, and one that tests turn by hand."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where code gets the time from."""

    def now(self) -> datetime:
        """Wall time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring durations."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


class FakeClock:
    """Stands still until `advance` is called; for tests and simulations."""

    def __init__(self, start: datetime = _EPOCH) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware time: pass a datetime with tzinfo")
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The time set, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; ValueError if negative (use `set_now` for a clock that jumps)."""
        if seconds < 0:
            raise ValueError("time does not go back: advance by 0 or more seconds")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_now(self, now: datetime) -> None:
        """Make the wall clock jump, as a corrected system clock does; monotonic time stays."""
        self._now = now.astimezone(UTC)
