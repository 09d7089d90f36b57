"""Finding and reading: people, what happened, cases, orders."""

import unicodedata
from datetime import timedelta

import pytest
from switchyard_crm.domain.customer import Interaction
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.service.connectors import (
    Capability,
    Invalid,
    NotFound,
)

from tests.contracts.crm.connector_tools import (
    INJECTIONS,
    MAX_FOUND,
    MAX_PAGES,
    NO_IDS,
    PAGE,
    STORED_FORMATS,
    email,
    ids,
    phone,
    refused,
)
from tests.contracts.crm.connector_world import Person, World, fresh_digits


class ReadingContract:
    """Mix into a test class that has a fixture `world`."""

    @pytest.mark.parametrize("written", STORED_FORMATS)
    async def test_finds_a_number_whatever_its_notation(self, world: World, written: str) -> None:
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳", (STORED_FORMATS[written](digits),)))
        await world.add_person(Person("Li Lei", (fresh_digits(),)))
        found = await (await world.connect()).find(phone(digits))
        assert ids(found) == {stored}
        assert phone(digits) in found[0].identifiers

    async def test_finds_the_same_record_by_a_second_number_and_address(self, world: World) -> None:
        first, second = fresh_digits(), fresh_digits()
        mails = (f"one{first}@example.com", f"two{first}@example.com")
        stored = await world.add_person(Person("王芳", (first, f"+86 {second}"), mails))
        connector = await world.connect()
        for asked in (phone(first), phone(second), *map(email, mails)):
            found = await connector.find(asked)
            assert ids(found) == {stored}
            assert asked in found[0].identifiers

    async def test_a_shared_number_finds_all_who_hold_it(self, world: World) -> None:
        digits = fresh_digits()
        notations = list(STORED_FORMATS.values())[:3]
        family = {
            await world.add_person(Person(name, (written(digits),)))
            for name, written in zip(("王芳", "王伟", "王小明"), notations, strict=True)
        }
        assert ids(await (await world.connect()).find(phone(digits))) == family

    async def test_finds_no_more_than_twenty(self, world: World) -> None:
        digits = fresh_digits()
        for number in range(MAX_FOUND + 2):
            await world.add_person(Person(f"Clerk {number}", (digits,)))
        assert len(await (await world.connect()).find(phone(digits))) == MAX_FOUND

    async def test_a_number_within_a_longer_one_is_another(self, world: World) -> None:
        digits = fresh_digits()
        await world.add_person(Person("Longer", (f"+1 {digits[1:]}",)))
        await world.add_person(Person("Last digits", (f"188{digits[3:]}",)))
        assert not await (await world.connect()).find(phone(digits))

    async def test_letter_case_of_an_address_does_not_count(self, world: World) -> None:
        digits = fresh_digits()
        stored = await world.add_person(
            Person("Mixed", (digits,), (f"Mixed.Case{digits}@Example.com",))
        )
        found = await (await world.connect()).find(email(f"mixed.case{digits}@example.com"))
        assert ids(found) == {stored}

    async def test_letters_of_every_script_come_through(self, world: World) -> None:
        digits = fresh_digits()
        name = f"欧阳 Zoë Иван 😀 {digits}"
        stored = await world.add_person(Person(name, (digits,)))
        connector = await world.connect()
        found = await connector.find(phone(digits))
        assert unicodedata.normalize("NFC", found[0].display_name) == name
        assert (await connector.get(stored)).display_name == found[0].display_name

    async def test_a_profile_says_where_it_is_from(self, world: World) -> None:
        digits = fresh_digits()
        stored = await world.add_person(Person("王芳", (digits,)))
        connector = await world.connect()
        provenance = (await connector.get(stored)).provenance
        assert (provenance.source, provenance.source_id) == (connector.name, stored)
        assert provenance.observed_time.utcoffset() == timedelta(0)
        assert digits not in stored

    @pytest.mark.parametrize("source_id", NO_IDS)
    async def test_what_is_no_id_is_not_found(self, world: World, source_id: str) -> None:
        connector = await world.connect()
        with pytest.raises((NotFound, Invalid)):
            await connector.get(source_id)

    @pytest.mark.parametrize("text", INJECTIONS)
    async def test_injected_text_finds_nothing(self, world: World, text: str) -> None:
        await world.add_person(Person("王芳", (fresh_digits(),), ("wang@example.com",)))
        connector = await world.connect()
        for kind in (IdentifierKind.EMAIL, IdentifierKind.HANDLE, IdentifierKind.SOURCE_RECORD):
            namespace = "" if kind is IdentifierKind.EMAIL else connector.name
            try:
                assert not await connector.find(Identifier(kind, text, namespace))
            except Invalid:
                continue  # the CRM, or the connector, says that this is no such thing
        assert all("X-Injected" not in seen.target for seen in world.proxy.seen)

    async def test_the_timeline_is_newest_first_and_paged(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.TIMELINE, connector.timeline("1", 1)):
            return
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        told = [f"Call 第{number}次" for number in range(PAGE * 2 + 1)]
        await world.add_interactions(stored, told)
        read: list[Interaction] = []
        cursor = ""
        for _ in range(MAX_PAGES):
            page = await connector.timeline(stored, PAGE, cursor)
            assert len(page.interactions) <= PAGE
            read += page.interactions
            cursor = page.cursor
            if not cursor:
                break
        assert [entry.summary for entry in read] == told[::-1]
        assert [entry.time for entry in read] == sorted((e.time for e in read), reverse=True)
        assert len({entry.id for entry in read}) == len(read)
        assert {entry.source for entry in read} == {connector.name}

    async def test_the_timeline_of_one_shows_nothing_of_another(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.TIMELINE, connector.timeline("1", 1)):
            return
        one = await world.add_person(Person("One", (fresh_digits(),)))
        other = await world.add_person(Person("Other", (fresh_digits(),)))
        await world.add_interactions(one, ["private"])
        assert (await connector.timeline(other, 10)).interactions == ()

    async def test_closed_cases_are_left_out_and_the_last_changed_is_first(
        self, world: World
    ) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.OPEN_CASES, connector.open_cases("1", 1)):
            return
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        first = await world.add_case(stored, "包裹未到", closed=False)
        await world.add_case(stored, "Solved", closed=True)
        last = await world.add_case(stored, "Wrong colour", closed=False)
        cases = await connector.open_cases(stored, 10)
        assert [case.number for case in cases] == [last, first]
        assert [case.subject for case in cases] == ["Wrong colour", "包裹未到"]
        assert [case.number for case in await connector.open_cases(stored, 1)] == [last]

    async def test_orders_come_newest_first_and_bounded(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.ORDERS, connector.orders("1", 1)):
            return
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        numbers = await world.add_orders(stored, 3)
        orders = await connector.orders(stored, 2)
        assert [order.number for order in orders] == list(numbers)[::-1][:2]
        assert {order.source for order in orders} == {connector.name}
        assert all(order.total.minor_units > 0 and order.total.currency for order in orders)
