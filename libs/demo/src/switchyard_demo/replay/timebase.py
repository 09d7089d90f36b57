"""Between the log's seconds and the event loop's."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from switchyard_demo.calllog.plan import ReplayPlan
from switchyard_demo.calllog.presence import Interval, merge

CLOSING_SECONDS = 60.0
"""Log time from the last agent's leaving (or the last call) until nobody waits any more."""
_QUIET_SECONDS = 60.0
"""Shorter silences of the night are played."""


@dataclass(frozen=True, slots=True)
class Timebase:
    """A log played `speed` times as fast as it was, without its `quiet` stretches."""

    speed: float
    first_second: float
    """Second of the log's day that is played first."""
    began: float
    """The event loop's clock at that moment."""
    quiet: tuple[Interval, ...] = field(default=())
    """Stretches that are skipped: in order, apart from each other."""

    def real(self, log_seconds: float) -> float:
        """The loop's clock at a second of the log's day."""
        skipped = sum(
            min(log_seconds, stretch.end) - stretch.start
            for stretch in self.quiet
            if stretch.start < log_seconds
        )
        return self.began + (log_seconds - self.first_second - skipped) / self.speed

    def log(self, loop_time: float) -> float:
        """The second of the log's day at a moment of the loop's clock."""
        second = self.first_second + (loop_time - self.began) * self.speed
        for stretch in self.quiet:
            if second > stretch.start:
                second += stretch.seconds
        return second

    def compressed(self, log_seconds: float) -> float:
        """How long so many seconds of the log take in reality."""
        return log_seconds / self.speed

    def stretched(self, real_seconds: float) -> float:
        """How many seconds of the log pass in so many real ones."""
        return real_seconds * self.speed

    async def until(self, log_seconds: float) -> None:
        """Wait for a second of the log's day; returns at once if it is over."""
        await asyncio.sleep(max(0.0, self.real(log_seconds) - asyncio.get_running_loop().time()))


@dataclass(frozen=True, slots=True)
class Hours:
    """When a day's log is played."""

    first_second: float
    """The first caller, or the first agent."""
    closing_second: float
    """When those who still wait hang up, since nobody will serve them any more."""
    quiet: tuple[Interval, ...]
    """The night before the first agent comes, as far as nobody waits in it."""

    def real_seconds(self, speed: float) -> float:
        """How long it takes to play them."""
        skipped = sum(stretch.seconds for stretch in self.quiet)
        return (self.closing_second - self.first_second - skipped) / speed


def hours_of(plan: ReplayPlan) -> Hours:
    """The hours of a plan that has at least one contact."""
    stretches = [stretch for agent in plan.agents for stretch in agent.presence]
    arrivals = [contact.arrival_seconds for contact in plan.contacts]
    first = min([*arrivals, *(stretch.start for stretch in stretches)])
    closing = max([*arrivals, *(stretch.end for stretch in stretches)]) + CLOSING_SECONDS
    opening = min((stretch.start for stretch in stretches), default=closing)
    waits = (
        Interval(c.arrival_seconds, min(c.arrival_seconds + c.patience_seconds, opening))
        for c in plan.contacts
        if c.arrival_seconds < opening
    )
    return Hours(first, closing, _silences([*waits, Interval(opening, closing)]))


def _silences(busy: Iterable[Interval]) -> tuple[Interval, ...]:
    """What lies between, if it is worth skipping."""
    merged = merge(busy, _QUIET_SECONDS)
    return tuple(Interval(before.end, after.start) for before, after in pairwise(merged))
