"""Call logs written cell by cell."""

import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from switchyard_demo.calllog.row import COLUMNS

ANSWERED = {
    "vru+line": "AA0101",
    "call_id": "33116",
    "customer_id": "27997683",
    "priority": "2",
    "type": "PS",
    "date": "990310",
    "vru_entry": "9:59:54",
    "vru_exit": "10:00:00",
    "vru_time": "6",
    "q_start": "10:00:00",
    "q_exit": "10:00:30",
    "q_time": "30",
    "outcome": "AGENT",
    "ser_start": "10:00:29",
    "ser_exit": "10:02:09",
    "ser_time": "100",
    "server": "agent_05",
}
"""A caller of 10 March 1999 who waited 30 s from 10:00 and was served for 100 s."""

_NO_QUEUE = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}
_NO_SERVICE = {
    "ser_start": "0:00:00",
    "ser_exit": "0:00:00",
    "ser_time": "0",
    "server": "NO_SERVER",
}
AT_ONCE = ANSWERED | _NO_QUEUE | {"ser_start": "10:00:00", "ser_exit": "10:01:40"}
"""The same caller, finding a free agent."""
GAVE_UP = ANSWERED | _NO_SERVICE | {"outcome": "HANG"}
"""The same caller, hanging up after 30 s."""
LEFT_IN_VRU = GAVE_UP | _NO_QUEUE
"""The same caller, never asking for a person."""


def write_log(path: Path, *rows: Mapping[str, str]) -> Path:
    """Writes rows under the format's header, gzipped if the name says so."""
    return write_lines(path, [COLUMNS, *([row[column] for column in COLUMNS] for row in rows)])


def write_lines(path: Path, lines: Iterable[Iterable[str]]) -> Path:
    """Writes any lines of cells."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    content = text.getvalue().encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path
