"""Following changes without losing any."""

import pytest
from switchyard_crm.service.connectors import (
    Capability,
    Changes,
    Invalid,
    NotFound,
)

from tests.contracts.crm.connector_tools import (
    MAX_PAGES,
    PAGE,
    end_of_changes,
    ids,
    phone,
    read_changes,
    refused,
)
from tests.contracts.crm.connector_world import Person, World, fresh_digits


class FollowingContract:
    """Mix into a test class that has a fixture `world`."""

    async def test_changes_show_everybody_and_then_rest(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        people = {
            await world.add_person(Person(f"Many {number}", (fresh_digits(),)))
            for number in range(PAGE * 2)
        }
        profiles, _, cursor = await read_changes(connector, "", PAGE * 5)
        assert people <= ids(profiles)
        _, removed, _ = await read_changes(connector, cursor, PAGE * 5)
        assert not people & removed

    async def test_changes_carry_what_identifies_somebody(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        digits = fresh_digits()
        stored = await world.add_person(
            Person("王芳", (digits, f"+86 {fresh_digits()}"), (f"c{digits}@example.com",))
        )
        profiles, _, _ = await read_changes(connector, "")
        (shown,) = [p for p in profiles if p.provenance.source_id == stored][-1:]
        assert shown.identifiers == (await connector.get(stored)).identifiers
        assert phone(digits) in shown.identifiers

    async def test_a_restart_at_any_page_loses_nothing(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        cursor = await end_of_changes(connector)
        people = {
            await world.add_person(Person(f"Restart {number}", (fresh_digits(),)))
            for number in range(PAGE * 2)
        }
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            page: Changes = await (await world.connect()).changes(cursor, PAGE)
            seen |= ids(page.profiles)
            cursor = page.cursor
            if not page.more:
                break
        assert people <= seen

    async def test_changes_between_pages_are_not_lost(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        cursor = await end_of_changes(connector)
        people = [
            await world.add_person(Person(f"Between {number}", (fresh_digits(),)))
            for number in range(PAGE * 2)
        ]
        page = await connector.changes(cursor, PAGE)
        names = {profile.provenance.source_id: profile.display_name for profile in page.profiles}
        for changed in (people[0], people[-1]):
            await world.rename(changed, "Renamed 改名")
        late = await world.add_person(Person("Late", (fresh_digits(),)))
        profiles, _, _ = await read_changes(connector, page.cursor, PAGE)
        names |= {profile.provenance.source_id: profile.display_name for profile in profiles}
        assert {*people, late} <= set(names)
        assert names[people[0]] == names[people[-1]] == "Renamed 改名"

    async def test_changes_of_the_same_moment_are_not_lost(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        people = [
            await world.add_person(Person(f"Moment {number}", (fresh_digits(),)))
            for number in range(PAGE * 3 + 1)
        ]
        cursor = await end_of_changes(connector)
        await world.changed_at_once(people)
        profiles, _, _ = await read_changes(connector, cursor, PAGE)
        assert set(people) <= ids(profiles)

    async def test_a_new_number_is_a_change(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        stored, digits = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        cursor = await end_of_changes(connector)
        await world.add_phone(stored, f"+86 {digits}")
        profiles, _, _ = await read_changes(connector, cursor)
        (shown,) = [p for p in profiles if p.provenance.source_id == stored][-1:]
        assert phone(digits) in shown.identifiers

    async def test_removed_records_are_reported(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳", (digits,)))
        kept = await world.add_person(Person("李雷", (fresh_digits(),)))
        cursor = await end_of_changes(connector)
        await world.remove(stored)
        _, removed, _ = await read_changes(connector, cursor)
        assert stored in removed
        assert kept not in removed
        assert not await connector.find(phone(digits))
        with pytest.raises(NotFound):
            await connector.get(stored)

    @pytest.mark.parametrize("cursor", ["nonsense", "{}", "[1]", '{"time": "never"}', "\x00"])
    async def test_a_cursor_that_is_none_is_invalid(self, world: World, cursor: str) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.CHANGES, connector.changes("", 1)):
            return
        with pytest.raises(Invalid):
            await connector.changes(cursor, PAGE)
