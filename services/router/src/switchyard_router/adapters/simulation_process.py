"""Runs a simulation in a process of its own, one at a time."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

import structlog
from switchyard_common import die_with_parent
from switchyard_common.errors import DomainError, ErrorKind, FieldViolation

from switchyard_router.service.simulating.assumptions import Assumption
from switchyard_router.service.simulating.values import Kpi, SimulationOrder, SimulationProgress

_PROGRAM = "switchyard_router.simulation_main"
_LONGEST_SECONDS = 900.0
_RETRY_SECONDS = 30.0
_MOST_LINE = 1 << 20
_ENCODED = ("plans", "tried_queues", "tried_agents")


class SimulationProcess:
    """Starts the process, hands on its progress, and ends it with the caller."""

    def __init__(
        self,
        redis_url: str,
        tenant: str,
        longest_seconds: float = _LONGEST_SECONDS,
        program: str = _PROGRAM,
    ) -> None:
        self._program = program
        self._redis_url = redis_url
        self._tenant = tenant
        self._longest_seconds = longest_seconds
        self._busy = False
        self._log = structlog.stdlib.get_logger()

    async def run(self, order: SimulationOrder) -> AsyncGenerator[SimulationProgress]:
        """Progress after each repetition.

        Raises RESOURCE_EXHAUSTED: SIMULATION_RUNNING while another one runs here,
        SIMULATION_TOO_LONG after 15 minutes; SIMULATION_FAILED; and what the process refuses.
        """
        if self._busy:
            raise _busy()
        self._busy = True
        try:
            process = await self._start(order)
            try:
                async with asyncio.timeout(self._longest_seconds):
                    async for progress in self._progress(process):
                        yield progress
            except TimeoutError:
                raise _too_long(self._longest_seconds) from None
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        finally:
            self._busy = False

    async def _start(self, order: SimulationOrder) -> Process:
        process = await asyncio.create_subprocess_exec(
            *die_with_parent.command([sys.executable, "-m", self._program]),
            stdin=PIPE,
            stdout=PIPE,
            limit=_MOST_LINE,
        )
        request = {"redis_url": self._redis_url, "tenant": self._tenant, "order": plain(order)}
        if process.stdin is not None:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            await process.stdin.drain()
            process.stdin.close()
        return process

    async def _progress(self, process: Process) -> AsyncGenerator[SimulationProgress]:
        done = False
        while process.stdout is not None and (line := await process.stdout.readline()):
            said = json.loads(line)
            if "refused" in said:
                raise _refused(said["refused"])
            progress = _progress_of(said["progress"])
            done = progress.done == progress.replications
            yield progress
        if not done:
            self._log.error("simulation_failed", exit_code=await process.wait())
            raise DomainError(
                kind=ErrorKind.UNAVAILABLE,
                reason="SIMULATION_FAILED",
                message="the simulation's process ended early; its log says why",
            )


def plain(order: SimulationOrder) -> dict[str, Any]:
    """An order as JSON can hold it."""
    return asdict(order) | {
        name: [(one, b64encode(data).decode()) for one, data in getattr(order, name)]
        for name in _ENCODED
    }


def order_of(data: dict[str, Any]) -> SimulationOrder:
    """The order in its plain form."""
    tried = {
        name: tuple((one, b64decode(encoded)) for one, encoded in data[name]) for name in _ENCODED
    }
    return SimulationOrder(**data | tried | {"queues": tuple(data["queues"])})


def _progress_of(data: dict[str, Any]) -> SimulationProgress:
    kpis = tuple(Kpi(**kpi) for kpi in data["kpis"])
    assumptions = tuple(Assumption(**one) for one in data["assumptions"])
    return SimulationProgress(**data | {"kpis": kpis, "assumptions": assumptions})


def refusal(error: DomainError) -> dict[str, Any]:
    """A refusal as JSON can hold it."""
    return {
        "kind": error.kind.value,
        "reason": error.reason,
        "say": error.message,
        "violations": [asdict(one) for one in error.violations],
    }


def _refused(data: dict[str, Any]) -> DomainError:
    return DomainError(
        kind=ErrorKind(data["kind"]),
        reason=data["reason"],
        message=data["say"],
        violations=tuple(FieldViolation(**one) for one in data["violations"]),
    )


def _busy() -> DomainError:
    return DomainError(
        kind=ErrorKind.EXHAUSTED,
        reason="SIMULATION_RUNNING",
        message="another simulation runs on this router; wait for it, or ask another router",
        retry_after_seconds=_RETRY_SECONDS,
    )


def _too_long(seconds: float) -> DomainError:
    return DomainError(
        kind=ErrorKind.EXHAUSTED,
        reason="SIMULATION_TOO_LONG",
        message=f"it was ended after {seconds:.0f} s; choose a shorter time or fewer repetitions",
    )
