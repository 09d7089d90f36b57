"""A running service exports what its settings say."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from switchyard_history import files
from switchyard_history.tables import contact_legs
from switchyard_insights.settings import InsightsSettings
from switchyard_insights.wiring.housekeeping import housekeeping

from tests.fakes.insights.histories import contents, opened

pytestmark = pytest.mark.integration

HOUR_MS = 3_600_000
_DEADLINE_SECONDS = 60.0


@pytest.mark.parametrize("asked", [True, False])
async def test_does_what_the_settings_ask_and_nothing_else(
    database_url: str, tmp_path: Path, asked: bool
) -> None:
    settings = InsightsSettings(
        export_folder=tmp_path / "hours" if asked else None,
        keep_days=30 if asked else None,
        export_late_hours=1_000_000,
    )
    registry = CollectorRegistry()
    async with opened(database_url) as database:
        async with database.writing() as connection:
            for contact, origin in (("old", ""), ("imported", "log/1999.csv")):
                row = {"tenant": "demo", "contact": contact, "origin": origin}
                await connection.execute(contact_legs.insert().values(row | {"queued_ms": HOUR_MS}))
        task = asyncio.create_task(housekeeping(settings, database, registry).run())
        await _until_done(registry, asked)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        legs = (await contents(database, "demo"))["contact_legs"]
    left = ["imported"] if asked else ["imported", "old"]
    assert [leg["contact"] for leg in legs] == left
    exported = files.read(tmp_path / "hours", contact_legs)["contact"].to_pylist()
    assert exported == (["imported"] if asked else [])


async def _until_done(registry: CollectorRegistry, asked: bool) -> None:
    """Until the export has succeeded; where nothing is asked for, it has nothing to wait for."""
    name = "switchyard_insights_housekeeping_last_success_timestamp_seconds"
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while asked and not registry.get_sample_value(name, {"task": "export"}):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
