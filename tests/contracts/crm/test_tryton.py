"""The connector to Tryton, against Tryton itself."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from switchyard_crm.domain.customer import Money, Words
from switchyard_crm.service.connectors import Invalid

from tests.contracts.crm.connector_contract import ConnectorContract
from tests.contracts.crm.connector_tools import (
    NOTE,
    email,
    end_of_changes,
    ids,
    phone,
    read_changes,
)
from tests.contracts.crm.connector_world import Person, fresh_digits
from tests.crms.tryton import Tryton
from tests.crms.tryton_world import TrytonWorld, tryton_world

pytestmark = pytest.mark.integration


@pytest.fixture
async def world(tryton: Tryton, tmp_path: Path) -> AsyncIterator[TrytonWorld]:
    async with tryton_world(tryton, tmp_path) as made:
        yield made


class TestTryton(ConnectorContract):
    """All of the suite, and what only Tryton has."""

    async def test_a_number_that_tryton_formatted_is_found(
        self, world: TrytonWorld, tryton: Tryton
    ) -> None:
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳"))
        phone_there = {"party": int(stored), "type": "mobile", "value": f"0086{digits}"}
        with pytest.raises(AssertionError, match="not valid"):  # no country, so it takes no 00
            await world.api("POST", "party.contact_mechanism", phone_there)
        await world.api("POST", "party.contact_mechanism", {**phone_there, "value": f"+86{digits}"})
        kept = tryton.sql("SELECT value FROM party_contact_mechanism WHERE party = ?", int(stored))
        assert kept == [(f"+86 {digits[:3]} {digits[3:7]} {digits[7:]}",)]
        assert ids(await (await world.connect()).find(phone(digits))) == {stored}

    async def test_deactivated_parties_count_as_removed(self, world: TrytonWorld) -> None:
        connector = await world.connect()
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳", (digits,)))
        cursor = await end_of_changes(connector)
        await world.deactivate(stored)
        profiles, removed, _ = await read_changes(connector, cursor)
        assert stored in removed
        assert stored not in ids(profiles)
        assert not await connector.find(phone(digits))

    async def test_a_number_that_is_no_longer_used_is_gone(self, world: TrytonWorld) -> None:
        connector = await world.connect()
        old, new = fresh_digits(), fresh_digits()
        stored = await world.add_person(Person("王芳", (f"+86 {old}", f"+86 {new}")))
        cursor = await end_of_changes(connector)
        (contact,) = await world.api(
            "POST",
            "party.contact_mechanism/search_read",
            {"domain": [["party", "=", int(stored)], ["value", "like", f"%{old}"]]},
        )
        await world.api("PUT", f"party.contact_mechanism/{contact['id']}", {"active": False})
        profiles, _, _ = await read_changes(connector, cursor)
        (shown,) = [one for one in profiles if one.provenance.source_id == stored][-1:]
        assert shown.identifiers == (phone(new),)
        assert not await connector.find(phone(old))

    async def test_the_newest_party_may_be_the_deleted_one(self, world: TrytonWorld) -> None:
        connector = await world.connect()
        people = [await world.add_person(Person(f"Gone {n}", (fresh_digits(),))) for n in range(4)]
        cursor = await end_of_changes(connector)
        for gone in people[1:]:
            await world.remove(gone)
        _, removed, cursor = await read_changes(connector, cursor, 2)
        assert set(people[1:]) <= removed
        assert people[0] not in removed

    async def test_without_an_administrators_key_everything_but_deletions_is_seen(
        self, world: TrytonWorld
    ) -> None:
        connector = await world.connect(deletions=False)
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        cursor = await end_of_changes(connector)
        await world.rename(stored, "王芳芳")
        profiles, _, _ = await read_changes(connector, cursor)
        assert stored in ids(profiles)

    async def test_an_order_is_read_whole(self, world: TrytonWorld) -> None:
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        (number,) = await world.add_orders(stored, 1)
        (order,) = await (await world.connect()).orders(stored, 5)
        assert (order.number, order.state) == (number, "placed")
        assert order.total == Money("CNY", 19900)
        assert [(item.name, item.quantity) for item in order.items] == [(Words(zh="手机壳"), 2)]

    async def test_a_note_of_ours_reads_back_field_by_field(self, world: TrytonWorld) -> None:
        connector = await world.connect()
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        note = replace(NOTE, agent="a-07", disposition="resolved", contact="c 1&2")
        made = await connector.log_interaction(fresh_digits(), stored, note)
        (read,) = (await connector.timeline(stored, 5)).interactions
        assert read == replace(note, id=made, source="erp")

    async def test_what_is_searched_for_stands_in_no_address(self, world: TrytonWorld) -> None:
        digits = fresh_digits()
        connector = await world.connect()
        await connector.find(phone(digits))
        await connector.find(email(f"a{digits}@example.com"))
        assert world.proxy.seen
        assert all(digits not in seen.target for seen in world.proxy.seen)

    async def test_a_database_that_is_not_there_is_told(self, world: TrytonWorld) -> None:
        connector = await world.connect(database="none")
        with pytest.raises(Invalid, match="no such database"):
            await connector.health()
