"""Waiting for a person: place in words, a call back that keeps the place, back to the bot."""

import pytest
from switchyard_common.telephone import e164
from switchyard_gateway.domain.contacts import ContactState
from switchyard_gateway.domain.conversation import ConversationId, Identifier, State, Wait
from switchyard_gateway.domain.errors import BadNumber, CallbackFailed, WrongState
from switchyard_gateway.domain.waiting import Wish, menu, wish_of
from switchyard_gateway.service.open_conversation import OpenForChannel

from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit

ASK = "a person, please"
NUMBER = "138 0013 8000"


@pytest.fixture
def world() -> World:
    return World()


async def waiting(world: World, language: str = "en") -> ConversationId:
    chat = await world.chat(language)
    await world.says(chat, "我要人工" if language == "zh" else ASK)
    return chat


async def texting(world: World, *identifiers: Identifier) -> ConversationId:
    """A customer of a channel that shows nothing but text."""
    opened = await OpenForChannel(world.store).execute("webhook", "en", "r1", identifiers)
    await world.says(opened.id, ASK)
    return opened.id


async def notices(world: World, chat: ConversationId) -> list[str]:
    lines = await world.transcript(chat)
    return [line.removeprefix("SYSTEM: ") for line in lines if line.startswith("SYSTEM")]


async def test_a_call_back_takes_the_place_of_the_chat(world: World) -> None:
    chat = await waiting(world)
    world.clock.advance(40)
    await world.callback.execute(chat, NUMBER)
    await world.turns.idle()
    (call,) = world.router.callbacks.values()
    assert (call.number, call.contact.node) == ("+8613800138000", "phone-1")
    assert (call.contact.queue, call.contact.waited_seconds) == ("orders", 40)
    assert call.instead_of == world.router.only().name
    assert world.router.only().state is ContactState.CANCELLED
    assert (await world.conversation(chat)).state is State.WITH_BOT
    assert "callback_booked" in await notices(world, chat)
    assert await world.store.tracked("n1") == ()


async def test_an_agent_who_is_faster_leaves_no_call_behind(world: World) -> None:
    chat = await waiting(world)

    async def accept(_: str) -> None:
        await world.router.assign(world.router.only().name)

    world.router.after_callback = accept
    await world.callback.execute(chat, NUMBER)
    assert (await world.conversation(chat)).state is State.WITH_AGENT
    assert world.router.callbacks == {}


@pytest.mark.parametrize("number", ["", "12", "110", "4008001234", "my number", "1" * 60])
async def test_what_cannot_be_called_is_refused_and_the_place_kept(
    world: World, number: str
) -> None:
    chat = await waiting(world)
    with pytest.raises(BadNumber):
        await world.callback.execute(chat, number)
    assert world.router.only().state is ContactState.QUEUED


async def test_a_router_that_takes_no_call_leaves_the_customer_waiting(world: World) -> None:
    chat = await waiting(world)
    world.router.refusal = "QUEUE_FULL"
    with pytest.raises(CallbackFailed):
        await world.callback.execute(chat, NUMBER)
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT
    assert world.router.only().state is ContactState.QUEUED


async def test_who_does_not_wait_books_no_call(world: World) -> None:
    chat = await world.chat()
    with pytest.raises(WrongState):
        await world.callback.execute(chat, NUMBER)
    assert world.router.callbacks == {}


@pytest.mark.parametrize("word", ["2", "Call me back!", "回电", "２"])
async def test_a_call_back_by_words_asks_for_the_number(world: World, word: str) -> None:
    chat = await texting(world)
    await world.says(chat, word)
    assert (await notices(world, chat))[-1] == "callback_number"
    await world.says(chat, "110110110")
    assert (await notices(world, chat))[-1] == "callback_bad_number"
    await world.says(chat, NUMBER)
    assert "callback_booked" in await notices(world, chat)
    assert [call.number for call in world.router.callbacks.values()] == ["+8613800138000"]


async def test_a_known_number_is_not_asked_for(world: World) -> None:
    chat = await texting(world, Identifier("phone", "+8613800138000", proven=True))
    await world.says(chat, "2")
    assert "callback_number" not in await notices(world, chat)
    assert len(world.router.callbacks) == 1


async def test_numbers_meant_for_the_agent_are_left_alone(world: World) -> None:
    chat = await texting(world)
    await world.says(chat, NUMBER)
    assert world.router.callbacks == {}
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT


async def test_one_word_keeps_waiting_another_goes_back(world: World) -> None:
    chat = await texting(world)
    await world.says(chat, "1")
    assert (await notices(world, chat))[-1] == "still_waiting"
    assert world.router.only().state is ContactState.QUEUED
    await world.says(chat, "3")
    assert world.router.only().state is ContactState.ABANDONED
    assert (await world.conversation(chat)).state is State.WITH_BOT


async def test_only_channels_without_a_page_are_told_in_words(world: World) -> None:
    chat = await waiting(world)
    assert "waiting_menu" not in await notices(world, chat)
    texter = await texting(world)
    assert (await notices(world, texter)).count("waiting_menu") == 1


async def test_the_ways_on_are_told_though_nobody_knows_the_place(world: World) -> None:
    async def unknown(contact: str) -> None:
        return None

    world.router.estimate_wait = unknown  # type: ignore[method-assign]
    texter = await texting(world)
    (menu_text,) = [m.text for m in await world.store.messages(texter) if "1 –" in m.text]
    assert "number" not in menu_text
    await world.follow.execute(world.router.only(), Wait(4))
    world.clock.advance(61)
    await world.follow.execute(world.router.only(), Wait(4))
    assert (await notices(world, texter)).count("waiting_menu") == 2


async def test_the_place_is_told_again_when_it_changes_but_not_all_the_time(world: World) -> None:
    texter = await texting(world)
    contact = world.router.only()
    for place, after_seconds in ((1, 61), (2, 1), (3, 1), (4, 61)):
        world.clock.advance(after_seconds)
        await world.follow.execute(contact, Wait(place))
    assert (await notices(world, texter)).count("waiting_menu") == 3


def test_a_time_is_named_only_when_the_router_is_sure() -> None:
    assert "number 3" in menu(Wait(3), "en", callbacks=True)
    assert "cannot say" in menu(Wait(3), "en", callbacks=True)
    assert "约 2 分钟" in menu(Wait(3, 90, 300), "zh", callbacks=True)
    assert "5 分钟" in menu(Wait(3, 90, 300), "zh", callbacks=True)


def test_calls_back_are_offered_only_where_they_are_made() -> None:
    assert "2 –" in menu(Wait(1), "zh", callbacks=True)
    assert "2 –" not in menu(Wait(1), "zh", callbacks=False)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("1", Wish.STAY),
        (" １。", Wish.STAY),
        ("继续等待", Wish.STAY),
        ("BACK", Wish.BACK),
        ("不等了", Wish.BACK),
        ("my order is 1 of 2", None),
        ("I want my money back", None),
        ("", None),
    ],
)
def test_only_a_wish_alone_is_a_wish(text: str, wish: Wish | None) -> None:
    assert wish_of(text) is wish


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("１３８ ００１３ ８０００", "+8613800138000"),
        ("021-6234 5678", "+862162345678"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("+44 7700 900123", "+447700900123"),  # of a range for plays and demos
        ("+86 1380013800", ""),  # a digit is missing
        ("+1 900 555 0123", ""),  # premium
        ("95588", ""),
    ],
)
def test_numbers_are_read_in_any_notation(text: str, number: str) -> None:
    assert e164(text, "CN") == number
