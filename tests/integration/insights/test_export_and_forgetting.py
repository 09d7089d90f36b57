"""Hours are exported, customers and old rows forgotten, in SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from switchyard_common.sql.database import Database
from switchyard_history import files
from switchyard_history.tables import contact_legs, metadata, offers
from switchyard_insights.adapters.sql.forgetful_store import SqlForgetfulStore
from switchyard_insights.adapters.sql.history import SqlHistory
from switchyard_insights.adapters.sql.hourly_rows import SqlHourlyRows
from switchyard_insights.adapters.sql.overviews import SqlOverviews
from switchyard_insights.service.exporting import GRACE_MS, ExportHours, ExportReport
from switchyard_insights.service.forgetting import EraseCustomer, Erased, PruneHistory

from tests.fakes.insights.contact_centre import contact_centre
from tests.fakes.insights.histories import contents, facts_of, opened

pytestmark = pytest.mark.integration

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NOON_MS = 1_772_366_400_000  # 2026-03-01 12:00 UTC
NOW_MS = NOON_MS + 10 * DAY_MS


@dataclass
class World:
    """A history, and a folder for its hours."""

    database: Database
    folder: Path
    now_ms: int = NOW_MS

    async def add(self, contact: str, time_ms: int | None, **values: Any) -> None:
        row = {"tenant": "demo", "contact": contact, "queued_ms": time_ms} | values
        async with self.database.writing() as connection:
            await connection.execute(contact_legs.insert().values(row))

    async def export(self, since_ms: int | None = None) -> ExportReport:
        rows = SqlHourlyRows(self.database)
        return await ExportHours(rows, self.folder, lambda: self.now_ms).run(None, since_ms)

    async def erase(self, key: str) -> Erased:
        store = SqlForgetfulStore(self.database)
        return await EraseCustomer(store, self.folder, lambda: self.now_ms).run("demo", key)

    async def prune(self, days: int, *, imported: bool = False) -> dict[str, int]:
        store = SqlForgetfulStore(self.database)
        use_case = PruneHistory(store, self.folder, lambda: self.now_ms)
        pruned = await use_case.run(days, imported=imported)
        return {name: count for name, count in pruned.rows.items() if count} | (
            {"files": pruned.files} if pruned.files else {}
        )

    async def legs(self) -> list[dict[str, Any]]:
        return (await contents(self.database, "demo"))["contact_legs"]

    def exported(self) -> list[str]:
        rows = files.read(self.folder, contact_legs).sort_by("contact")
        return list(rows["contact"].to_pylist())


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(database_url) as database:
        yield World(database, tmp_path / "hours")


async def test_only_complete_hours_are_exported(world: World) -> None:
    await world.add("a", NOON_MS)
    await world.add("b", NOON_MS + HOUR_MS - 1)
    await world.add("c", NOON_MS + HOUR_MS)
    await world.add("d", None, arrived_ms=NOON_MS)
    await world.add("e", None)
    world.now_ms = NOON_MS + HOUR_MS + GRACE_MS - 1
    assert (await world.export()).written == 0
    world.now_ms += 1
    report = await world.export()
    assert (report.written, report.rows) == (1, 3)
    assert world.exported() == ["a", "b", "d"]


async def test_a_late_row_has_its_hour_written_anew_and_no_other(world: World) -> None:
    await world.add("a", NOON_MS)
    await world.add("b", NOON_MS + HOUR_MS)
    await world.export()
    await world.add("late", NOON_MS + 1)
    report = await world.export()
    assert (report.written, report.unchanged) == (1, 1)
    assert world.exported() == ["a", "b", "late"]


async def test_older_hours_are_left_alone_unless_asked(world: World) -> None:
    await world.add("a", NOON_MS)
    await world.add("b", NOON_MS + DAY_MS)
    assert (await world.export(since_ms=NOON_MS + DAY_MS)).written == 1
    assert world.exported() == ["b"]
    assert (await world.export()).written == 1


async def test_an_hour_whose_rows_moved_is_taken_away(world: World) -> None:
    await world.add("a", NOON_MS)
    await world.add("b", NOON_MS + HOUR_MS)
    await world.export()
    async with world.database.writing() as connection:
        moved = contact_legs.update().where(contact_legs.c.contact == "b")
        await connection.execute(moved.values(queued_ms=NOON_MS))
    assert (await world.export()).removed == 1
    assert world.exported() == ["a", "b"]


async def test_every_table_is_exported_as_it_stands(world: World) -> None:
    events = contact_centre(contacts=12, seed=3)
    await SqlHistory(world.database).store(facts_of("demo", events))
    world.now_ms = max(event.time_ms for event in events) + DAY_MS
    await world.export()
    kept = await contents(world.database, "demo")
    for name in ("contact_legs", "offers", "decisions", "agent_intervals", "bot_turns", "holds"):
        rows = files.read(world.folder, metadata.tables[name])
        assert rows.num_rows == len(kept[name]) > 0
    found = files.read(world.folder, offers).select(["offer", "agent", "ended_ms"])
    assert found.sort_by("offer").to_pylist() == [
        {name: row[name] for name in ("offer", "agent", "ended_ms")} for row in kept["offers"]
    ]


async def test_a_forgotten_customer_stays_forgotten_when_events_come_again(world: World) -> None:
    events = contact_centre(contacts=12, seed=3)
    history = SqlHistory(world.database)
    await history.store(facts_of("demo", events))
    world.now_ms = max(event.time_ms for event in events) + DAY_MS
    await world.export()
    key = (await world.legs())[0]["customer_key"]
    erased = await world.erase(key)
    assert erased.legs > 0
    assert erased.files > 0
    await history.store(facts_of("demo", events))
    await world.export()
    legs = await world.legs()
    assert sum(leg["erased"] for leg in legs) == erased.legs
    assert key not in {leg["customer_key"] for leg in legs}
    gone = {leg["contact"] for leg in legs if leg["erased"]}
    assert not gone & {leg["initial_contact"] for leg in legs}
    assert key not in files.read(world.folder, contact_legs)["customer_key"].to_pylist()
    assert await world.erase(key) == Erased(0, 0)


async def test_links_of_others_to_a_forgotten_contact_go_too(world: World) -> None:
    await world.add("a", NOON_MS, customer_key="k1")
    await world.add("b", NOON_MS, customer_key="k2", previous_contact="a", initial_contact="z")
    assert (await world.erase("k1")).legs == 1
    other = (await world.legs())[1]
    assert (other["customer_key"], other["previous_contact"]) == ("k2", "")
    assert (other["initial_contact"], other["erased"]) == ("z", False)


async def test_what_is_too_old_goes_and_events_do_not_bring_it_back(world: World) -> None:
    events = contact_centre(contacts=12, seed=3)
    history = SqlHistory(world.database)
    await history.store(facts_of("demo", events))
    before = {name: len(rows) for name, rows in (await contents(world.database, "demo")).items()}
    world.now_ms = max(event.time_ms for event in events) + 3 * DAY_MS
    await world.export()
    assert await world.prune(days=5) == {}
    pruned = await world.prune(days=1)
    assert pruned["contact_legs"] == before["contact_legs"] == 12
    assert pruned["files"] > 0
    assert not files.read(world.folder, contact_legs).num_rows
    assert (await history.store(facts_of("demo", events))).kept == 0
    assert not await world.legs()


async def test_imported_logs_are_kept_unless_asked_for(world: World) -> None:
    await world.add("old", NOON_MS, origin="log/1999.csv")
    await world.add("new", NOON_MS + 9 * DAY_MS)
    assert await world.prune(days=5) == {}
    assert await world.prune(days=5, imported=True) == {"contact_legs": 1}
    assert [leg["contact"] for leg in await world.legs()] == ["new"]


async def test_an_overview_counts_and_dates_everything(world: World) -> None:
    await world.add("a", NOON_MS, customer_key="k1")
    await world.add("b", NOON_MS + DAY_MS)
    await world.erase("k1")
    seen = await SqlOverviews(world.database).of("demo")
    legs = seen.tables[0]
    assert (legs.table, legs.rows) == ("contact_legs", 2)
    assert (legs.first_ms, legs.last_ms) == (NOON_MS, NOON_MS + DAY_MS)
    assert seen.erased_customers == 1
    assert seen.size_bytes > 0
