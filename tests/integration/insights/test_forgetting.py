"""What was erased or pruned does not come back when the log is read again."""

import pytest
from sqlalchemy import insert
from switchyard_common.sql.database import Database
from switchyard_history.tables import floors, tombstones
from switchyard_insights.adapters.sql.history import SqlHistory

from tests.fakes.insights.contact_centre import START_MS, contact_centre
from tests.fakes.insights.histories import contents, facts_of, opened

pytestmark = pytest.mark.integration

EVENTS = contact_centre(contacts=20, seed=5)
FACTS = facts_of("demo", EVENTS)


async def put(database: Database, statement: object) -> None:
    async with database.writing() as connection:
        await connection.execute(statement)  # type: ignore[call-overload]


def key_of_somebody() -> str:
    return str(next(event.data["customer_key"] for event in EVENTS if "customer_key" in event.data))


async def test_a_customer_who_was_erased_stays_unknown(database_url: str) -> None:
    key = key_of_somebody()
    async with opened(database_url) as database:
        await put(
            database,
            insert(tombstones).values(tenant="demo", customer_key=key, erased_ms=START_MS),
        )
        await SqlHistory(database).store(FACTS)
        legs = (await contents(database, "demo"))["contact_legs"]
        theirs = {e.subject for e in EVENTS if e.data.get("customer_key") == key}
        assert {leg["contact"] for leg in legs if leg["erased"]} == theirs
        for leg in legs:
            assert leg["customer_key"] != key
            if leg["erased"]:
                assert (leg["customer_key"], leg["initial_contact"]) == ("", "")
                assert leg["outcome"]  # what happened stays, to whom does not
        again = SqlHistory(database)
        await again.store(FACTS[::-1])
        assert (await contents(database, "demo"))["contact_legs"] == legs


async def test_another_tenants_erasure_is_none_of_ours(sqlite_database: str) -> None:
    key = key_of_somebody()
    async with opened(sqlite_database) as database:
        await put(
            database,
            insert(tombstones).values(tenant="other", customer_key=key, erased_ms=START_MS),
        )
        await SqlHistory(database).store(FACTS)
        legs = (await contents(database, "demo"))["contact_legs"]
    assert not any(leg["erased"] for leg in legs)
    assert any(leg["customer_key"] == key for leg in legs)


async def test_what_is_older_than_the_floor_stays_away(database_url: str) -> None:
    floor_ms = sorted(event.time_ms for event in EVENTS)[len(EVENTS) // 2]
    async with opened(database_url) as database:
        await put(database, insert(floors).values(tenant="demo", before_ms=floor_ms))
        stored = await SqlHistory(database).store(FACTS)
        legs = (await contents(database, "demo"))["contact_legs"]
    older = sum(fact.time_ms < floor_ms for fact in FACTS)
    assert (stored.kept, stored.pruned) == (len(FACTS) - older, older)
    assert all(leg["ended_ms"] is None or leg["ended_ms"] >= floor_ms for leg in legs)
