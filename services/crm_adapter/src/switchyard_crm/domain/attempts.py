"""How often something may be tried: wrong attempts counted, and locks that grow with each."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Tally:
    """What was tried with one thing: wrong attempts, until when it is locked, the last attempt."""

    wrong: int = 0
    locked_until: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class AttemptRule:
    """So many attempts are free; the last of them and each further one lock for a time.

    The first lock takes `first_lock_seconds`, each further one twice as long, at most
    `longest_lock_seconds`. After `forget_seconds` without an attempt all is forgotten.
    """

    free: int
    first_lock_seconds: float
    longest_lock_seconds: float
    forget_seconds: float

    def remembered(self, tally: Tally, now: datetime) -> Tally:
        """The tally as it counts now: nothing, once it is old."""
        old = tally.last is not None and (now - tally.last).total_seconds() > self.forget_seconds
        return Tally() if old else tally

    def locked_seconds(self, tally: Tally, now: datetime) -> float:
        """For how long nothing may be tried; 0: now.

        Never longer than the longest lock, also after a clock was put back.
        """
        if tally.locked_until is None:
            return 0.0
        left = (tally.locked_until - now).total_seconds()
        return min(max(left, 0.0), self.longest_lock_seconds)

    def counted(self, tally: Tally, now: datetime) -> Tally:
        """The tally with one more attempt, taken for a wrong one until it turns out right."""
        wrong = tally.wrong + 1
        seconds = self._lock_seconds(wrong)
        until = now + timedelta(seconds=seconds) if seconds else None
        return Tally(wrong, until, now)

    def given_back(self, tally: Tally) -> Tally:
        """The tally without an attempt that was right."""
        wrong = max(tally.wrong - 1, 0)
        until = tally.locked_until if wrong >= self.free else None
        return Tally(wrong, until, tally.last)

    def left(self, tally: Tally) -> int:
        """How many wrong attempts are free still."""
        return max(self.free - tally.wrong, 0)

    def _lock_seconds(self, wrong: int) -> float:
        if wrong < self.free:
            return 0.0
        doublings = min(wrong - self.free, 60)
        return min(self.first_lock_seconds * 2.0**doublings, self.longest_lock_seconds)
