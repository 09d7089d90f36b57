"""The service exports and prunes every hour, and goes on after failures."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from switchyard_insights.adapters.housekeeping_metrics import HousekeepingMetrics
from switchyard_insights.service.exporting import GRACE_MS, ExportHours
from switchyard_insights.service.forgetting import PruneHistory
from switchyard_insights.service.housekeeping import Housekeeping
from switchyard_insights.service.ports import HistoryUnavailable

pytestmark = pytest.mark.unit

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = 1_772_366_400_000  # a whole hour


@dataclass
class World:
    """A history without rows whose clock is its sleeps; it ends after so many of them."""

    sleeps: int
    failures: int = 0
    now_ms: int = START_MS
    slept: list[float] = field(default_factory=list)
    pruned: list[tuple[str, str, int, bool]] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ms += round(seconds * 1000)
        if len(self.slept) == self.sleeps:
            raise asyncio.CancelledError

    async def tenants(self) -> list[str]:
        return ["demo", "other"]

    async def first_ms(self, tenant: str, table: str, from_ms: int) -> int | None:
        if self.failures:
            self.failures -= 1
            raise HistoryUnavailable
        return None

    async def of_day(
        self, tenant: str, table: str, from_ms: int, until_ms: int
    ) -> Sequence[tuple[int, tuple[Any, ...]]]:
        return []

    async def erase(self, tenant: str, customer_key: str, now_ms: int) -> int:
        return 0

    async def prune(self, tenant: str, table: str, before_ms: int, *, imported: bool) -> int:
        self.pruned.append((tenant, table, before_ms, imported))
        return 2

    async def raise_floor(self, tenant: str, before_ms: int) -> None:
        self.floors.append(before_ms)


async def _run(world: World, folder: Path, *, keeps_all: bool = False) -> CollectorRegistry:
    registry = CollectorRegistry()

    def now_ms() -> int:
        return world.now_ms

    keeping = Housekeeping(
        tenant="demo",
        export=ExportHours(world, folder, now_ms),
        late_hours=48,
        prune=None if keeps_all else PruneHistory(world, None, now_ms),
        keep_days=30,
        meter=HousekeepingMetrics(registry, now_ms),
        now_ms=now_ms,
        retry_seconds=60.0,
        sleep=world.sleep,
    )
    with pytest.raises(asyncio.CancelledError):
        await keeping.run()
    return registry


async def test_works_at_once_and_then_when_each_hour_is_complete(tmp_path: Path) -> None:
    world = World(sleeps=3, now_ms=START_MS + GRACE_MS + 60_000)
    registry = await _run(world, tmp_path)
    assert world.slept == [3540.0, 3600.0, 3600.0]
    job = {"task": "export"}
    name = "switchyard_insights_housekeeping_last_success_timestamp_seconds"
    assert registry.get_sample_value(name, job) == (START_MS + GRACE_MS + 2 * HOUR_MS) / 1000


async def test_prunes_its_own_tenant_but_no_imported_logs(tmp_path: Path) -> None:
    world = World(sleeps=1)
    registry = await _run(world, tmp_path)
    assert world.floors == [START_MS - 30 * DAY_MS]
    assert {(tenant, imported) for tenant, _, _, imported in world.pruned} == {("demo", False)}
    rows = registry.get_sample_value("switchyard_insights_pruned_rows_total")
    assert rows == 2 * len(world.pruned)


async def test_deletes_nothing_without_being_asked(tmp_path: Path) -> None:
    world = World(sleeps=2)
    await _run(world, tmp_path, keeps_all=True)
    assert not world.pruned
    assert not world.floors


async def test_tries_again_soon_after_a_failure_and_counts_it(tmp_path: Path) -> None:
    world = World(sleeps=3, failures=2, now_ms=START_MS + GRACE_MS)
    registry = await _run(world, tmp_path)
    assert world.slept == [60.0, 60.0, 3480.0]
    name = "switchyard_insights_housekeeping_failures_total"
    assert registry.get_sample_value(name, {"task": "export"}) == 2
    assert registry.get_sample_value(name, {"task": "prune"}) == 0
