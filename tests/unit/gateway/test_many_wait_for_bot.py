"""More chats than the bot takes at once, while it is away or hangs."""

import asyncio
from collections import Counter

import pytest
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.notices import Notice

from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit

CHATS = 50  # places are 32


@pytest.fixture
def world() -> World:
    return World()


async def asked(world: World) -> list[ConversationId]:
    """Everybody has written something."""
    chats = [await world.chat() for _ in range(CHATS)]
    for chat in chats:
        await world.post.execute(chat, "m1", "hello")
    return chats


async def settle(world: World) -> None:
    for _ in range(CHATS * 20):
        await asyncio.sleep(0)


async def test_who_waits_for_a_dead_bot_keeps_nobody_from_it(world: World) -> None:
    world.bot.failure = "unreachable"
    world.held = asyncio.Event()
    chats = await asked(world)
    await settle(world)
    assert len({question.conversation for question in world.bot.asked}) == CHATS
    assert world.seen.waiting == CHATS
    world.bot.failure = ""
    world.held.set()
    await world.turns.idle()
    assert world.seen.waiting == 0
    for chat in chats:
        assert (await world.transcript(chat))[-1] == "BOT: You said: hello"


async def test_places_bound_what_the_bot_has_at_once_even_when_it_comes_back(world: World) -> None:
    world.bot.failure = "unreachable"
    world.held = asyncio.Event()
    await asked(world)
    await settle(world)
    world.bot.failure = ""
    world.bot.open = asyncio.Event()
    world.held.set()
    await settle(world)
    assert world.bot.at_work == 32
    world.bot.open.set()
    await world.turns.idle()
    assert world.bot.most_at_work == 32


async def test_draining_ends_while_all_wait(world: World) -> None:
    world.bot.failure = "unreachable"
    world.held = asyncio.Event()
    await asked(world)
    await settle(world)
    await world.turns.drain(0.0)
    assert world.seen.waiting == 0


async def test_a_bot_that_hangs_is_given_up_and_everybody_is_offered_a_person(
    world: World,
) -> None:
    world.bot.failure = "timeout"
    chats = await asked(world)
    await world.turns.idle()
    for chat in chats:
        assert (await world.transcript(chat))[-1] == f"SYSTEM: {Notice.BOT_FAILED}"
    causes = Counter(world.seen.bot_errors)
    assert causes["hung"] > 0
    assert sum(causes.values()) == CHATS
    assert len(world.bot.asked) < CHATS


async def test_a_bot_that_no_longer_hangs_is_asked_again_after_a_while(world: World) -> None:
    world.bot.failure = "timeout"
    chats = await asked(world)
    await world.turns.idle()
    world.bot.failure = ""
    before = len(world.bot.asked)
    world.clock.advance(6.0)
    for chat in chats[:3]:
        await world.says(chat, "and now?")
        assert (await world.transcript(chat))[-1] == "BOT: You said: and now?"
    assert len(world.bot.asked) == before + 3
