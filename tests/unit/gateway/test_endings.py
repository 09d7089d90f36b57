"""How a conversation ended: who was served by the bot alone, by a person, or not at all."""

from dataclasses import replace

import pytest
from switchyard_common.bot_events import Event, TurnFacts
from switchyard_gateway.domain.conversation import ConversationId

from tests.fakes.gateway.bot import says
from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit

ASK = "a person, please"
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


async def ended(world: World, chat: ConversationId) -> dict[str, object]:
    await world.leave.execute(chat, for_good=True)
    (event,) = told(world, "bot.ended")
    return dict(event.data)


async def test_who_finished_something_served_themselves(world: World) -> None:
    chat = await world.chat()
    await finished(world, chat)
    await finished(world, chat)
    data = await ended(world, chat)
    assert (data["outcome"], data["turns"], data["flows"]) == ("self_served", 2, ("order_status",))
    assert world.seen.ends == [("self_served", "chat")]


async def test_who_went_away_left(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, "hello")
    assert (await ended(world, chat))["outcome"] == "left"


async def test_who_met_a_person_was_handed_over(world: World) -> None:
    chat = await world.chat()
    await finished(world, chat)
    await world.says(chat, ASK)
    await world.router.assign(world.router.only().name)
    assert (await ended(world, chat))["outcome"] == "handed_over"


async def test_who_asked_for_a_person_and_got_none_was_failed(world: World) -> None:
    chat = await world.chat()
    world.router.down = True
    await world.says(chat, ASK)
    assert (await ended(world, chat))["outcome"] == "failed"


async def test_who_is_called_back_is_served(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.callback.execute(chat, "138 0013 8000")
    assert (await ended(world, chat))["outcome"] == "handed_over"


async def test_who_left_the_queue_and_then_served_themselves_was_not_failed(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    await world.leave.execute(chat)
    await world.turns.idle()
    await finished(world, chat)
    assert (await ended(world, chat))["outcome"] == "self_served"


async def test_who_left_the_queue_and_went_was_failed(world: World) -> None:
    chat = await world.chat()
    await finished(world, chat)
    await world.says(chat, ASK)
    await world.leave.execute(chat)
    await world.turns.idle()
    assert (await ended(world, chat))["outcome"] == "failed"
