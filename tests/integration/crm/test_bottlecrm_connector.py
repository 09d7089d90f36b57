"""What the conformance suite does not ask of the connector to BottleCRM, against BottleCRM."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import Changes, Connector, Invalid, NewCase, Unauthorized

from tests.contracts.crm.connector_tools import ids, read_changes
from tests.contracts.crm.connector_world import Person, fresh_digits
from tests.crms.bottlecrm import BottleCrm
from tests.crms.bottlecrm_world import BottleWorld, bottle_world
from tests.fakes.crm.faults import Canned

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
async def world(bottlecrm: BottleCrm, tmp_path: Path) -> AsyncIterator[BottleWorld]:
    async with bottle_world(bottlecrm, tmp_path) as made:
        yield made


@pytest.fixture
def by_log(world: BottleWorld, bottlecrm: BottleCrm) -> Connector:
    """A connector as it is without options: it sweeps once an hour."""
    return world.connect_with("token", bottlecrm.token, "{}")


async def drained(connector: Connector, cursor: str) -> Changes:
    """All that changed since a cursor, as one page."""
    profiles, removed, cursor = await read_changes(connector, cursor)
    return Changes(tuple(profiles), tuple(removed), cursor, more=False)


async def test_changes_between_sweeps_come_from_the_activity_log(
    world: BottleWorld, by_log: Connector
) -> None:
    renamed = await world.add_person(Person("Before", (fresh_digits(),)))
    removed = await world.add_person(Person("Removed", (fresh_digits(),)))
    cursor = (await drained(by_log, "")).cursor
    world.proxy.seen.clear()
    added = await world.add_person(Person("Added", (fresh_digits(),)))
    await world.rename(renamed, "And after")
    await world.remove(removed)
    seen = await drained(by_log, cursor)
    names = {profile.provenance.source_id: profile.display_name for profile in seen.profiles}
    assert (names[added], names[renamed]) == ("Added", "And after")
    assert removed in seen.removed
    assert not any(asked.target.startswith("/api/contacts/?") for asked in world.proxy.seen)


async def test_more_changes_than_the_log_shows_are_swept(
    world: BottleWorld, by_log: Connector
) -> None:
    cursor = (await drained(by_log, "")).cursor
    people = {await world.add_person(Person("Many", (fresh_digits(),))) for _ in range(55)}
    assert people <= ids((await drained(by_log, cursor)).profiles)


async def test_contacts_removed_while_pages_are_read_hide_nobody(world: BottleWorld) -> None:
    connector = await world.connect()
    people = [await world.add_person(Person("Shifted", (fresh_digits(),))) for _ in range(12)]
    first = await connector.changes("", 4)
    read = ids(first.profiles)
    for gone in read & set(people):
        await world.remove(gone)
    rest = await drained(connector, first.cursor)
    assert set(people) <= read | ids(rest.profiles)


async def test_all_open_tickets_are_found_also_behind_many_closed_ones(world: BottleWorld) -> None:
    stored = await world.add_person(Person("王芳", (fresh_digits(),)))
    subject = fresh_digits()
    oldest = await world.add_case(stored, f"{subject} oldest", closed=False)
    for number in range(11):
        await world.add_case(stored, f"{subject} {number}", closed=True)
    connector = await world.connect()
    assert [case.number for case in await connector.open_cases(stored, 5)] == [oldest]


async def test_a_subject_that_is_taken_or_too_long_still_makes_a_ticket(
    world: BottleWorld,
) -> None:
    stored = await world.add_person(Person("王芳", (fresh_digits(),)))
    connector = await world.connect()
    subject = f"包裹{fresh_digits()}" + "很" * 60
    cases = [
        await connector.create_case(fresh_digits(), stored, NewCase(subject, "She waits", "urgent"))
        for _ in range(2)
    ]
    first, second = [
        (await world.api("GET", f"cases/{case.number}/"))["cases_obj"] for case in cases
    ]
    assert first["name"] != second["name"]
    assert all(shown["name"][:40] == subject[:40] for shown in (first, second))
    assert all(shown["description"].startswith(subject) for shown in (first, second))
    assert {case.priority for case in cases} == {"urgent"}


async def test_a_refused_ticket_is_invalid(world: BottleWorld) -> None:
    stored = await world.add_person(Person("王芳", (fresh_digits(),)))
    connector = await world.connect()
    with pytest.raises(Invalid, match=r"case\.priority\.values"):
        await connector.create_case(fresh_digits(), stored, NewCase("S", priority="whenever"))
    assert await world.count_cases(stored) == 0


async def test_an_interaction_comes_back_as_it_was(world: BottleWorld) -> None:
    stored = await world.add_person(Person("王芳", (fresh_digits(),)))
    connector = await world.connect()
    noted = Interaction("", "CHAT", NOON, "问包裹\nwaits", "a-07", "resolved", "c=1&2", "bottle")
    id_ = await connector.log_interaction(fresh_digits(), stored, noted)
    (read,) = (await connector.timeline(stored, 5)).interactions
    assert (read.id, read.channel, read.time) == (id_, "CHAT", NOON)
    assert (read.summary, read.agent) == (noted.summary, "a-07")
    assert (read.disposition, read.contact) == ("resolved", "c=1&2")


async def test_comments_stand_in_the_timeline(world: BottleWorld) -> None:
    stored = await world.add_person(Person("王芳", (fresh_digits(),)))
    await world.add_interactions(stored, ["called", "called again"])
    await world.api("POST", f"contacts/{stored}/", {"comment": "She likes tea"})
    connector = await world.connect()
    read, cursor = [], ""
    for _ in range(3):
        page = await connector.timeline(stored, 1, cursor)
        read += [(entry.channel, entry.summary) for entry in page.interactions]
        cursor = page.cursor
    assert read == [("NOTE", "She likes tea"), ("VOICE", "called again"), ("VOICE", "called")]
    assert not cursor


async def test_people_are_found_also_while_the_check_for_duplicates_is_limited(
    world: BottleWorld,
) -> None:
    digits = fresh_digits()
    stored = await world.add_person(Person("王芳", (digits,)))
    world.proxy.answer(Canned(429), lambda seen: "duplicates" in seen.target)
    connector = await world.connect()
    found = await connector.find(Identifier(IdentifierKind.PHONE, f"+86{digits}"))
    assert ids(found) == {stored}


async def test_a_deleted_name_stays_in_the_activity_log_so_that_erasing_is_not_declared(
    world: BottleWorld,
) -> None:
    name = f"Gone {fresh_digits()}"
    stored = await world.add_person(Person(name, (fresh_digits(),)))
    await world.remove(stored)
    log = (await world.api("GET", "activities/", entity_type="Contact"))["activities"]
    assert name in {entry["entity_name"] for entry in log}


async def test_a_session_goes_on_after_a_restart_and_its_first_token_is_void(
    world: BottleWorld, bottlecrm: BottleCrm, tmp_path: Path
) -> None:
    state = tmp_path / "session.json"
    for _ in range(2):
        session = world.connect_with(
            "refresh_token", bottlecrm.refresh_token, f"{{state_file: {state}}}"
        )
        await session.health()
        assert state.stat().st_mode & 0o777 == 0o600
    forgotten = world.connect_with(
        "refresh_token", bottlecrm.refresh_token, f"{{state_file: {tmp_path / 'other.json'}}}"
    )
    with pytest.raises(Unauthorized):
        await forgotten.health()
