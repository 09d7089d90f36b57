"""Services out of a call log in the Anonymous Bank format, as the trainer needs them.

The log is read from where the user says; agents keep their names of the log. Left out: PHANTOM
rows, servers that are no persons, services of 0 s or over an hour. Services below 10 s stay: they
are hang-ups, and counted as such. `type` stands for the queue, all calls are VOICE. Clock times are
local and have no date: they are unwrapped around the caller's entry.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import numpy as np

from switchyard_router.domain.handle_time_table import OVERLONG_ABOVE_SECONDS, ContactType

_NOT_PERSONS = frozenset({"", "NO_SERVER", "agent_08", "agent_15"})
_NEEDED = (
    "type", "date", "vru_entry", "vru_exit", "q_start", "q_exit", "q_time", "outcome", "ser_time",
    "server",
)  # fmt: skip
_DAY_SECONDS, _HALF_DAY = 86_400, 43_200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_OF_ANOTHER_MAKE = (
    "a log of another make is taken in by switchyard history import FILE --map mapping.yaml, and"
    " named by --history"
)


class LogUnreadable(Exception):
    """The log cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `start_seconds`: the log's local clock, as seconds since 1970 if it were UTC."""

    agent: str
    kind: ContactType
    start_seconds: float
    seconds: float
    waited_seconds: float
    queue_length: int
    """Calls of its type waiting when it was answered, itself included."""
    customer: str = ""
    """Who it was, by any key; empty: not known."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that wanted an agent; clock times as in Service.

    `agent` is empty where nobody known answered, and `seconds` then says nothing. `gave_up`: the
    caller hung up first, after `waited` seconds.
    """

    type: str
    joined: float
    waited: float
    agent: str
    seconds: float
    gave_up: bool = False
    customer: str = ""


def read_services(source: Path) -> list[Service]:
    """Services of a file, or of all `.csv` and `.csv.gz` files of a directory, by their start.

    LogUnreadable names file and line.
    """
    calls = read_calls(source)
    lengths = _queue_lengths(calls)
    services = [
        Service(
            agent=call.agent,
            kind=(call.type, "VOICE"),
            start_seconds=call.joined + call.waited,
            seconds=call.seconds,
            waited_seconds=call.waited,
            queue_length=length,
            customer=call.customer,
        )
        for call, length in zip(calls, lengths, strict=True)
        if call.agent and 0 < call.seconds <= OVERLONG_ABOVE_SECONDS
    ]
    services.sort(key=lambda service: (service.start_seconds, service.agent, service.kind))
    return services


def read_calls(source: Path) -> list[Call]:
    """Calls of a file, or of all `.csv` and `.csv.gz` files of a directory, in their order.

    LogUnreadable names file and line.
    """
    files = sorted(each for each in source.glob("*.csv*")) if source.is_dir() else [source]
    if not files:
        raise LogUnreadable(f"{source}: no .csv or .csv.gz file in it")
    return [call for path in files for call in _calls(path)]


def _queue_lengths(calls: Sequence[Call]) -> list[int]:
    """For each call, those of its type waiting at the moment it left the queue, and itself."""
    by_type: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call.waited > 0:
            by_type[call.type].append(call)
    joins = {kind: np.sort([c.joined for c in some]) for kind, some in by_type.items()}
    ends = {kind: np.sort([c.joined + c.waited for c in some]) for kind, some in by_type.items()}
    lengths = []
    for call in calls:
        moment, others = call.joined + call.waited, 0
        if call.type in joins:
            others = int(
                joins[call.type].searchsorted(moment, "right")
                - ends[call.type].searchsorted(moment, "right")
            )
        lengths.append(1 + max(0, others))
    return lengths


def _calls(path: Path) -> Iterator[Call]:
    try:
        with _open(path) as stream:
            rows = csv.DictReader(stream)
            missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
            if missing:
                raise LogUnreadable(f"{path}: no column {', '.join(missing)}; {_OF_ANOTHER_MAKE}")
            for row in rows:
                if row["outcome"] in ("AGENT", "HANG"):
                    yield _call(path, rows.line_num, row)
    except OSError as error:
        why = error.strerror or str(error)  # of a damaged archive there is no number
        raise LogUnreadable(f"{path}: {why}; give a call log, or a directory of them") from error
    except (EOFError, UnicodeDecodeError, csv.Error) as error:
        raise LogUnreadable(f"{path}: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _call(path: Path, line: int, row: Mapping[str, str]) -> Call:
    try:
        waited = max(0, int(row["q_time"]))
        entry = _clock(row["vru_entry"])
        joined = _near(_clock(row["q_start" if waited else "vru_exit"]), entry)
        agent = row["server"].strip() if row["outcome"] == "AGENT" else ""
        return Call(
            type=row["type"].strip(),
            joined=_midnight(row["date"]) + joined,
            waited=float(waited),
            agent="" if agent in _NOT_PERSONS else agent,
            seconds=float(row["ser_time"]),
            gave_up=row["outcome"] == "HANG",
            customer=_customer(row.get("customer_id") or ""),
        )
    except (ValueError, TypeError) as error:
        raise LogUnreadable(f"{path}, line {line}: {error}") from error


def _customer(text: str) -> str:
    """The log writes 0 for a customer whom it does not know."""
    return text.strip() if text.strip().strip("0") else ""


def _midnight(text: str) -> float:
    day = datetime.strptime(text.strip(), "%y%m%d").replace(tzinfo=UTC)
    return (day - _EPOCH) / timedelta(seconds=1)


def _clock(text: str) -> int:
    hours, minutes, seconds = (int(part) for part in text.strip().split(":"))
    return hours * 3600 + minutes * 60 + seconds


def _near(clock: int, moment: int) -> int:
    """The clock time on the day that brings it within half a day of the moment."""
    return moment + (clock - moment + _HALF_DAY) % _DAY_SECONDS - _HALF_DAY
