"""The file that a process keeps its audit chain in: append-only, rotated, one writer.

Files are called `{chain}.{first entry, 10 digits}.jsonl`; a chain goes on over its files in the
order of their names, and over restarts. Replicas have a chain each, named by their machine; a
second process on one machine takes `{machine}-2`, and so on, because each holds a lock.
"""

import fcntl
import os
import re
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog

from switchyard_common.audit_chain import START, AuditKey, Deed, Link, place_of, sealed
from switchyard_common.errors import StartError

_FILE = re.compile(r"(?P<chain>.+)\.(?P<first>\d{10})\.jsonl")
_TAIL_BYTES = 64 * 1024
_MOST_WRITERS = 100


class Unwritable(Exception):
    """The journal cannot take an entry: the disk is full, or gone. Nothing of it was written."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AuditJournal:
    """Writes deeds to a chain in a folder; `keep` is called from one thread.

    A deed costs two HMACs and a write into the page cache: it survives a killed process. After
    `flush` it survives a machine without power. What cannot be written is counted, and the next
    entry that can says so.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        key: AuditKey,
        file_bytes: int,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`name`: of the service; `file_bytes`: a file that has grown so large is followed by the
        next. StartError if the folder cannot be written."""
        self._folder = folder
        self._key = key
        self._file_bytes = file_bytes
        self._now = now
        self._lost = 0
        self._file = -1
        self._size = 0
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._chain, self._lock = _own_chain(folder, f"{name}-{socket.gethostname()}")
            self._last = self._resume()
        except OSError as error:
            raise StartError(
                f"{folder}: the audit log cannot be kept there ({error.strerror}); give a folder "
                "that this process may write to"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        os.close(self._lock)

    def subject(self, name: str) -> str:
        """What stands for a name in entries."""
        return self._key.subject(name)

    def keep(self, actor: str, rpc: str, outcome: str, subject: str) -> None:
        """Add an entry; `subject` is hidden. Raises Unwritable."""
        time = self._now().isoformat(timespec="milliseconds")
        deed = Deed(time, actor, rpc, outcome, self.subject(subject))
        line, link = sealed(deed, self._last, self._lost, self._key)
        try:
            if self._size >= self._file_bytes:
                self._open(link.number)
            self._append(f"{line}\n".encode())
        except OSError as error:
            self._lost += 1
            raise Unwritable(error.strerror or type(error).__name__) from error
        self._last, self._lost = link, 0

    def flush(self) -> None:
        """Have what was kept on the disk; may take as long as the disk does, and may be called from
        a thread. Raises Unwritable."""
        try:
            file = os.dup(self._file)  # another thread may go on to the next file meanwhile
            try:
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise Unwritable(error.strerror or type(error).__name__) from error

    def _append(self, line: bytes) -> None:
        written = 0
        try:
            while written < len(line):
                written += os.write(self._file, line[written:])
        except OSError:
            os.ftruncate(self._file, self._size)  # no half an entry
            raise
        self._size += len(line)

    def _resume(self) -> Link:
        files = files_of(self._folder, self._chain)
        if not files:
            self._open(1)
            return START
        self._open(int(_parts(files[-1])[1]))
        whole = _without_torn_line(self._file, self._size)
        if whole < self._size:
            structlog.stdlib.get_logger().warning("audit_torn_line_cut", file=str(files[-1]))
            os.ftruncate(self._file, whole)
            self._size = whole
        for file in reversed(files):
            link = _last_link(file)
            if link is not None:
                return link
        return START

    def _open(self, first: int) -> None:
        file = self._folder / f"{self._chain}.{first:010d}.jsonl"
        opened = os.open(file, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600)
        if self._file >= 0:
            os.close(self._file)
        self._file = opened
        self._size = os.fstat(opened).st_size


def files_of(folder: Path, chain: str) -> Sequence[Path]:
    """The files of one chain, oldest first."""
    return sorted(file for file in folder.glob("*.jsonl") if _parts(file)[0] == chain)


def chains_in(folder: Path) -> Sequence[str]:
    """The names of all chains in a folder."""
    return sorted({_parts(file)[0] for file in folder.glob("*.jsonl")} - {""})


def _parts(file: Path) -> tuple[str, str]:
    found = _FILE.fullmatch(file.name)
    return (found["chain"], found["first"]) if found else ("", "")


def _own_chain(folder: Path, name: str) -> tuple[str, int]:
    """The first chain that no living process writes to, and its lock."""
    for number in range(1, _MOST_WRITERS):
        chain = name if number == 1 else f"{name}-{number}"
        lock = os.open(folder / f"{chain}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return chain, lock
    raise StartError(f"{folder}: {_MOST_WRITERS} processes keep audit logs there already")


def _without_torn_line(file: int, size: int) -> int:
    """How many bytes are whole lines: a machine that stopped may have left a half one."""
    start = max(0, size - _TAIL_BYTES)
    return start + os.pread(file, size - start, start).rfind(b"\n") + 1


def _last_link(file: Path) -> Link | None:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        lines = opened.read().decode("ascii", "replace").splitlines()
    return place_of(lines[-1]) if lines else None
