"""The bot's turns: one message at a time, in order, and never a silent failure."""

import asyncio
from collections.abc import Callable

import pytest
from switchyard_gateway.domain.conversation import ConversationId, Draft, Role, State, Typing
from switchyard_gateway.domain.errors import RateLimited
from switchyard_gateway.service.bot import Question, Reply

from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit


@pytest.fixture
def world() -> World:
    return World()


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def raising(error: Exception) -> Callable[[Question], object]:
    async def reply(_: Question) -> Reply:
        raise error

    return reply


async def test_messages_are_answered_in_order_one_at_a_time(world: World) -> None:
    chat = await world.chat()
    world.bot.open = asyncio.Event()
    for number in range(5):
        await world.post.execute(chat, f"m{number}", f"question {number}")
    await settle()
    assert len(world.bot.asked) == 1
    world.bot.open.set()
    await world.turns.idle()
    assert world.bot.most_at_work == 1
    assert [question.text for question in world.bot.asked] == [f"question {n}" for n in range(5)]
    answers = [line for line in await world.transcript(chat) if line.startswith("BOT")]
    assert answers == [f"BOT: You said: question {n}" for n in range(5)]


async def test_conversations_do_not_wait_for_each_other(world: World) -> None:
    world.bot.open = asyncio.Event()
    chats = [await world.chat() for _ in range(4)]
    for chat in chats:
        await world.post.execute(chat, "m1", "hello")
    await settle()
    assert world.bot.at_work == 4
    world.bot.open.set()
    await world.turns.idle()


async def test_a_message_sent_twice_is_answered_once(world: World) -> None:
    chat = await world.chat()
    for _ in range(3):
        await world.post.execute(chat, "m1", "hello")
    await world.turns.idle()
    assert await world.transcript(chat) == ["CUSTOMER: hello", "BOT: You said: hello"]


@pytest.mark.parametrize("cause", ["timeout", "refused", "bad_answer"])
async def test_a_failure_is_an_apology_and_the_next_message_is_answered(
    world: World, cause: str
) -> None:
    chat = await world.chat()
    world.bot.failure = cause
    await world.says(chat, "first")
    world.bot.failure = ""
    await world.says(chat, "second")
    assert await world.transcript(chat) == [
        "CUSTOMER: first",
        "SYSTEM: bot_failed",
        "CUSTOMER: second",
        "BOT: You said: second",
    ]
    assert world.seen.bot_errors == [cause]
    assert world.seen.turns == ["error", "answered"]
    assert world.bot.woken == [], "a bot that was only slow is not told that a person has helped"


async def test_the_apology_is_in_the_language_of_the_customer(world: World) -> None:
    world.bot.failure = "timeout"
    for language, beginning in (("zh", "非常抱歉"), ("en", "Sorry")):
        chat = await world.chat(language)
        await world.says(chat, "?")
        assert (await world.store.messages(chat))[-1].text.startswith(beginning)


async def test_a_fault_of_our_own_is_an_apology_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = await world.chat()
    monkeypatch.setattr(world.bot, "reply", raising(ZeroDivisionError("ours")))
    await world.says(chat, "hello")
    assert (await world.transcript(chat))[-1] == "SYSTEM: bot_failed"
    assert world.seen.bot_errors == ["crashed"]


async def test_a_silent_bot_is_woken_before_the_next_message(world: World) -> None:
    chat = await world.chat()
    world.bot.paused.add(chat)
    await world.says(chat, "first")
    assert (await world.transcript(chat))[-1] == "SYSTEM: bot_failed"
    await world.says(chat, "second")
    assert world.bot.woken == [chat]
    assert (await world.transcript(chat))[-1] == "BOT: You said: second"


async def test_a_bot_that_cannot_be_woken_is_woken_later(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, "a person")
    world.bot.failure = "unreachable"
    await world.leave.execute(chat)
    await world.turns.idle()
    world.bot.failure = ""
    await world.says(chat, "bot?")
    assert world.bot.woken == [chat]
    assert (await world.transcript(chat))[-2:] == ["CUSTOMER: bot?", "BOT: You said: bot?"]


async def test_an_answer_that_comes_after_the_hand_over_is_dropped(world: World) -> None:
    chat = await world.chat()
    world.bot.open = asyncio.Event()
    await world.post.execute(chat, "m1", "slow question")
    await settle()
    await world.ask_for_person.execute(chat)
    world.bot.open.set()
    await world.turns.idle()
    assert "BOT: You said: slow question" not in await world.transcript(chat)
    assert world.seen.turns == ["overtaken"]
    assert (await world.conversation(chat)).state is State.WAITING_FOR_AGENT


async def test_the_conversation_takes_the_language_the_customer_writes(world: World) -> None:
    chat = await world.chat("en")
    await world.says(chat, "你好")
    assert (await world.conversation(chat)).language == "zh"


async def test_customers_see_that_a_bot_writes_that_takes_its_time(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, "hello")
    assert (chat, Typing(Role.BOT)) not in world.store.whispers
    world.bot.open = asyncio.Event()
    await world.post.execute(chat, "m1", "hello")
    for _ in range(10):
        await asyncio.sleep(0)
    assert (chat, Typing(Role.BOT)) in world.store.whispers
    world.bot.open.set()
    await world.turns.idle()


async def test_a_store_that_is_away_for_a_while_costs_nothing_but_time(world: World) -> None:
    chat = await world.chat()
    world.bot.open = asyncio.Event()
    await world.post.execute(chat, "m1", "hello")
    await settle()
    world.store.down = True
    world.bot.open.set()
    await settle()
    world.store.down = False
    await world.turns.idle()
    assert await world.transcript(chat) == ["CUSTOMER: hello", "BOT: You said: hello"]


async def test_what_a_dead_process_left_is_taken_up_when_the_customer_is_back(
    world: World,
) -> None:
    opened = await world.open.execute("en")
    chat = opened.conversation.id
    await world.store.post(
        chat, Draft("m1", Role.CUSTOMER, "hello"), None
    )  # the process died right after
    await world.resume.execute(chat, opened.token)
    await world.turns.idle()
    assert (await world.transcript(chat))[-1] == "BOT: You said: hello"


async def test_one_crash_leaves_the_other_conversations_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = await world.chat(), await world.chat()
    claim = world.store.claim

    async def breaking(conversation_id: ConversationId, lease_seconds: float) -> object:
        if conversation_id == broken:
            raise ZeroDivisionError
        return await claim(conversation_id, lease_seconds)

    monkeypatch.setattr(world.store, "claim", breaking)
    await world.says(broken, "one")
    await world.says(fine, "two")
    assert (await world.transcript(fine))[-1] == "BOT: You said: two"


async def test_of_conversations_whose_turns_crashed_nothing_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chats = [await world.chat() for _ in range(5)]

    async def breaking(conversation_id: ConversationId, _: float) -> object:
        world.turns.kick(conversation_id)  # the customer goes on writing meanwhile
        raise ZeroDivisionError

    monkeypatch.setattr(world.store, "claim", breaking)
    for chat in chats:
        await world.says(chat, "one")
    held = [table for table in vars(world.turns).values() if isinstance(table, dict | set)]
    assert not any(held)


async def test_draining_lets_turns_finish_and_cuts_the_rest(world: World) -> None:
    chat, slow = await world.chat(), await world.chat()
    await world.post.execute(chat, "m1", "hello")
    await world.turns.drain(5)
    assert (await world.transcript(chat))[-1] == "BOT: You said: hello"
    world.bot.open = asyncio.Event()
    await world.post.execute(slow, "m1", "hello")
    await settle()
    await world.turns.drain(0)
    assert await world.transcript(slow) == ["CUSTOMER: hello"]


async def test_a_flood_is_refused_and_told_when_to_go_on(world: World) -> None:
    chat = await world.chat()
    for number in range(50):
        await world.post.execute(chat, f"m{number}", "spam")
    with pytest.raises(RateLimited) as refused:
        await world.post.execute(chat, "m50", "spam")
    assert refused.value.retry_after_seconds is not None
    assert 0 < refused.value.retry_after_seconds <= 1
