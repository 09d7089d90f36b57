"""Every hour: what is too old goes, and complete hours are exported."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_insights.service.exporting import GRACE_MS, ExportHours
from switchyard_insights.service.forgetting import PruneHistory

HOUR_MS = 3_600_000
_SECOND_MS = 1000


class HousekeepingMeter(Protocol):
    """Counts what housekeeping does."""

    def done(self, job: str, count: int) -> None:
        """A job was done; `count` of rows deleted or hours written."""
        ...

    def failed(self, job: str) -> None:
        """A job failed; it is tried again."""
        ...


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """The use case of a running service, for one tenant; each job only where it is asked for.

    A job that fails is logged, counted and tried again after `retry_seconds`: an export catches up
    with the last `late_hours`, and readers of the logs are never held up.
    """

    tenant: str
    export: ExportHours | None
    late_hours: int
    prune: PruneHistory | None
    keep_days: int
    meter: HousekeepingMeter
    now_ms: Callable[[], int]
    retry_seconds: float
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """Now, and then whenever another hour is complete."""
        while True:
            done = await self._try("prune", self._prune) & await self._try("export", self._export)
            await self.sleep(self._until_next_seconds() if done else self.retry_seconds)

    async def _try(self, job: str, work: Callable[[], Awaitable[int | None]]) -> bool:
        try:
            count = await work()
        except (DomainError, OSError) as error:
            self.meter.failed(job)
            log = structlog.stdlib.get_logger("switchyard.insights")
            log.warning("housekeeping_failed", job=job, problem=str(error))
            return False
        if count is not None:
            self.meter.done(job, count)
        return True

    async def _prune(self) -> int | None:
        if self.prune is None:
            return None
        pruned = await self.prune.run(self.keep_days, self.tenant)
        return sum(pruned.rows.values())

    async def _export(self) -> int | None:
        if self.export is None:
            return None
        since_ms = self.now_ms() - self.late_hours * HOUR_MS
        report = await self.export.run(self.tenant, since_ms)
        return report.written

    def _until_next_seconds(self) -> float:
        into_ms = (self.now_ms() - GRACE_MS) % HOUR_MS
        return (HOUR_MS - into_ms) / _SECOND_MS
