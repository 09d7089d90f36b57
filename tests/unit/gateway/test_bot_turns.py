"""What the bot is told and what is made of its answers: events, choices, files, surveys, faults."""

from dataclasses import replace

import pytest
from switchyard_common.bot_events import Event, TurnFacts
from switchyard_gateway.domain.contacts import ContactState
from switchyard_gateway.domain.conversation import (
    Attachment,
    ConversationId,
    Happening,
    Identifier,
    State,
)
from switchyard_gateway.domain.handoff import Handoff
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.service.bot import Reply, Said
from switchyard_gateway.service.end_by_agent import Ending
from switchyard_gateway.service.open_conversation import OpenChat, OpenForChannel

from tests.fakes.gateway.bot import HANDOFF, says
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit


ASK = "a person, please"


TWO = "\uff12"


DONE = TurnFacts("order_status", 0.9, "verified", "order_status", "done", "answered", 0.2)


@pytest.fixture
def world() -> World:
    return World()


def told(world: World, kind: str) -> list[Event]:
    return [event for event in world.store.events if event.type == kind]


async def finished(world: World, chat: ConversationId) -> None:
    """The customer goes through a flow."""
    world.bot.script["my order"] = replace(
        says("Here."), facts=replace(DONE, finished=(DONE.flow,))
    )
    await world.says(chat, "my order")


async def test_the_bot_may_say_the_first_word(world: World) -> None:
    opened = await OpenChat(world.store, world.new_id, world.bell, greets=True).execute("en")
    await world.turns.idle()
    assert await world.transcript(opened.conversation.id) == ["BOT: Hello, I am the bot."]
    assert world.bot.events[0].what is Happening.GREET


async def test_the_bot_learns_who_writes_and_how(world: World) -> None:
    known = (Identifier("handle", "o-1", "wx", proven=True),)
    chat = await OpenForChannel(world.store).execute("wechat", "zh", "r1", known)
    await world.says(chat.id, "hello")
    (asked,) = world.bot.asked
    assert (asked.channel, asked.language, asked.identifiers) == ("wechat", "zh", known)


async def test_choices_are_shown_and_picked_by_number_where_there_is_only_text(
    world: World,
) -> None:
    world.bot.script["help"] = Reply((Said("Which?", ("My order", "My bill")),))
    texter = await OpenForChannel(world.store).execute("webhook", "en", "r1")
    chat = await world.chat()
    for each in (texter.id, chat):
        for text in ("help", TWO, "thanks", "2"):
            await world.says(each, text)
    shown = (await world.store.messages(chat))[1]
    assert shown.choices == ("My order", "My bill")
    texts = [(q.conversation, q.text) for q in world.bot.asked]
    assert [text for each, text in texts if each == texter.id] == [
        "help",
        "My bill",
        "thanks",
        "2",
    ], "once, and only while they are the last that was shown"
    assert [text for each, text in texts if each == chat] == ["help", TWO, "thanks", "2"]


async def test_the_bot_is_told_of_files(world: World) -> None:
    chat = await world.chat()
    photo = Attachment("f1", "photo.jpg", "image/jpeg", 2048)
    await world.post.execute(chat, "m1", "", (photo,))
    await world.turns.idle()
    (event,) = world.bot.events
    assert event.what is Happening.FILE
    assert event.facts == {
        "file": {"id": "f1", "name": "photo.jpg", "type": "image/jpeg", "size": 2048}
    }
    assert (await world.transcript(chat))[-1] == "BOT: Thank you for the file."


async def test_the_bot_gets_the_agents_note(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.router.assign(world.router.only().name)
    back = Ending(chat, ANN, "r1", Notice.HANDED_BACK, note="refund is on its way")
    await world.end.execute(back)
    await world.turns.idle()
    (event,) = world.bot.events
    assert event.what is Happening.HAND_BACK
    assert event.facts == {"after": "handed_back", "agent": "ann", "note": "refund is on its way"}


@pytest.mark.parametrize("reason", ["queue_full", "queue_closed", "router_down"])
async def test_the_bot_learns_that_nobody_can_take_over(world: World, reason: str) -> None:
    chat = await world.chat()
    world.router.refusal = reason.upper()
    await world.says(chat, ASK)
    (event,) = world.bot.events
    assert (event.what, event.facts) == (Happening.HAND_OVER_FAILED, {"reason": reason})
    await world.says(chat, "so?")
    assert (await world.transcript(chat))[-1] == "BOT: You said: so?"


async def test_a_button_for_a_person_brings_what_the_bot_knows(world: World) -> None:
    chat = await world.chat("zh")
    await world.ask_for_person.execute(chat)
    (request,) = world.router.requests
    assert request.handoff == HANDOFF
    assert [line for line in await world.transcript(chat) if line.startswith("CUSTOMER")] == []


@pytest.mark.parametrize("cause", ["unreachable", "timeout", "bad_answer"])
async def test_a_bot_that_is_away_keeps_nobody_from_a_person(world: World, cause: str) -> None:
    chat = await world.chat()
    await finished(world, chat)
    world.bot.failure = cause
    await world.ask_for_person.execute(chat)
    (request,) = world.router.requests
    assert (request.handoff.intent, request.handoff.verification_level) == (
        "order_status",
        "verified",
    )
    assert request.handoff.summary
    assert world.router.only().state is ContactState.QUEUED


async def test_a_bot_that_restarts_is_waited_for_and_the_customer_told(world: World) -> None:
    chat = await world.chat()
    world.bot.failure = "unreachable"
    began = world.clock.monotonic()
    sleep = world.sleep

    async def come_back(seconds: float) -> None:
        await sleep(seconds)
        if world.clock.monotonic() - began > 20:
            world.bot.failure = ""

    world.patient_bot._sleep = come_back
    await world.says(chat, "hello")
    assert await world.transcript(chat) == [
        "CUSTOMER: hello",
        "SYSTEM: bot_returns",
        "BOT: You said: hello",
    ]
    assert {question.message_id for question in world.bot.asked} == {world.bot.asked[0].message_id}
    assert world.seen.turns == ["answered"]
    assert set(world.seen.bot_retries) == {"unreachable"}


async def test_a_bot_that_stays_away_is_not_waited_for_by_everybody(world: World) -> None:
    chat = await world.chat()
    world.bot.failure = "unreachable"
    await world.says(chat, "first")
    waited = world.clock.monotonic()
    await world.says(chat, "second")
    assert world.clock.monotonic() == waited
    assert (await world.transcript(chat))[-1] == "SYSTEM: bot_failed"
    world.clock.advance(3600)  # and nobody asked meanwhile: this is another time
    began = world.clock.monotonic()
    await world.says(chat, "third")
    assert world.clock.monotonic() - began > 30
    world.bot.failure = ""
    await world.says(chat, "fourth")
    assert (await world.transcript(chat))[-1] == "BOT: You said: fourth"


async def test_a_bot_that_cannot_take_a_message_is_not_asked_for_ever(world: World) -> None:
    chat = await world.chat()
    world.bot.failure = "unavailable"
    began = world.clock.monotonic()
    await world.says(chat, "hello")
    assert (await world.transcript(chat))[-1] == "SYSTEM: bot_failed"
    assert 5 < world.clock.monotonic() - began < 20


async def test_an_answer_waits_for_a_store_that_is_away(world: World) -> None:
    chat = await world.chat()
    answer, sleep = world.bot.reply, world.sleep

    async def lose_the_store(question: object) -> Reply:
        world.store.down = True
        return await answer(question)  # type: ignore[arg-type]

    async def find_it(seconds: float) -> None:
        await sleep(seconds)
        world.store.down = False

    world.bot.reply = lose_the_store  # type: ignore[method-assign]
    world.answer._sleep = find_it
    await world.says(chat, "hello")
    assert await world.transcript(chat) == ["CUSTOMER: hello", "BOT: You said: hello"]
    assert len(world.bot.asked) == 1


async def test_a_bot_that_fails_is_a_turn_as_well(world: World) -> None:
    chat = await world.chat()
    world.bot.failure = "bad_answer"
    await world.says(chat, "hello")
    assert told(world, "bot.turn")[0].data["outcome"] == "error"


async def test_who_is_queued_anew_was_handed_over_once(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    forgotten = frozenset(world.router.contacts)
    world.router.contacts.clear()
    await world.reconcile.execute(forgotten)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    assert len(told(world, "bot.handed_over")) == 1


async def asked(world: World) -> ConversationId:
    """The bot waits for an answer."""
    chat = await world.chat()
    waiting = replace(DONE, step="ask.order_number")
    world.bot.script["order?"] = replace(says("Which one?"), facts=waiting)
    await world.says(chat, "order?")
    return chat


async def later(world: World, seconds: float) -> None:
    world.clock.advance(seconds)
    await world.quiet.sweep()
    await world.turns.idle()


async def test_who_does_not_answer_is_asked_twice_and_then_let_go(world: World) -> None:
    chat = await asked(world)
    for _ in range(32):
        await later(world, 60)
    assert [event.facts["last"] for event in world.bot.events] == [False, False, True]
    assert (await world.conversation(chat)).state is State.CLOSED
    assert (await world.transcript(chat))[-1] == "SYSTEM: closed_idle"
    assert world.seen.ends == [("left", "chat")]
    await later(world, 3600)
    assert world.seen.open == 0


async def test_who_answers_is_reminded_anew(world: World) -> None:
    chat = await asked(world)
    await later(world, 100)
    await world.says(chat, "order?")
    await later(world, 100)
    assert len(world.bot.events) == 2
    assert world.seen.open == 1


async def test_who_was_asked_nothing_is_not_reminded(world: World) -> None:
    chat = await world.chat()
    await finished(world, chat)
    await world.says(chat, "hello")
    await later(world, 1000)
    assert world.bot.events == []
    assert (await world.conversation(chat)).state is State.WITH_BOT


async def test_who_waits_for_a_person_or_talks_to_one_is_left_alone(world: World) -> None:
    chat = await asked(world)
    await world.says(chat, ASK)
    for _ in range(3):
        await later(world, 1800)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    await world.router.assign(world.router.only().name)
    for _ in range(3):
        await later(world, 1800)
    assert (await world.conversation(chat)).state is State.WITH_AGENT


async def test_turns_that_a_dead_process_left_are_taken_up(world: World) -> None:
    chat = await world.chat()
    world.bell._listeners.clear()  # this process does not hear of the message
    await world.says(chat, "hello?")
    world.bell.listen(world.turns.kick)
    await later(world, 91)
    assert (await world.transcript(chat))[-1] == "BOT: You said: hello?"


async def test_a_hand_over_goes_on_though_the_stores_answer_was_lost(world: World) -> None:
    chat = await world.chat()
    finish = world.store.finish

    async def forgetful(turn: object, step: object) -> None:
        await finish(turn, step)  # type: ignore[arg-type]

    world.store.finish = forgetful  # type: ignore[method-assign]
    await world.says(chat, ASK)
    assert (await world.conversation(chat)).contact == world.router.only().name


async def test_the_router_gets_priority_and_the_customers_address(world: World) -> None:
    known = (Identifier("phone", "+8613800138000", proven=True),)
    chat = await OpenForChannel(world.store).execute("webhook", "en", "r1", known)
    urgent = Handoff("complaint", priority=5, sentiment=-0.9)
    world.bot.script["terrible"] = replace(says("Sorry."), handoff=urgent)
    await world.says(chat.id, "terrible")
    (request,) = world.router.requests
    assert (request.handoff, request.caller, request.channel) == (
        urgent,
        "+8613800138000",
        "webhook",
    )
    assert world.seen.reasons == ["complaint"]
