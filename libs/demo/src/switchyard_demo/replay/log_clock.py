"""The log's time: faster than real time, and still while the router owes something."""

import asyncio
import heapq
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from switchyard_demo.calllog.plan import ReplayPlan
from switchyard_demo.calllog.presence import Interval, merge

CLOSING_SECONDS = 60.0
"""Log time from the last agent's leaving (or the last call) until nobody waits any more."""
DEBT_SECONDS = 1.0
"""Real time for which the clock stands still for one thing that the router owes."""
_QUIET_SECONDS = 60.0
"""Shorter silences are played."""
_LOOK_AGAIN_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class Hours:
    """When a day's log is played; seconds after midnight."""

    first_second: float
    """The first caller, or the first agent."""
    closing_second: float
    """When those who still wait hang up, since nobody will serve them any more."""
    quiet: tuple[Interval, ...]
    """Stretches in which nobody waits, works or may still talk, as at night: they are skipped."""

    def played(self, second: float) -> float:
        """How many seconds of the log are played until a second of its day."""
        skipped = sum(
            min(second, stretch.end) - stretch.start
            for stretch in self.quiet
            if stretch.start < second
        )
        return second - self.first_second - skipped

    def second(self, played: float) -> float:
        """The second of the day after so many played ones."""
        second = self.first_second + played
        for stretch in self.quiet:
            if second > stretch.start:
                second += stretch.seconds
        return second


def hours_of(plan: ReplayPlan) -> Hours:
    """The hours of a plan that has at least one contact."""
    stretches = [stretch for agent in plan.agents for stretch in agent.presence]
    arrivals = [contact.arrival_seconds for contact in plan.contacts]
    first = min([*arrivals, *(stretch.start for stretch in stretches)])
    closing = max([*arrivals, *(stretch.end for stretch in stretches)]) + CLOSING_SECONDS
    # Whoever leaves finishes the call in hand.
    longest = max(contact.service_seconds for contact in plan.contacts)
    work = [Interval(s.start, min(s.end + longest, closing)) for s in stretches]
    waits = [
        Interval(c.arrival_seconds, min(c.arrival_seconds + c.patience_seconds, closing))
        for c in plan.contacts
    ]
    busy = merge([*work, *waits, Interval(closing, closing)], _QUIET_SECONDS)
    quiet = (Interval(before.end, after.start) for before, after in pairwise(busy))
    return Hours(first, closing, tuple(quiet))


class Timers(Protocol):
    """Real time; an event loop has it."""

    def time(self) -> float:
        """Seconds that never go back."""
        ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after so many seconds."""
        ...


class LogClock:
    """Seconds after midnight of the log's day. Stands until `start`.

    With `holds` it stands still while the router works on something that takes no time in the log:
    a report is on its way, or (`owes`) an offer or a connection is due. It also never passes a
    moment that somebody waits for before they have acted. That keeps the latency of the router and
    of this program, `speed` times as long on the log's scale, out of the callers' waits.
    For one debt it waits DEBT_SECONDS at most; `unpaid` counts those that were not paid by then.
    """

    def __init__(self, hours: Hours, speed: float, timers: Timers, *, holds: bool = True) -> None:
        self._hours = hours
        self._speed = speed
        self._timers = timers
        self._holds = holds
        self._played = 0.0
        self._began = self._since = timers.time()
        self._holders = 1
        self._due: list[_Due] = []
        self._owing = False
        self._patience: asyncio.TimerHandle | None = None
        self.unpaid = 0

    def start(self) -> None:
        """Begin the day."""
        self._began = self._timers.time()
        self._go()

    @property
    def stood_seconds(self) -> float:
        """Real time since the start that it has stood still."""
        return self._timers.time() - self._began - self._reached() / self._speed

    def now(self) -> float:
        """The second of the log's day."""
        return self._hours.second(self._reached())

    def left(self, moment: float) -> float:
        """Real seconds until then if the clock went on now; positive as long as it stands."""
        real = (self._hours.played(moment) - self._reached()) / self._speed
        return max(real, _LOOK_AGAIN_SECONDS) if self._holders else real

    async def until(self, second: float) -> None:
        """Wait for a second of the log's day; returns at once if it is over."""
        with self.expecting(second):
            while True:
                left = self.left(second)
                if left <= 0:
                    return
                await asyncio.sleep(left)  # it may have stood still meanwhile: look again

    @contextmanager
    def expecting(self, moment: float) -> Iterator[None]:
        """A block that ends when a moment has come: the clock does not pass it before."""
        due = _Due(self._hours.played(moment))
        if self._holds and math.isfinite(moment):
            self._settle()
            heapq.heappush(self._due, due)
        try:
            yield
        finally:
            self._settle()
            due.is_over = True

    @contextmanager
    def standing(self) -> Iterator[None]:
        """A block during which the clock stands still."""
        if not self._holds:
            yield
            return
        self._stop()
        try:
            yield
        finally:
            self._go()

    def owes(self, anything: bool) -> None:
        """Whether the router owes an offer or a connection now."""
        if not self._holds or anything == self._owing:
            return
        self._owing = anything
        if anything:
            self._patience = self._timers.call_later(DEBT_SECONDS, self._lose_patience)
            self._stop()
        elif self._patience is not None:
            self._patience.cancel()
            self._patience = None
            self._go()

    def _lose_patience(self) -> None:
        """Go on without it; the clock stands still again for the next debt."""
        self.unpaid += 1
        self._patience = None
        self._go()

    def _stop(self) -> None:
        self._settle()
        self._holders += 1

    def _go(self) -> None:
        self._settle()
        self._holders -= 1

    def _settle(self) -> None:
        """Count on from here."""
        self._played, self._since = self._reached(), self._timers.time()

    def _reached(self) -> float:
        """Played seconds of the log, not beyond what somebody still waits for."""
        if self._holders:
            return self._played
        while self._due and self._due[0].is_over:
            heapq.heappop(self._due)
        running = self._played + (self._timers.time() - self._since) * self._speed
        most = self._due[0].played if self._due else math.inf
        return max(self._played, min(running, most))


@dataclass(order=True, slots=True)
class _Due:
    """A moment that somebody waits for, in played seconds."""

    played: float
    is_over: bool = field(default=False, compare=False)
