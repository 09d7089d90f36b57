"""Which ports are taken, and by whom."""

import socket
from collections.abc import Iterable
from pathlib import Path

from switchyard_launcher.process import Port, ProcessSpec

_PROC = Path("/proc")
_LISTEN = "0A"


class PortsTaken(Exception):
    """Ports that processes need are taken; the text has a line for each, with the way out."""


def check_ports(specs: Iterable[ProcessSpec]) -> None:
    """Raises PortsTaken when a port is taken, or when two processes are given the same."""
    problems: list[str] = []
    seen: dict[int, str] = {}
    for spec in specs:
        if not spec.essential:
            continue  # it says so itself, and the others start
        for port in spec.ports:
            if port.number in seen:
                problems.append(f"{port.number} is given to {seen[port.number]} and to {spec.name}")
            elif not is_free(port):
                problems.append(f"{port.number} for {spec.name} is taken{by_whom(port.number)}")
            else:
                seen[port.number] = spec.name
                continue
            problems[-1] += f"; another one: {port.setting}=…"
    if problems:
        raise PortsTaken("\n".join(f"Port {problem}" for problem in problems))


def is_free(port: Port) -> bool:
    """Whether a server could listen on the port now."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError:
            return False
    return True


def by_whom(number: int) -> str:
    """` by <program> (pid …)` if Linux tells us, else nothing."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(number)}
    for folder in _PROC.glob("[0-9]*"):
        if not inodes.isdisjoint(_open_files(folder / "fd")):
            return f" by {_command(folder)} (pid {folder.name})"
    return ""


def _listening_inodes(number: int) -> Iterable[str]:
    for table in (_PROC / "net/tcp", _PROC / "net/tcp6"):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == number:
                yield columns[9]


def _open_files(folder: Path) -> Iterable[str]:
    try:
        for entry in folder.iterdir():
            yield str(entry.readlink())
    except OSError:  # another user's process, or one that has just ended: not ours to know
        return


def _command(folder: Path) -> str:
    words = (folder / "cmdline").read_bytes().split(b"\0")
    return " ".join(word.decode(errors="replace") for word in words[:4] if word)
