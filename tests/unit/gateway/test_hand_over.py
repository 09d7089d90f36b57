"""From the bot to a person and back, on fakes: every way a hand-over can go."""

from collections import Counter
from dataclasses import replace

import pytest
from switchyard_common.errors import ErrorKind
from switchyard_gateway.domain.contacts import CallReport, ContactState, ContactView, LineEvent
from switchyard_gateway.domain.conversation import ConversationId, State, Wait
from switchyard_gateway.domain.errors import NotTheAgent, RouterFailed, WrongState
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.service.end_by_agent import Ending
from switchyard_gateway.service.router import ContactRequest

from tests.fakes.gateway.bot import HANDOFF
from tests.fakes.gateway.router import ANN, BOB
from tests.fakes.gateway.world import NODE, World

pytestmark = pytest.mark.unit


ASK = "a person, please"


@pytest.fixture
def world() -> World:
    return World()


def ending(chat: ConversationId, agent: str = ANN, request_id: str = "r1") -> Ending:
    return Ending(chat, agent, request_id, Notice.AGENT_ENDED, disposition="solved")


async def with_agent(world: World) -> ConversationId:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.router.assign(world.router.only().name)
    return chat


async def test_the_router_gets_all_that_the_bot_knows(world: World) -> None:
    chat = await world.chat("zh")
    await world.says(chat, "我要人工")
    (request,) = world.router.requests
    assert request.handoff == HANDOFF
    assert (request.conversation, request.queue, request.language) == (chat, "orders", "zh")
    assert request.node == NODE
    conversation = await world.conversation(chat)
    assert conversation.state is State.WAITING_FOR_AGENT
    assert conversation.contact == world.router.only().name
    assert conversation.profile.verification_level == "verified"
    assert world.seen.handovers == ["asked", "queued"]


async def test_the_place_in_the_queue_is_shown_at_once(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    assert (chat, Wait(1, 40, 90)) in world.store.whispers


async def test_the_customer_is_told_of_each_step_in_order(world: World) -> None:
    chat = await with_agent(world)
    await world.post_agent.execute(chat, "a1", "Hello, I am Ann.", ANN)
    await world.says(chat, "hi")
    await world.end.execute(ending(chat))
    await world.turns.idle()
    await world.says(chat, "thanks")
    assert await world.transcript(chat) == [
        f"CUSTOMER: {ASK}",
        "BOT: All right, I am bringing in a person.",
        "SYSTEM: looking_for_agent",
        "SYSTEM: agent_joined",
        "AGENT: Hello, I am Ann.",
        "CUSTOMER: hi",
        "SYSTEM: agent_ended",
        "BOT: This is the bot again.",
        "CUSTOMER: thanks",
        "BOT: You said: thanks",
    ]


async def test_every_message_is_counted(world: World) -> None:
    chat = await with_agent(world)
    await world.post_agent.execute(chat, "a1", "Hello, I am Ann.", ANN)
    await world.end.execute(ending(chat))
    await world.turns.idle()
    assert world.seen.messages == Counter(CUSTOMER=1, BOT=2, SYSTEM=3, AGENT=1)


async def test_the_bot_is_silent_from_hand_over_to_hand_back(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK, "are you there?")
    await world.router.assign(world.router.only().name)
    await world.says(chat, "still with the agent")
    assert [question.text for question in world.bot.asked] == [ASK]
    await world.end.execute(ending(chat))
    await world.says(chat, "bot?")
    assert [question.text for question in world.bot.asked] == [ASK, "bot?"]
    assert world.bot.woken == [chat]


async def test_customer_and_agent_are_reported_as_joined(world: World) -> None:
    await with_agent(world)
    contact = world.router.only()
    assert contact.state is ContactState.CONNECTED
    assert world.router.reports == [
        CallReport(contact.name, LineEvent.BRIDGED, contact.offer, ANN, contact.fence)
    ]


async def test_an_agent_who_accepts_faster_than_the_answer_comes_is_not_missed(
    world: World,
) -> None:
    chat = await world.chat()
    world.router.after_create = world.router.assign
    await world.says(chat, ASK)
    conversation = await world.conversation(chat)
    assert (conversation.state, conversation.agent) == (State.WITH_AGENT, ANN)
    assert world.router.only().state is ContactState.CONNECTED


async def test_repeated_news_change_nothing(world: World) -> None:
    chat = await with_agent(world)
    before = await world.conversation(chat)
    for _ in range(3):
        await world.follow.execute(world.router.only())
    assert await world.conversation(chat) == before
    assert len(world.router.reports) == 1


async def test_a_lost_report_is_repeated_when_the_router_still_waits_for_it(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    world.router.down = True
    await world.router.assign(world.router.only().name)
    assert world.router.only().state is ContactState.ASSIGNED
    world.router.down = False
    await world.follow.execute(world.router.only())
    assert world.router.only().state is ContactState.CONNECTED


async def test_without_a_router_the_customer_stays_with_the_bot_and_may_retry(
    world: World,
) -> None:
    chat = await world.chat()
    world.router.down = True
    await world.says(chat, ASK)
    conversation = await world.conversation(chat)
    assert (conversation.state, conversation.contact) == (State.WITH_BOT, "")
    assert (await world.transcript(chat))[-2:] == [
        "SYSTEM: router_down",
        "BOT: This is the bot again.",
    ]
    assert world.seen.handovers == ["asked", "router_down"]
    await world.says(chat, "well then")
    assert (await world.transcript(chat))[-1] == "BOT: You said: well then"
    world.router.down = False
    await world.says(chat, ASK)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT


async def test_a_customer_waits_while_the_routers_store_changes_over(world: World) -> None:
    """It takes some seconds, and each try of a router without a store takes two."""
    chat, tries = await world.chat(), 0
    create = world.router.create_contact

    async def changes_over(request: ContactRequest) -> ContactView:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise RouterFailed(ErrorKind.UNAVAILABLE, "STATE_STORE_DOWN", 1.0)
        return await create(request)

    began = world.clock.monotonic()
    world.router.create_contact = changes_over  # type: ignore[method-assign]
    await world.says(chat, ASK)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    assert "SYSTEM: router_down" not in await world.transcript(chat)
    assert world.clock.monotonic() - began >= 6


@pytest.mark.parametrize(
    ("reason", "notice"),
    [
        ("QUEUE_FULL", "queue_full"),
        ("QUEUE_CLOSED", "queue_closed"),
        ("SOMETHING_ELSE", "router_down"),
    ],
)
async def test_a_refusal_is_explained(world: World, reason: str, notice: str) -> None:
    chat = await world.chat()
    world.router.refusal = reason
    await world.says(chat, ASK)
    assert f"SYSTEM: {notice}" in await world.transcript(chat)
    assert (await world.conversation(chat)).state is State.WITH_BOT


async def test_going_back_to_the_bot_gives_up_the_place(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.leave.execute(chat)
    await world.turns.idle()
    assert world.router.only().state is ContactState.ABANDONED
    assert (await world.conversation(chat)).state is State.WITH_BOT
    assert "SYSTEM: left_queue" in await world.transcript(chat)
    assert await world.store.tracked(NODE) == ()


async def test_a_customer_who_leaves_while_the_contact_is_made_leaves_no_contact_behind(
    world: World,
) -> None:
    chat = await world.chat()

    async def leave(_: str) -> None:
        await world.leave.execute(chat)

    world.router.after_create = leave
    await world.says(chat, ASK)
    assert (await world.conversation(chat)).state is State.WITH_BOT
    assert world.router.only().state is ContactState.ABANDONED


async def test_a_contact_nobody_waits_for_is_hung_up(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.leave.execute(chat)
    name = world.router.only().name
    await world.router.move(name, ContactState.QUEUED)  # as if the hang-up had been lost
    assert world.router.only().state is ContactState.ABANDONED


@pytest.mark.parametrize(
    ("state", "notice"),
    [
        (ContactState.EXPIRED, "nobody_answered"),
        (ContactState.CANCELLED, "contact_lost"),
        (ContactState.ABANDONED, "left_queue"),
    ],
)
async def test_an_end_without_an_agent_is_explained(
    world: World, state: ContactState, notice: str
) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.router.move(world.router.only().name, state)
    await world.turns.idle()
    assert (await world.conversation(chat)).state is State.WITH_BOT
    assert f"SYSTEM: {notice}" in await world.transcript(chat)


async def test_when_the_agent_is_lost_the_customer_waits_for_another(world: World) -> None:
    chat = await with_agent(world)
    name = world.router.only().name
    await world.router.move(name, ContactState.QUEUED)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    await world.router.assign(name, BOB)
    conversation = await world.conversation(chat)
    assert (conversation.state, conversation.agent) == (State.WITH_AGENT, BOB)
    assert (await world.transcript(chat))[-2:] == ["SYSTEM: agent_lost", "SYSTEM: agent_joined"]


async def test_old_news_that_come_late_change_nothing(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    queued = world.router.only()
    await world.router.assign(queued.name)
    offered = replace(world.router.only(), state=ContactState.OFFERING)
    assigned = world.router.only()
    for stale in (queued, offered):
        await world.follow.execute(stale)
        assert (await world.conversation(chat)).state is State.WITH_AGENT
    await world.router.move(queued.name, ContactState.QUEUED)
    for stale in (assigned, queued, offered):
        await world.follow.execute(stale)
        assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    await world.router.assign(queued.name, ANN)
    assert (await world.conversation(chat)).agent == ANN
    lines = await world.transcript(chat)
    assert lines[3:] == ["SYSTEM: agent_joined", "SYSTEM: agent_lost", "SYSTEM: agent_joined"]


async def test_only_the_assigned_agent_ends_the_conversation(world: World) -> None:
    chat = await with_agent(world)
    with pytest.raises(NotTheAgent):
        await world.end.execute(ending(chat, BOB))
    assert world.router.only().state is ContactState.CONNECTED


async def test_ending_is_repeatable(world: World) -> None:
    chat = await with_agent(world)
    first = await world.end.execute(ending(chat))
    again = await world.end.execute(ending(chat))
    assert first.state is again.state is State.WITH_BOT
    assert world.router.dispositions == {world.router.only().name: "solved"}
    with pytest.raises(WrongState):
        await world.end.execute(ending(chat, request_id="r2"))


async def test_an_end_that_the_router_does_not_hear_is_refused(world: World) -> None:
    chat = await with_agent(world)
    world.router.down = True
    with pytest.raises(RouterFailed):
        await world.end.execute(ending(chat))
    assert (await world.conversation(chat)).state is State.WITH_AGENT


async def test_a_note_of_the_agent_is_kept(world: World) -> None:
    chat = await with_agent(world)
    await world.end.execute(
        Ending(chat, ANN, "r1", Notice.HANDED_BACK, "handed_back", "wants a refund")
    )
    assert (await world.conversation(chat)).profile.note == "wants a refund"
    assert "SYSTEM: handed_back" in await world.transcript(chat)


async def test_the_page_can_ask_for_a_person_while_the_bot_is_dead(world: World) -> None:
    chat = await world.chat()
    world.bot.failure = "unreachable"
    await world.says(chat, "hello?")
    await world.ask_for_person.execute(chat)
    await world.ask_for_person.execute(chat)
    assert len(world.router.requests) == 1
    assert world.router.requests[0].queue == "general"
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT


async def test_closing_the_chat_ends_the_contact(world: World) -> None:
    chat = await with_agent(world)
    await world.leave.execute(chat, for_good=True)
    assert (await world.conversation(chat)).state is State.CLOSED
    assert world.router.only().state is ContactState.WRAP_UP
    with pytest.raises(WrongState):
        await world.says(chat, "hello?")
