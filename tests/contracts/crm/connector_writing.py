"""Writing once per key, whatever breaks in between; erasing."""

import asyncio
import contextlib
from collections.abc import Awaitable

import pytest
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Invalid,
    NewCase,
    NotFound,
    Unavailable,
)

from tests.contracts.crm.connector_tools import (
    NOTE,
    email,
    phone,
    refused,
)
from tests.contracts.crm.connector_world import Person, World, fresh_digits


class WritingContract:
    """Mix into a test class that has a fixture `world`."""

    async def test_the_same_key_makes_one_interaction(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        first = await connector.log_interaction(key, stored, NOTE)
        assert await (await world.connect()).log_interaction(key, stored, NOTE) == first
        assert await world.count_interactions(stored) == 1
        assert await connector.log_interaction(f"{key}-2", stored, NOTE) != first
        assert await world.count_interactions(stored) == 2

    async def test_keys_that_begin_alike_are_different(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        await connector.log_interaction(f"{key}_1", stored, NOTE)
        await connector.log_interaction(f"{key}%1", stored, NOTE)
        await connector.log_interaction(f"{key}_12", stored, NOTE)
        assert await world.count_interactions(stored) == 3

    async def test_a_logged_interaction_reads_back(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored = await world.add_person(Person("王芳", (fresh_digits(),)))
        await connector.log_interaction(fresh_digits(), stored, NOTE)
        if Capability.TIMELINE in connector.capabilities:
            (read,) = (await connector.timeline(stored, 10)).interactions
            assert NOTE.summary in read.summary

    async def test_a_lost_answer_makes_no_second_interaction(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        world.proxy.lose_answers(world.writes)
        with pytest.raises(Unavailable):
            await connector.log_interaction(key, stored, NOTE)
        world.proxy.heal()
        assert await world.count_interactions(stored) == 1
        await (await world.connect()).log_interaction(key, stored, NOTE)
        assert await world.count_interactions(stored) == 1

    async def test_a_crash_after_the_remote_write_makes_no_second_interaction(
        self, world: World
    ) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        await self._crash(world, connector.log_interaction(key, stored, NOTE))
        assert await world.count_interactions(stored) == 1
        await (await world.connect()).log_interaction(key, stored, NOTE)
        assert await world.count_interactions(stored) == 1

    async def test_the_same_key_at_the_same_time_makes_one_interaction(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "1", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        calls = (connector.log_interaction(key, stored, NOTE) for _ in range(3))
        made = await asyncio.gather(*calls, return_exceptions=True)
        assert {id_ for id_ in made if isinstance(id_, str)} != set()
        again = await connector.log_interaction(key, stored, NOTE)
        assert {id_ for id_ in made if isinstance(id_, str)} == {again}
        assert await world.count_interactions(stored) == 1

    async def test_noting_for_nobody_is_not_found(self, world: World) -> None:
        connector = await world.connect()
        logging_it = connector.log_interaction("k", "999999999", NOTE)
        if await refused(connector, Capability.LOG_INTERACTION, logging_it):
            return
        with pytest.raises((NotFound, Invalid)):
            await connector.log_interaction(fresh_digits(), "999999999", NOTE)

    async def test_the_same_key_makes_one_case(self, world: World) -> None:
        connector = await world.connect()
        opening = connector.create_case("k", "1", NewCase("s"))
        if await refused(connector, Capability.CREATE_CASE, opening):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        case = NewCase("包裹未到 'x'", "She waits since Monday.", "high")
        first = await connector.create_case(key, stored, case)
        assert first.subject == case.subject
        assert first.priority == case.priority
        again = await (await world.connect()).create_case(key, stored, case)
        assert again.number == first.number
        assert await world.count_cases(stored) == 1
        assert [one.number for one in await connector.open_cases(stored, 10)] == [first.number]

    async def test_a_crash_after_the_remote_write_makes_no_second_case(self, world: World) -> None:
        connector = await world.connect()
        opening = connector.create_case("k", "1", NewCase("s"))
        if await refused(connector, Capability.CREATE_CASE, opening):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        await self._crash(world, connector.create_case(key, stored, NewCase("Lost")))
        assert await world.count_cases(stored) == 1
        world.proxy.lose_answers(world.writes)
        with contextlib.suppress(Unavailable):
            await connector.create_case(key, stored, NewCase("Lost"))
        world.proxy.heal()
        await (await world.connect()).create_case(key, stored, NewCase("Lost"))
        assert await world.count_cases(stored) == 1

    async def test_a_case_is_changed_once_per_key(self, world: World) -> None:
        connector = await world.connect()
        change = CaseChange("closed", "She has it now: 收到了")
        if await refused(
            connector, Capability.UPDATE_CASE, connector.update_case("k", "1", change)
        ):
            return
        stored, key = await world.add_person(Person("王芳", (fresh_digits(),))), fresh_digits()
        number = await world.add_case(stored, "包裹未到", closed=False)
        for _ in range(2):
            case = await (await world.connect()).update_case(key, number, change)
            assert (case.number, case.state) == (number, "closed")
        assert await world.case_comments(number) == 1
        assert not await connector.open_cases(stored, 10)
        with pytest.raises((NotFound, Invalid)):
            await connector.update_case(key, "999999999", change)

    async def test_erasing_leaves_nothing_and_may_be_repeated(self, world: World) -> None:
        connector = await world.connect()
        if await refused(connector, Capability.ERASE, connector.erase("1")):
            return
        digits = fresh_digits()
        name, address = f"Erased {digits}", f"e{digits}@example.com"
        stored = await world.add_person(Person(name, (digits,), (address,)))
        kept = await world.add_person(Person("Kept", (f"+86 {fresh_digits()}",)))
        if Capability.LOG_INTERACTION in connector.capabilities:
            await connector.log_interaction(fresh_digits(), stored, NOTE)
        for _ in range(2):
            await connector.erase(stored)
        assert not await connector.find(phone(digits))
        assert not await connector.find(email(address))
        with contextlib.suppress(NotFound):
            left = await connector.get(stored)
            assert (left.display_name, left.identifiers) == ("", ())
        with contextlib.suppress(NotFound):
            if Capability.TIMELINE in connector.capabilities:
                assert (await connector.timeline(stored, 10)).interactions == ()
        assert (await connector.get(kept)).display_name == "Kept"

    @staticmethod
    async def _crash(world: World, call: Awaitable[object]) -> None:
        """Let a call reach the CRM, and end it before it hears of that."""
        world.proxy.hold_answers(world.writes)
        task = asyncio.ensure_future(call)
        async with asyncio.timeout(60):
            waiting = asyncio.ensure_future(world.proxy.held.wait())
            await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        assert not task.done(), "the call ended before anything was written"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        world.proxy.heal()
        await world.proxy.none_open()
