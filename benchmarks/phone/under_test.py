"""A process that is measured: what it uses and what it notices, as seen from outside."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.load.processes import cpu_seconds, memory_mb

_START_SECONDS = 60
_LINE_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class Noticed:
    """Since the last look. `lag_ms` are all samples of how late the event loop was."""

    lag_ms: list[float]
    tasks: int
    threads: int
    fds: int
    objects: int

    def lag(self, share: float) -> float:
        """Milliseconds that this share of the samples did not exceed; 0 without samples."""
        return round(max(0.0, *np.percentile(self.lag_ms, [share])), 2) if self.lag_ms else 0.0


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time over a while, as a share of one core: of the process, of its loop's thread."""

    seconds: float
    core: float
    loop: float


class UnderTest:
    """One process; ask it nothing while another asks."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Mapping[str, int]) -> None:
        self._process = process
        self.ports = ports
        self._began = (0.0, 0.0, 0.0)

    @property
    def memory_mb(self) -> float:
        """Resident memory."""
        return memory_mb(self._process.pid)

    def begin(self) -> None:
        """Processor time counts from here."""
        self._began = self._used()

    def spent(self) -> Spent:
        """Since `begin`."""
        now = self._used()
        seconds = now[0] - self._began[0]
        return Spent(
            seconds, (now[1] - self._began[1]) / seconds, (now[2] - self._began[2]) / seconds
        )

    async def look(self) -> Noticed:
        """What it noticed since the last look."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        await self._process.stdin.drain()
        return Noticed(**await _line(self._process))

    def _used(self) -> tuple[float, float, float]:
        pid = self._process.pid
        run = int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0])
        return perf_counter(), cpu_seconds(pid), run / 1e9


@asynccontextmanager
async def under_test(kind: str, settings: Mapping[str, Any]) -> AsyncIterator[UnderTest]:
    """A process of `server.py`, for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.phone.server", kind, json.dumps(dict(settings))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            ports = await _line(process)
        yield UnderTest(process, ports)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the process that is measured has ended; what it said stands above")
    found: dict[str, Any] = json.loads(line)
    return found
