"""Ports for servers that must be told theirs before they start.

A port that the kernel gives to whoever asks for any may be somebody else's, or one end of
somebody's connection, before the server has bound it. These lie outside of what the kernel gives,
and all tests of a machine, in however many processes, take them in turn: one comes round again
after 12,000 others.
"""

import fcntl
import os
import socket
import tempfile
from pathlib import Path

_FIRST, _LAST = 20_000, 31_999
_COUNTER = Path(tempfile.gettempdir()) / f"switchyard-test-ports-{os.getuid()}"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and nobody else is given for a long time."""
    with _COUNTER.open("a+") as counter:
        fcntl.flock(counter, fcntl.LOCK_EX)
        counter.seek(0)
        port = int(counter.read() or _LAST)
        for _ in range(_LAST - _FIRST + 1):
            port = port + 1 if _FIRST <= port < _LAST else _FIRST
            if _is_free(port):
                counter.truncate(0)
                counter.write(str(port))
                return port
    raise OSError(f"all ports from {_FIRST} to {_LAST} are taken")


def free_ports(count: int) -> list[int]:
    """Different ones."""
    return [free_port() for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))  # also nobody on another address of this machine
        except OSError:
            return False
    return True
