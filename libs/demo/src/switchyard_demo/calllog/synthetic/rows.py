"""Rows of the log's format, with the blemishes that the real log has."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from switchyard_demo.calllog.calls import SECONDS_PER_DAY, CallType
from switchyard_demo.calllog.row import NO_SERVER
from switchyard_demo.calllog.synthetic.profile import CentreProfile, TypeProfile

_LINES = tuple(f"AA{unit:02}{line:02}" for unit in (1, 2) for line in range(1, 17))
_VRU_SIGMA = 0.5
_SECOND_PRIORITY = 0.66
_EARLY = (0.23, 0.91)
"""Share of services that begin 0 s, and at most 1 s, before the queue is left; the others 2 s."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time as the log writes it: two clocks and a duration; all zero means none."""

    start: int = 0
    seconds: int = 0
    recorded: bool = False

    def cells(self) -> tuple[str, str, str]:
        """Start, end and duration; the clocks wrap at midnight."""
        if not self.recorded:
            return "0:00:00", "0:00:00", "0"
        return clock(self.start), clock(self.start + self.seconds), str(self.seconds)


NOTHING = Span()


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log; times in seconds after midnight of ``day``, unwrapped."""

    line: str
    day: dt.date
    type: CallType
    vru: Span
    queue: Span
    outcome: str
    service: Span
    server: str
    customer: str
    priority: int

    def cells(self, call_id: int) -> tuple[str, ...]:
        """The row's 17 cells."""
        return (
            self.line,
            str(call_id),
            self.customer,
            str(self.priority),
            self.type.value,
            f"{self.day:%y%m%d}",
            *self.vru.cells(),
            *self.queue.cells(),
            self.outcome,
            *self.service.cells(),
            self.server,
        )


def clock(seconds: int) -> str:
    """Time of day as the log writes it, ``h:mm:ss``."""
    within = seconds % SECONDS_PER_DAY
    return f"{within // 3600}:{within // 60 % 60:02}:{within % 60:02}"


class RowMaker:
    """Dresses what happened in the log's format: response unit, lines, customers, blemishes."""

    def __init__(self, profile: CentreProfile, rng: np.random.Generator) -> None:
        self._profile, self._rng = profile, rng

    def left_in_vru(self, day: dt.date, at: int, kind: CallType) -> LogRow:
        """A caller who hung up before asking for a person."""
        return self._row(day, kind, at, NOTHING, "HANG", NOTHING, NO_SERVER)

    def gave_up(self, day: dt.date, at: int, kind: CallType, waited: int) -> LogRow:
        """A caller who joined the queue at the given second and hung up while waiting."""
        queue = Span(at, waited, recorded=True)
        row = self._row(day, kind, at, queue, "HANG", NOTHING, NO_SERVER)
        if waited and self._happens(self._profile.service_of_nobody):
            row = replace(
                row, service=Span(at + waited, int(self._rng.integers(3, 12)), recorded=True)
            )
        return row

    def answered(
        self, day: dt.date, at: int, kind: CallType, waited: int, service: int, server: str
    ) -> LogRow:
        """A caller who was answered after waiting. The agent's clock is up to 2 s ahead."""
        queue = Span(at, waited, recorded=True) if waited else NOTHING
        early = int(np.searchsorted(_EARLY, self._rng.random()))
        span = Span(at + waited - early, service, recorded=True)
        if self._happens(self._profile.service_missing):
            span = NOTHING
        if self._happens(self._profile.no_person):
            server = NO_SERVER
        return self._row(day, kind, at, queue, "AGENT", span, server)

    def phantoms(self, rows: Sequence[LogRow]) -> list[LogRow]:
        """Extra rows for calls that never were."""
        chosen = [
            row for row in rows if row.queue.recorded and self._happens(self._profile.phantoms)
        ]
        ghost = Span(0, 5, recorded=True)
        return [replace(row, outcome="PHANTOM", service=ghost, server=NO_SERVER) for row in chosen]

    def _row(
        self,
        day: dt.date,
        kind: CallType,
        at: int,
        queue: Span,
        outcome: str,
        service: Span,
        server: str,
    ) -> LogRow:
        entry = self._vru(self._profile.types[kind], at)
        customer = self._customer(queue.seconds > 0)
        priority = 0 if customer == "0" else 1 + self._happens(_SECOND_PRIORITY)
        line = _LINES[int(self._rng.integers(len(_LINES)))]
        return LogRow(line, day, kind, entry, queue, outcome, service, server, customer, priority)

    def _vru(self, what: TypeProfile, until: int) -> Span:
        seconds = round(self._rng.lognormal(np.log(what.vru_median), _VRU_SIGMA))
        if self._happens(self._profile.clock_before_entry):
            seconds = -int(self._rng.integers(5, 60))
        return Span(until - seconds, seconds, recorded=True)

    def _customer(self, waited: bool) -> str:
        known = (
            self._profile.customer_known_waited if waited else self._profile.customer_known_unqueued
        )
        if not self._happens(known):
            return "0"
        if self._happens(self._profile.customer_damaged):
            return f"6.02{self._rng.integers(10, 99)}E+11"
        return str(self._rng.integers(1_000_000, 99_999_999))

    def _happens(self, share: float) -> bool:
        return bool(self._rng.random() < share)


def in_log_order(rows: Iterable[LogRow]) -> list[LogRow]:
    """Rows as the log has them: line by line, each in order of time."""
    return sorted(rows, key=lambda row: (row.line, row.day, row.vru.start))
