"""What was wrong with a log's rows: which were left out, which kept and mended, and why."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Drop(StrEnum):
    """Why a row is not a call for the router. The value is the reason in words."""

    PHANTOM = "PHANTOM: the log's own mark for a call that never was"
    LEFT_IN_VRU = "hung up in the voice response unit, never asked for a person"
    LEFT_ON_JOINING = "hung up in the very second of joining the queue"
    UNDOCUMENTED_TYPE = "type AA, which the log's documentation does not know"


class Note(StrEnum):
    """What is odd about a row that was kept. The value says what was done."""

    CUSTOMER_MISSING = "no customer id (missing not at random: do not use as a cause)"
    CUSTOMER_DAMAGED = (
        "customer id turned into a rounded number such as 6.02E+11: treated as missing"
    )
    CLOCK_BEFORE_ENTRY = "left the voice response unit before entering it: joining the queue counts"
    DURATION_MISMATCH = "a duration differs from its two clock times: the duration is believed"
    OVER_MIDNIGHT = "ran over midnight: later times count on from 24:00"
    NO_PERSON = "answered, but no person named: counts as answered, not for any agent's times"
    SERVICE_MISSING = "answered, but no service time recorded"
    SERVICE_SHORT = "service under 10 s: an agent hanging up, left out of handle times"
    SERVICE_OVERLONG = "service over 3600 s: a line left open, left out of handle times"
    SERVICE_EARLY = (
        "service began more than 2 s before the queue was left: start kept, wait believed"
    )
    SERVICE_MISPLACED = (
        "service more than 10 min away from the call: start moved to the queue's end"
    )
    SERVICE_OF_NOBODY = "hung up while waiting, yet a service is recorded: the service is ignored"


class LogFormatError(ValueError):
    """A file is not a call log in this format; says where, what was found, and what to do."""

    def __init__(
        self,
        path: Path,
        problem: str,
        fix: str,
        *,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        place = str(path)
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {problem}. {fix}")
        self.path, self.problem, self.fix, self.line, self.column = path, problem, fix, line, column


@dataclass(frozen=True, slots=True)
class ReadReport:
    """How many rows were read, kept, dropped and kept with a note."""

    rows: int
    kept: int
    dropped: Mapping[Drop, int]
    noted: Mapping[Note, int]

    def lines(self) -> list[str]:
        """The report for people, one finding a line, the most frequent first."""
        out = [
            f"{self.rows} rows read, {self.kept} calls kept, {self.rows - self.kept} rows dropped"
        ]
        for title, counts in (("dropped", self.dropped), ("kept   ", self.noted)):
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            out += [f"  {title} {count:>7}  {finding}" for finding, count in ranked if count]
        return out


class Findings:
    """Counts findings day by day while a log is read."""

    def __init__(self) -> None:
        self._rows: Counter[dt.date] = Counter()
        self._dropped: dict[dt.date, Counter[Drop]] = {}
        self._noted: dict[dt.date, Counter[Note]] = {}

    def dropped(self, day: dt.date, reason: Drop) -> None:
        """Counts a row that is left out."""
        self._rows[day] += 1
        self._dropped.setdefault(day, Counter())[reason] += 1

    def kept(self, day: dt.date, notes: Iterable[Note]) -> None:
        """Counts a row that is kept, with what is odd about it."""
        self._rows[day] += 1
        self._noted.setdefault(day, Counter()).update(notes)

    def report(self, day: dt.date | None = None) -> ReadReport:
        """The findings of one day, or of all."""
        days = list(self._rows) if day is None else [day]
        dropped = sum((self._dropped.get(d, Counter()) for d in days), Counter[Drop]())
        noted = sum((self._noted.get(d, Counter()) for d in days), Counter[Note]())
        rows = sum(self._rows[d] for d in days)
        return ReadReport(rows, rows - dropped.total(), dict(dropped), dict(noted))
