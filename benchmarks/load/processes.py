"""What processes use: processor time and memory, from /proc."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, to 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of processor time by name of the process, and the moment."""

    at: float
    cpu: dict[str, float]

    @classmethod
    def now(cls, pids: Mapping[str, list[int]]) -> "Used":
        """So far; processes of one name are added up."""
        return cls(
            perf_counter(),
            {name: sum(cpu_seconds(pid) for pid in group) for name, group in pids.items()},
        )

    def since(self, before: "Used") -> "Used":
        """Between two moments; `at` is then their distance."""
        return Used(
            self.at - before.at, {name: self.cpu[name] - before.cpu[name] for name in self.cpu}
        )
