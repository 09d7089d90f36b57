"""Reads call logs: one file, or the month of a day out of a directory of monthly files."""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from switchyard_demo.calllog.calls import LoggedCall
from switchyard_demo.calllog.findings import Findings, LogFormatError, ReadReport
from switchyard_demo.calllog.row import (
    BANK_NOT_PERSONS,
    COLUMNS,
    ReadRow,
    ValueProblem,
    day_of,
    read_row,
)

SUFFIXES = (".csv.gz", ".csv")
_FORMAT_FIX = "Expected a comma-separated call log with the columns " + ",".join(COLUMNS)


@dataclass(frozen=True, slots=True)
class CallLog:
    """The calls of one or more files in order of arrival, and what was found while reading them."""

    calls: tuple[LoggedCall, ...]
    files: tuple[Path, ...]
    findings: Findings

    def days(self) -> list[dt.date]:
        """The days that have calls, in order."""
        return sorted({call.day for call in self.calls})

    def of_day(self, day: dt.date) -> tuple[LoggedCall, ...]:
        """The calls of one day. Raises ``ValueError`` if the log has none."""
        calls = tuple(call for call in self.calls if call.day == day)
        if not calls:
            days = self.days()
            span = f"it covers {days[0]} to {days[-1]}" if days else "it holds no calls at all"
            raise ValueError(f"no calls on {day} in {', '.join(map(str, self.files))}: {span}")
        return calls

    def report(self, day: dt.date | None = None) -> ReadReport:
        """Rows read, kept and dropped, of one day or of the whole log."""
        return self.findings.report(day)


def parse_day(text: str) -> dt.date:
    """A day as people write it: ``990310`` (as in the log) or ``1999-03-10``."""
    try:
        return dt.date.fromisoformat(text) if "-" in text else day_of(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day: write it as 990310 or 1999-03-10") from None


def find_files(source: Path, day: dt.date | None = None) -> list[Path]:
    """The log files behind a path.

    A file stands for itself. In a directory, files are named by month (``1999-03.csv.gz`` or
    ``1999-03.csv``): the month of ``day``, or all of them. Raises ``FileNotFoundError``.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise FileNotFoundError(
            f"{source}: no such file or directory. Give a call log or a directory of them"
        )
    pattern = "[0-9]" * 4 + "-[0-9][0-9]" if day is None else f"{day:%Y-%m}"
    found = sorted(path for suffix in SUFFIXES for path in source.glob(pattern + suffix))
    if not found:
        names = ", ".join(sorted(path.name for path in source.iterdir())) or "nothing"
        wanted = "YYYY-MM" if day is None else f"{day:%Y-%m}"
        raise FileNotFoundError(
            f"{source}: no {wanted}.csv.gz or {wanted}.csv in it (it holds {names})"
        )
    return found


def read_log(
    source: Path, *, day: dt.date | None = None, not_persons: frozenset[str] = BANK_NOT_PERSONS
) -> CallLog:
    """Reads a log, dropping and mending rows as ``row.py`` says, and counting both.

    With a directory and a ``day`` the whole month of that day is read, because patience and skills
    are estimated from the month. ``not_persons`` are names in the server column to count as nobody.

    Raises ``FileNotFoundError``, and ``LogFormatError`` naming file, line, column and fix.
    """
    files = find_files(source, day)
    findings = Findings()
    calls: list[LoggedCall] = []
    for path in files:
        for row in _rows(path, not_persons):
            if row.drop is not None:
                findings.dropped(row.day, row.drop)
            elif row.call is not None:
                findings.kept(row.day, row.notes)
                calls.append(row.call)
    calls.sort(key=lambda call: (call.day, call.arrival_seconds, call.line, call.call_id))
    return CallLog(tuple(calls), tuple(files), findings)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _rows(path: Path, not_persons: frozenset[str]) -> Iterator[ReadRow]:
    try:
        with _open(path) as stream:
            lines = csv.reader(stream, strict=True)
            _check_header(path, next(lines, None))
            for cells in lines:
                if cells:
                    yield _row(path, lines.line_num, cells, not_persons)
    except (gzip.BadGzipFile, EOFError) as error:
        raise LogFormatError(
            path, f"not a whole gzip file ({error})", "Copy the file again"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LogFormatError(path, f"not readable as text ({error})", _FORMAT_FIX) from error


def _check_header(path: Path, header: list[str] | None) -> None:
    if header is None:
        raise LogFormatError(path, "the file is empty", _FORMAT_FIX)
    names = [name.strip() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise LogFormatError(path, f"no column {', '.join(missing)}", _FORMAT_FIX, line=1)
    if names != list(COLUMNS):
        raise LogFormatError(path, "the columns stand in another order", _FORMAT_FIX, line=1)


def _row(path: Path, line: int, cells: list[str], not_persons: frozenset[str]) -> ReadRow:
    if len(cells) != len(COLUMNS):
        problem = f"{len(cells)} cells instead of {len(COLUMNS)}"
        raise LogFormatError(path, problem, "Restore the row or remove it", line=line)
    try:
        return read_row(cells, not_persons)
    except ValueProblem as problem:
        raise LogFormatError(
            path,
            str(problem),
            f"Write {problem.expected} there, or remove the row",
            line=line,
            column=problem.column,
        ) from problem
