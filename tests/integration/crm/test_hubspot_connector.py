"""What is HubSpot's own: an index that is late, unique properties, policies of limits, stages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import (
    CaseChange,
    Connector,
    Invalid,
    NewCase,
    NotFound,
    RateLimited,
)

from tests.contracts.crm.connector_world import Person
from tests.fakes.crm.faults import Canned
from tests.fakes.crm.vendors.hubspot_world import HubspotWorld, hubspot_world

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
CALL = Interaction("", "VOICE", NOON, "<b>Late</b> & more", "a-07", "resolved", "c-1")
PHONE = Identifier(IdentifierKind.PHONE, "+8619900001234")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[HubspotWorld]:
    async with hubspot_world(tmp_path) as made:
        yield made


async def removed_in_sweep(connector: Connector, cursor: str) -> tuple[list[str], str]:
    """The ids that one sweep reports as removed, and where the next one begins."""
    removed: list[str] = []
    more = True
    while more:
        page = await connector.changes(cursor, 2)
        removed += page.removed
        cursor, more = page.cursor, page.more
    return removed, cursor


async def test_a_key_is_safe_before_the_index_has_seen_its_object(world: HubspotWorld) -> None:
    world.fake.account.lag = timedelta(minutes=1)
    person = await world.add_person(Person("王芳"))
    made = await (await world.connect()).log_interaction("k", person, CALL)
    connector = await world.connect()
    assert await connector.log_interaction("k", person, CALL) == made
    assert await world.count_interactions(person) == 1
    assert [one.id for one in (await connector.timeline(person, 5)).interactions] == [made]


async def test_changes_that_the_index_shows_late_are_read_then(world: HubspotWorld) -> None:
    world.fake.account.lag = timedelta(seconds=30)
    early = await world.add_person(Person("Early"))
    world.clock.tick(40)
    late = await world.add_person(Person("Late"))
    connector, cursor = await world.connect(), ""
    seen: list[set[str]] = []
    for _ in range(2):
        read: set[str] = set()
        more = True
        while more:
            page = await connector.changes(cursor, 2)
            read |= {profile.provenance.source_id for profile in page.profiles}
            cursor, more = page.cursor, page.more
        seen.append(read)
        world.clock.tick(40)
    assert seen[0] == {early}
    assert late in seen[1]


async def test_archived_contacts_are_listed_until_they_are_old_news(world: HubspotWorld) -> None:
    gone = [await world.add_person(Person(f"Gone {number}")) for number in range(5)]
    for one in gone:
        await world.remove(one)
    connector = await world.connect()
    removed, cursor = await removed_in_sweep(connector, "")
    assert removed == gone
    world.clock.tick(3600)
    _, cursor = await removed_in_sweep(connector, cursor)
    removed, _ = await removed_in_sweep(connector, cursor)
    assert removed == []


async def test_the_limit_of_search_says_when_to_come_again(world: HubspotWorld) -> None:
    world.fake.searches_per_second = 5
    connector = await world.connect()
    with pytest.raises(RateLimited) as caught:
        await asyncio.gather(*(connector.find(PHONE) for _ in range(20)))
    assert caught.value.retry_after_seconds == 1.0


@pytest.mark.parametrize(
    ("policy", "seconds"), [("TEN_SECONDLY_ROLLING", 10.0), ("DAILY", 3600.0), ("OTHER", None)]
)
async def test_a_policy_tells_how_long_a_limit_lasts(
    world: HubspotWorld, policy: str, seconds: float | None
) -> None:
    body = f'{{"category": "RATE_LIMITS", "policyName": "{policy}"}}'.encode()
    connector = await world.connect()
    world.proxy.answer(Canned(429, body))
    with pytest.raises(RateLimited) as caught:
        await connector.health()
    assert caught.value.retry_after_seconds == seconds


async def test_who_comes_second_takes_what_the_first_made(world: HubspotWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    made = await connector.log_interaction("k", person, CALL)
    missing = Canned(404, b'{"category": "OBJECT_NOT_FOUND"}')
    asked = 0

    def first_look(seen: object) -> bool:
        nonlocal asked
        asked += "idProperty" in str(getattr(seen, "target", ""))
        return "idProperty" in str(getattr(seen, "target", "")) and asked == 1

    world.proxy.answer(missing, first_look)
    assert await connector.log_interaction("k", person, CALL) == made
    assert await world.count_interactions(person) == 1


async def test_a_refused_write_stays_refused(world: HubspotWorld) -> None:
    world.options = {"key_property": "not_made_yet"}
    person = await world.add_person(Person("王芳"))
    with pytest.raises(Invalid):
        await (await world.connect()).log_interaction("k", person, CALL)
    assert await world.count_interactions(person) == 0


async def test_a_call_comes_back_with_all_that_it_told(world: HubspotWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    made = await connector.log_interaction("k1", person, CALL)
    await connector.log_interaction("k2", person, Interaction("", "CHAT", NOON, "Hi"))
    read = {one.channel: one for one in (await connector.timeline(person, 5)).interactions}
    assert (read["VOICE"].id, read["VOICE"].time) == (made, NOON)
    assert read["VOICE"].summary == CALL.summary
    assert (read["VOICE"].agent, read["VOICE"].disposition) == ("a-07", "resolved")
    assert read["CHAT"].summary == "Hi"
    body = world.fake.account.alive("calls", made).properties["hs_call_body"]
    assert body is not None
    assert "<b>" not in body


async def test_a_repeat_leaves_alone_what_agents_made_of_a_ticket(world: HubspotWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳"))
    case = NewCase("Late", "Since Monday", order_number="SY-1")
    first = await connector.create_case("k", person, case)
    content = world.fake.account.alive("tickets", first.number).properties["content"]
    assert content == "Since Monday\nSY-1"
    world.fake.account.update("tickets", first.number, {"hs_pipeline_stage": "2"})
    again = await connector.create_case("k", person, case)
    assert (again.number, again.state) == (first.number, "in_progress")


async def test_a_state_without_a_stage_changes_nothing(world: HubspotWorld) -> None:
    connector = await world.connect()
    number = await world.add_case(await world.add_person(Person("王芳")), "Late", closed=False)
    with pytest.raises(Invalid):
        await connector.update_case("k", number, CaseChange("waiting", "Waits"))
    assert await world.case_comments(number) == 0


async def test_finds_by_a_mapped_handle_and_by_hubspots_own_id(world: HubspotWorld) -> None:
    person = await world.add_person(Person("王芳"))
    world.fake.account.update("contacts", person, {"wechat_openid": "oX3aBc"})
    connector = await world.connect()
    for asked in (
        Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
        Identifier(IdentifierKind.SOURCE_RECORD, person, "hubspot"),
    ):
        (found,) = await connector.find(asked)
        assert found.provenance.source_id == person


async def test_an_erased_contact_takes_its_calls_along(world: HubspotWorld) -> None:
    connector = await world.connect()
    person = await world.add_person(Person("王芳", ("19900001234",)))
    call = await connector.log_interaction("k", person, CALL)
    await connector.erase(person)
    assert call not in world.fake.account.kinds["calls"].objects
    with pytest.raises(NotFound):
        await connector.get(person)
