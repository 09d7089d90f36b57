"""Log files of processes: rotation, their end, and all of them as one stream in time order."""

import heapq
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_BYTES_PER_LINE = 2_000
_SHOWN_APART = {"timestamp", "level", "event", "service", "exception"}


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """One line of a process's log. Order is by time; lines without one follow the line before."""

    timestamp: str
    process: str = field(compare=False)
    text: str = field(compare=False)
    data: dict[str, Any] | None = field(compare=False)


def rotate(path: Path) -> None:
    """Makes room for a new run's log and keeps the one before as `.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_name(path.name + ".1"))


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file; a missing file has none."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - count * _BYTES_PER_LINE))
        return file.read().decode(errors="replace").splitlines()[-count:]


def parse(process: str, lines: Iterable[str], since: str = "") -> Iterator[LogLine]:
    """Log lines of one process; a line that is not JSON takes the time of the line before."""
    timestamp = since
    for text in lines:
        data = _object(text)
        timestamp = str(data.get("timestamp", timestamp)) if data else timestamp
        yield LogLine(timestamp, process, text, data)


def plain(line: LogLine) -> list[str]:
    """A line as a person reads it: event and data in one line, an exception below it."""
    if line.data is None:
        return [line.text]
    words = " ".join(f"{key}={value}" for key, value in details(line.data))
    below = str(line.data.get("exception", "")).splitlines()
    return [f"{line.data.get('event', '')} {words}".strip(), *below]


def details(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a JSON line that are its own, and neither time, level, source nor trace."""
    return ((key, value) for key, value in data.items() if key not in _SHOWN_APART)


def merge(logs: Iterable[Iterable[LogLine]]) -> Iterator[LogLine]:
    """The lines of several logs in time order, each log's own order kept."""
    return heapq.merge(*logs)


def _object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


class Follower:
    """Reads what has been added to a process's log; a log that begins anew is read anew."""

    def __init__(self, path: Path) -> None:
        self.process = path.stem
        self._path = path
        self._offset = 0
        self._inode = -1
        self._rest = b""
        self._since = ""

    def read(self) -> list[LogLine]:
        """The whole lines written since the last call."""
        try:
            with self._path.open("rb") as file:
                self._begin_anew_if_rotated(file.fileno())
                file.seek(self._offset)
                added = file.read()
        except FileNotFoundError:
            return []
        self._offset += len(added)
        *whole, self._rest = (self._rest + added).split(b"\n")
        texts = (line.decode(errors="replace") for line in whole)
        lines = list(parse(self.process, texts, self._since))
        self._since = lines[-1].timestamp if lines else self._since
        return lines

    def _begin_anew_if_rotated(self, descriptor: int) -> None:
        inode = os.fstat(descriptor).st_ino
        if inode != self._inode:
            self._inode, self._offset, self._rest = inode, 0, b""
