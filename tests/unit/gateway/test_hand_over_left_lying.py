"""Hand-overs whose customer went away, or whose process did not see the end."""

import asyncio

import pytest
from switchyard_gateway.domain.contacts import ContactState
from switchyard_gateway.domain.conversation import ConversationId, State
from switchyard_gateway.domain.errors import StoreDown

from tests.fakes.gateway.world import NODE, World

pytestmark = pytest.mark.unit


ASK = "a person, please"


@pytest.fixture
def world() -> World:
    return World()


async def with_agent(world: World) -> ConversationId:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.router.assign(world.router.only().name)
    return chat


class TestAbsence:
    async def test_who_closes_the_page_while_waiting_leaves_the_queue(self, world: World) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        world.absence.went(chat)
        await world_settles()
        assert world.clock.monotonic() >= 60
        assert world.router.only().state is ContactState.ABANDONED
        assert (await world.conversation(chat)).state is State.WITH_BOT

    async def test_who_comes_back_in_time_keeps_the_place(self, world: World) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        world.absence.went(chat)
        world.absence.came(chat)
        await world_settles()
        assert world.router.only().state is ContactState.QUEUED

    async def test_a_second_page_keeps_the_place(self, world: World) -> None:
        chat = await world.chat()
        world.absence.came(chat)
        await world.says(chat, ASK)
        world.absence.went(chat)
        await world_settles()
        assert world.router.only().state is ContactState.QUEUED

    async def test_who_was_gone_before_the_contact_was_made_does_not_wait_for_ever(
        self, world: World
    ) -> None:
        chat = await world.chat()
        world.absence.went(chat)
        await world_settles()
        await world.says(chat, ASK)
        await world_settles()
        assert world.router.only().state is ContactState.ABANDONED

    async def test_agents_wait_longer_for_who_closed_the_page(self, world: World) -> None:
        chat = await with_agent(world)
        world.absence.went(chat)
        await world_settles()
        assert world.clock.monotonic() >= 300
        assert world.router.only().state is ContactState.WRAP_UP


class TestReconciliation:
    async def test_names_the_contacts_it_holds_and_forgets_the_others(self, world: World) -> None:
        waiting, over = await world.chat(), await world.chat()
        await world.says(waiting, ASK)
        await world.says(over, ASK)
        await world.store.track(NODE, ConversationId("long-gone"))
        (first, second) = world.router.contacts
        await world.router.move(second, ContactState.EXPIRED)
        assert await world.reconcile.live_contacts() == (first,)
        assert await world.store.tracked(NODE) == (waiting,)

    async def test_news_that_were_missed_are_made_up_for(self, world: World) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        world.router.listeners.clear()
        await world.router.assign(world.router.only().name)
        await world.reconcile.execute(frozenset())
        assert (await world.conversation(chat)).state is State.WITH_AGENT
        assert world.router.only().state is ContactState.CONNECTED

    async def test_who_waits_is_queued_anew_with_the_time_waited(self, world: World) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        old = world.router.only().name
        world.clock.advance(90)
        del world.router.contacts[old]
        await world.reconcile.execute(frozenset({old}))
        assert world.router.requests[1].waited_seconds == 90
        conversation = await world.conversation(chat)
        assert conversation.state is State.WAITING_FOR_AGENT
        assert conversation.contact == world.router.only().name
        assert world.seen.handovers[-2:] == ["queued_anew", "queued"]

    @pytest.mark.parametrize(
        ("state", "then"),
        [
            (ContactState.CANCELLED, State.WAITING_FOR_AGENT),  # this node was thought lost
            (ContactState.EXPIRED, State.WITH_BOT),
        ],
    )
    async def test_an_end_of_the_wait_that_was_missed_is_told_as_what_it_was(
        self, world: World, state: ContactState, then: State
    ) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        contact = world.router.only().name
        world.router.listeners.clear()
        await world.router.move(contact, state)
        await world.reconcile.execute(frozenset({contact}))
        assert (await world.conversation(chat)).state is then

    async def test_who_was_with_an_agent_goes_back_to_the_bot(self, world: World) -> None:
        chat = await with_agent(world)
        contact = world.router.only().name
        del world.router.contacts[contact]
        await world.reconcile.execute(frozenset({contact}))
        assert (await world.conversation(chat)).state is State.WITH_BOT
        assert "SYSTEM: contact_lost" in await world.transcript(chat)

    async def test_an_end_that_was_missed_is_told_as_what_it_was(self, world: World) -> None:
        chat = await with_agent(world)
        contact = world.router.only().name
        world.router.listeners.clear()
        await world.router.move(contact, ContactState.COMPLETED)
        await world.reconcile.execute(frozenset({contact}))
        assert "SYSTEM: agent_ended" in await world.transcript(chat)

    async def test_a_hand_over_cut_short_by_the_store_is_taken_up(self, world: World) -> None:
        chat = await world.chat()

        async def store_fails(_: str) -> None:
            world.store.down = True

        world.router.after_create = store_fails
        await world.post.execute(chat, "m1", ASK)
        await world_settles()
        world.store.down = False
        await world.turns.idle()
        assert (await world.conversation(chat)).contact == ""
        await world.reconcile.sweep()
        assert (await world.conversation(chat)).contact == world.router.only().name

    async def test_who_leaves_while_the_store_fails_leaves_the_queue_too(
        self, world: World
    ) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        world.store.loses_answer = True
        with pytest.raises(StoreDown):
            await world.leave.execute(chat)
        assert world.router.only().state is ContactState.QUEUED
        world.store.down = False
        await world.reconcile.sweep()
        assert world.router.only().state is ContactState.ABANDONED
        assert await world.store.tracked(NODE) == ()

    async def test_a_store_that_fails_after_the_customer_left_keeps_nothing_from_anybody(
        self, world: World
    ) -> None:
        chat = await world.chat()
        await world.says(chat, ASK)
        rung: list[str] = []
        world.bell.listen(rung.append)
        world.store.down_after_commit = True
        with pytest.raises(StoreDown):
            await world.leave.execute(chat)
        assert world.router.only().state is ContactState.ABANDONED
        assert rung == [chat]


async def world_settles() -> None:
    """Let everything that runs in the background come to rest."""
    for _ in range(50):
        await asyncio.sleep(0)
