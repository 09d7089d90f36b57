"""Publishes complete hours of the history as Parquet."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from switchyard_history import files
from switchyard_history.hours import DAY_MS, HOUR_MS, TIMES, HourTable

type Hours = dict[int, list[tuple[Any, ...]]]
"""Rows by the beginning of their hour."""

GRACE_MS = 300_000
"""How long after its end an hour counts as complete: the writer may lag behind."""


class HourlyRows(Protocol):
    """The history's rows by when they happened. Methods raise HistoryUnavailable."""

    async def tenants(self) -> list[str]:
        """Whose contacts are known."""
        ...

    async def first_ms(self, tenant: str, table: str, from_ms: int) -> int | None:
        """When the first row from `from_ms` on happened."""
        ...

    async def of_day(
        self, tenant: str, table: str, from_ms: int, until_ms: int
    ) -> Sequence[tuple[int, tuple[Any, ...]]]:
        """Rows that happened in [from, until), when, and values as files hold them; by key."""
        ...


@dataclass(slots=True)
class ExportReport:
    """What an export did, in hours of a table."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    rows: int = 0
    """In the hours written."""
    tenants: list[str] = field(default_factory=list)


def _nobody(_report: ExportReport) -> None:
    """Told of progress when nobody wants to know."""


@dataclass(frozen=True, slots=True)
class ExportHours:
    """The use case. An hour is written anew when its rows changed, and left alone otherwise."""

    rows: HourlyRows
    folder: Path
    now_ms: Callable[[], int]
    tell: Callable[[ExportReport], None] = _nobody

    async def run(self, tenant: str | None = None, since_ms: int | None = None) -> ExportReport:
        """Exports complete hours from `since_ms` on, by default all, of one tenant or of all.

        Files older than the oldest row stay: they may be the archive of what was pruned. Memory is
        that of a day's rows of one table. Raises HistoryUnavailable, BadTenant and OSError.
        """
        report = ExportReport()
        until_ms = (self.now_ms() - GRACE_MS) // HOUR_MS * HOUR_MS
        for each in [tenant] if tenant is not None else await self.rows.tenants():
            report.tenants.append(each)
            for table in TIMES:
                first_ms = await self.rows.first_ms(each, table.name, 0)
                if first_ms is not None:
                    span = (max(first_ms, since_ms or 0) // HOUR_MS * HOUR_MS, until_ms)
                    seen = await self._table(each, table, span, report)
                    report.removed += await asyncio.to_thread(
                        self._remove_others, each, table, span, seen
                    )
        return report

    async def _table(
        self, tenant: str, table: HourTable, span_ms: tuple[int, int], report: ExportReport
    ) -> set[int]:
        """The hours that have rows; those without are not looked at one by one."""
        at_ms, until_ms = span_ms
        seen: set[int] = set()
        while (first_ms := await self.rows.first_ms(tenant, table.name, at_ms)) is not None:
            if first_ms >= until_ms:
                break
            next_ms = min((first_ms // DAY_MS + 1) * DAY_MS, until_ms)
            with await asyncio.to_thread(files.locked, self.folder):
                rows = await self.rows.of_day(tenant, table.name, first_ms, next_ms)
                by_hour = _by_hour(rows)
                await asyncio.to_thread(self._publish, tenant, table, by_hour, report)
            seen |= by_hour.keys()
            self.tell(report)
            at_ms = next_ms
        return seen

    def _publish(self, tenant: str, table: HourTable, by_hour: Hours, report: ExportReport) -> None:
        for hour_ms, rows in by_hour.items():
            path = files.hour_file(self.folder, table, tenant, hour_ms)
            if files.publish(path, files.as_arrow(table, rows)):
                report.written += 1
                report.rows += len(rows)
            else:
                report.unchanged += 1

    def _remove_others(
        self, tenant: str, table: HourTable, span_ms: tuple[int, int], seen: set[int]
    ) -> int:
        """Hours whose rows have all moved to another since they were exported."""
        from_ms, until_ms = span_ms
        others = [
            path
            for hour_ms, path in files.hours_there(self.folder, table, tenant)
            if from_ms <= hour_ms < until_ms and hour_ms not in seen
        ]
        for path in others:
            files.remove(path)
        return len(others)


def _by_hour(rows: Sequence[tuple[int, tuple[Any, ...]]]) -> Hours:
    hours: Hours = defaultdict(list)
    for time_ms, row in rows:
        hours[time_ms // HOUR_MS * HOUR_MS].append(row)
    return hours
