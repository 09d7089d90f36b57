"""One row of the log becomes a call, or a reason for leaving it out.

Every known trap of the format is dealt with here and nowhere else. The format has clock times
without dates, so all times are unwrapped around the moment the caller left the voice response unit.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from switchyard_demo.calllog.calls import (
    SECONDS_PER_DAY,
    CallType,
    LoggedCall,
    ServiceQuality,
    quality_of,
)
from switchyard_demo.calllog.findings import Drop, Note

COLUMNS = (
    "vru+line",
    "call_id",
    "customer_id",
    "priority",
    "type",
    "date",
    "vru_entry",
    "vru_exit",
    "vru_time",
    "q_start",
    "q_exit",
    "q_time",
    "outcome",
    "ser_start",
    "ser_exit",
    "ser_time",
    "server",
)
NO_SERVER = "NO_SERVER"
BANK_NOT_PERSONS = frozenset({NO_SERVER, "agent_08", "agent_15"})
"""Names in the server column of the Anonymous Bank log behind which stands no person."""

EARLY_SECONDS = 2
MISPLACED_SECONDS = 600
_FIRST_YEAR = 1970
_HALF_DAY = SECONDS_PER_DAY // 2
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_ROUNDED_NUMBER = re.compile(r"\d+(\.\d+)?E\+\d+")
_TYPES = {kind.value: kind for kind in CallType}


class ValueProblem(ValueError):
    """A cell cannot be read; the caller knows file and line."""

    def __init__(self, column: str, value: str, expected: str) -> None:
        super().__init__(f"{value!r} is not {expected}")
        self.column, self.value, self.expected = column, value, expected


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What became of a row: a call with notes, or a reason for dropping it."""

    day: dt.date
    call: LoggedCall | None
    drop: Drop | None
    notes: tuple[Note, ...] = ()


@lru_cache(maxsize=SECONDS_PER_DAY)
def _seconds_of_clock(text: str) -> int | None:
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) > 23:
        return None
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


@lru_cache(maxsize=4096)
def day_of(text: str) -> dt.date:
    """Date of a ``yymmdd`` text; two-digit years count from 1970. Raises ``ValueError``."""
    if not re.fullmatch(r"\d{6}", text):
        raise ValueError(f"{text!r} is not a date as yymmdd")
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    century = 1900 if year + 1900 >= _FIRST_YEAR else 2000
    return dt.date(century + year, month, day)


class Row:
    """The cells of one row, read by column name."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = dict(zip(COLUMNS, cells, strict=True))

    def text(self, column: str) -> str:
        """The cell as it stands."""
        return self._cells[column].strip()

    def number(self, column: str) -> int:
        """The cell as a whole number."""
        try:
            return int(self._cells[column])
        except ValueError:
            raise ValueProblem(column, self.text(column), "a whole number") from None

    def clock(self, column: str) -> int:
        """The cell's time of day in seconds after midnight."""
        seconds = _seconds_of_clock(self.text(column))
        if seconds is None:
            raise ValueProblem(column, self.text(column), "a time of day as h:mm:ss")
        return seconds

    def day(self) -> dt.date:
        """The call's date."""
        try:
            return day_of(self.text("date"))
        except ValueError:
            raise ValueProblem("date", self.text("date"), "a date as yymmdd") from None

    def choice(self, column: str, *allowed: str) -> str:
        """The cell, which must be one of the allowed words."""
        value = self.text(column)
        if value not in allowed:
            raise ValueProblem(column, value, "one of " + ", ".join(allowed))
        return value


def read_row(cells: Sequence[str], not_persons: frozenset[str]) -> ReadRow:
    """Reads one row of 17 cells. Raises ``ValueProblem`` for a cell that cannot be read."""
    row = Row(cells)
    day = row.day()
    outcome = row.choice("outcome", "AGENT", "HANG", "PHANTOM")
    waited = row.number("q_time")
    joined_clock = row.clock("q_start")
    drop = _reason_to_drop(row, outcome, waited, joined_clock)
    if drop is not None:
        return ReadRow(day, None, drop)
    notes: list[Note] = []
    arrival = _arrival(row, waited, notes)
    answered = outcome == "AGENT"
    start, length = _service(row, arrival + waited, answered, notes)
    call = LoggedCall(
        line=row.text("vru+line"),
        call_id=row.number("call_id"),
        customer=_customer(row, notes),
        priority=row.number("priority"),
        type=_type(row),
        day=day,
        arrival_seconds=arrival,
        wait_seconds=waited,
        answered=answered,
        service_start_seconds=start,
        service_seconds=length,
        agent=_agent(row, answered, not_persons, notes),
    )
    if max(arrival + waited, (start or 0) + (length or 0)) >= SECONDS_PER_DAY:
        notes.append(Note.OVER_MIDNIGHT)
    return ReadRow(day, call, None, tuple(notes))


def _reason_to_drop(row: Row, outcome: str, waited: int, joined_clock: int) -> Drop | None:
    if outcome == "PHANTOM":
        return Drop.PHANTOM
    if outcome == "HANG" and waited == 0:
        return Drop.LEFT_ON_JOINING if joined_clock else Drop.LEFT_IN_VRU
    if waited < 0:
        raise ValueProblem("q_time", str(waited), "a duration of 0 s or more")
    return Drop.UNDOCUMENTED_TYPE if row.text("type") == "AA" else None


def _type(row: Row) -> CallType:
    kind = _TYPES.get(row.text("type"))
    if kind is None:
        raise ValueProblem("type", row.text("type"), "one of " + ", ".join(_TYPES))
    return kind


def _near(clock: int, moment: int) -> int:
    """The clock time on the day that brings it within half a day of the moment."""
    return moment + (clock - moment + _HALF_DAY) % SECONDS_PER_DAY - _HALF_DAY


def _arrival(row: Row, waited: int, notes: list[Note]) -> int:
    """When the caller was ready for an agent, on a time axis that runs on over midnight."""
    entry = row.clock("vru_entry")
    left = _near(row.clock("vru_exit"), entry)
    if left < entry:
        notes.append(Note.CLOCK_BEFORE_ENTRY)
    if waited == 0:
        return left
    joined = _near(row.clock("q_start"), left)
    if (row.clock("q_exit") - joined - waited) % SECONDS_PER_DAY:
        notes.append(Note.DURATION_MISMATCH)
    return joined


def _service(
    row: Row, ready: int, answered: bool, notes: list[Note]
) -> tuple[int | None, int | None]:
    """Start and length of the service of a caller who was ready for it at the given second."""
    length = row.number("ser_time")
    if not answered:
        if length:
            notes.append(Note.SERVICE_OF_NOBODY)
        return None, None
    if length <= 0:
        notes.append(Note.SERVICE_MISSING)
        return None, None
    _judge_length(row, length, notes)
    start = _near(row.clock("ser_start"), ready)
    if abs(start - ready) > MISPLACED_SECONDS:
        notes.append(Note.SERVICE_MISPLACED)
        return ready, length
    if start < ready - EARLY_SECONDS:
        notes.append(Note.SERVICE_EARLY)
    return start, length


def _judge_length(row: Row, length: int, notes: list[Note]) -> None:
    if (row.clock("ser_exit") - row.clock("ser_start") - length) % SECONDS_PER_DAY:
        notes.append(Note.DURATION_MISMATCH)
    quality = quality_of(length)
    if quality is ServiceQuality.SHORT:
        notes.append(Note.SERVICE_SHORT)
    elif quality is ServiceQuality.OVERLONG:
        notes.append(Note.SERVICE_OVERLONG)


def _customer(row: Row, notes: list[Note]) -> str | None:
    customer = row.text("customer_id")
    if _ROUNDED_NUMBER.fullmatch(customer):
        notes.append(Note.CUSTOMER_DAMAGED)
        return None
    if customer in ("", "0"):
        notes.append(Note.CUSTOMER_MISSING)
        return None
    return customer


def _agent(row: Row, answered: bool, not_persons: frozenset[str], notes: list[Note]) -> str | None:
    server = row.text("server")
    if not answered:
        return None
    if not server or server in not_persons:
        notes.append(Note.NO_PERSON)
        return None
    return server
