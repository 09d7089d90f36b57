"""Where the log of a replay comes from: a path given, the real one if there, or an invented."""

import datetime as dt
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from switchyard_demo.calllog.reader import CallLog, find_files, read_log
from switchyard_demo.calllog.synthetic.generator import write_logs

SETTING = "SWITCHYARD_CALLLOG_DIR"
BESIDE_THE_REPOSITORY = Path("../shared/data/anonymous_bank")
GENERATED = Path(".switchyard/calllog")
GENERATED_FIRST_DAY = dt.date(2026, 3, 1)
GENERATED_DAYS = 31
BANK_DAY = dt.date(1999, 3, 10)
"""A full working day of the bank's log, neither its quietest nor its busiest."""


@dataclass(frozen=True, slots=True)
class Source:
    """A log, and whether it was invented here."""

    path: Path
    invented: bool


def find_source(given: Path | None) -> Source:
    """The path given; else the directory in the setting; else the bank's log beside the checkout.

    Without any, a month is invented into `.switchyard/calllog`.
    """
    if given is not None:
        return Source(given, invented=False)
    setting = os.environ.get(SETTING)
    if setting:
        return Source(Path(setting), invented=False)
    if BESIDE_THE_REPOSITORY.is_dir():
        return Source(BESIDE_THE_REPOSITORY, invented=False)
    write_logs(GENERATED, GENERATED_FIRST_DAY, GENERATED_DAYS)
    return Source(GENERATED, invented=True)


def read(source: Source, day: dt.date | None) -> tuple[CallLog, dt.date]:
    """The log's calls, of the whole month where it is kept by months, and the day to replay.

    Without a day: 10 March 1999 if the log holds it, else the busiest day of its first file.
    Raises FileNotFoundError and LogFormatError.
    """
    if day is not None:
        return read_log(source.path, day=day), day
    files = find_files(source.path)
    of_bank_day = [file for file in files if file.name.startswith(f"{BANK_DAY:%Y-%m}")]
    log = read_log(of_bank_day[0] if of_bank_day else files[0])
    if BANK_DAY in log.days():
        return log, BANK_DAY
    calls = Counter(call.day for call in log.calls)
    if not calls:
        raise ValueError(f"{files[0]} holds no calls at all")
    return log, max(calls, key=lambda candidate: (calls[candidate], candidate))
