"""A process that does nothing but notice when it cannot: run by the plugin beside the tests.

It wants 20 ms of rest at a time, and now and then a few bytes on the disk. Whenever either takes
far longer, nothing on this machine could go on, and it says so: `began ended what`, in seconds of
the system-wide monotonic clock. So it does when the host gave half of the processors' time to
others for a while (steal, proc_stat(5)). It ends with its standard input.
"""

import os
import select
import sys
import tempfile
import threading
import time
from pathlib import Path

TICK_SECONDS = 0.02
DISK_SECONDS = 0.5
LONG_SECONDS = 1.0
"""What is longer is a standstill; two busy cores delay a tick by some hundredths."""
STEAL_SECONDS = 2.0
STEAL_SHARE = 0.5


def stolen(before: str, after: str) -> float:
    """Share of all processors' time that went to other machines, between two lines `cpu …`."""
    first, last = ([int(part) for part in line.split()[1:9]] for line in (before, after))
    passed = sum(last) - sum(first)
    return (last[7] - first[7]) / passed if passed else 0.0


def _tell(began: float, ended: float, what: str) -> None:
    os.write(1, f"{began:.3f} {ended:.3f} {what}\n".encode())


def _note(began: float, what: str) -> None:
    ended = time.monotonic()
    if ended - began > LONG_SECONDS:
        _tell(began, ended, what)


def _processors() -> str:
    with Path("/proc/stat").open(encoding="ascii") as file:
        return file.readline()


def _host() -> None:
    while True:
        began, before = time.monotonic(), _processors()
        time.sleep(STEAL_SECONDS)
        if stolen(before, _processors()) > STEAL_SHARE:
            _tell(began, time.monotonic(), "host")


def _disk(folder: str) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        while True:
            began = time.monotonic()
            file.seek(0)
            file.write(b"alive")
            file.flush()
            os.fsync(file.fileno())
            _note(began, "disk")
            time.sleep(DISK_SECONDS)


def main() -> None:
    """Watch until standard input closes; the first line tells that the watch has begun."""
    threading.Thread(target=_disk, args=(sys.argv[1],), daemon=True).start()
    if sys.platform == "linux":
        threading.Thread(target=_host, daemon=True).start()
    os.write(1, b"watching\n")
    while True:
        began = time.monotonic()
        if select.select([0], [], [], TICK_SECONDS)[0]:
            return
        _note(began, "processes")


if __name__ == "__main__":
    main()
