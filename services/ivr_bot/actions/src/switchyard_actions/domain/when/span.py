"""A stretch of time that somebody named."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to but not including `end`, both aware and in the same zone.

    Both are equal for a moment. `has_day`: a day was named, not only a time of the day.
    `has_time`: a time or part of the day was named.
    """

    start: datetime
    end: datetime
    has_day: bool = True
    has_time: bool = True

    @property
    def is_moment(self) -> bool:
        """Whether one moment was named, and no stretch."""
        return self.start == self.end

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it, or is it."""
        return self.start <= moment < self.end or (self.is_moment and moment == self.start)

    def is_over(self, now: datetime) -> bool:
        """Whether all of it has passed."""
        return self.start < now if self.is_moment else self.end <= now
