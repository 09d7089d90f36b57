"""What is reported and counted of turns: events, outcomes, surveys, kept texts."""

from dataclasses import replace

import pytest
from switchyard_common.bot_events import Event, Survey, TurnFacts
from switchyard_gateway.domain.conversation import (
    ConversationId,
)
from switchyard_gateway.domain.notices import Notice
from switchyard_gateway.service.end_by_agent import Ending
from switchyard_gateway.service.turn_report import TurnReport

from tests.fakes.gateway.bot import says
from tests.fakes.gateway.router import ANN
from tests.fakes.gateway.world import World

pytestmark = pytest.mark.unit


ASK = "a person, please"


DONE = TurnFacts("order_status", 0.9, "verified", "order_status", "done", "answered", 0.2)


@pytest.fixture
def world() -> World:
    return World()


def kinds(world: World) -> list[str]:
    return [event.type for event in world.store.events]


def told(world: World, kind: str) -> list[Event]:
    return [event for event in world.store.events if event.type == kind]


async def finished(world: World, chat: ConversationId) -> None:
    """The customer goes through a flow."""
    world.bot.script["my order"] = replace(
        says("Here."), facts=replace(DONE, finished=(DONE.flow,))
    )
    await world.says(chat, "my order")


async def test_every_message_is_reported_as_a_turn_without_its_text(world: World) -> None:
    chat = await world.chat()
    await finished(world, chat)
    await world.says(chat, "hello")
    first, second = told(world, "bot.turn")
    assert first.data == {
        "conversation": chat,
        "intent": "order_status",
        "confidence": 0.9,
        "language": "en",
        "verification_level": "verified",
        "outcome": "answered",
        "flow": "order_status",
        "step": "done",
        "sentiment": 0.2,
        "channel": "chat",
        "turn": 1,
    }
    assert first.measures == "latency_ms"
    assert (second.data["turn"], second.data["verification_level"]) == (2, "verified")
    assert "hello" not in str(world.store.events)


async def test_texts_are_reported_redacted_where_they_are_kept(world: World) -> None:
    chat = await world.chat()
    world.answer._report = TurnReport(world.seen, keep_texts=True)
    said = "SY10240001 or me@x.org, 一三八零零一三八零零零"
    world.bot.script[said] = replace(says("Yes."), facts=replace(DONE, private=False))
    await world.says(chat, said)
    assert told(world, "bot.turn")[0].data["text"] == "<number> or <mail>, <number>"


@pytest.mark.parametrize("facts", [replace(DONE, private=True), DONE, None])
async def test_answers_are_not_kept_even_where_texts_are(
    world: World, facts: TurnFacts | None
) -> None:
    chat = await world.chat()
    world.answer._report = TurnReport(world.seen, keep_texts=True)
    world.bot.script["Li Wei, 12 Long Street"] = replace(says("Thank you."), facts=facts)
    await world.says(chat, "Li Wei, 12 Long Street")
    (turn,) = told(world, "bot.turn")
    assert "text" not in turn.data


async def test_words_that_the_bot_failed_on_are_not_kept(world: World) -> None:
    chat = await world.chat()
    world.answer._report = TurnReport(world.seen, keep_texts=True)
    world.bot.failure = "slow"
    await world.says(chat, "Li Wei, 12 Long Street")
    (turn,) = told(world, "bot.turn")
    assert turn.data["outcome"] == "error"
    assert "text" not in turn.data


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (TurnFacts(intent="nlu_fallback"), "fallback"),
        (TurnFacts(intent="faq", outcome="fallback"), "fallback"),
        (TurnFacts(intent="out_of_scope", outcome="answered"), "answered"),
        (TurnFacts(outcome="error"), "error"),
        (TurnFacts(intent="faq"), "answered"),
    ],
)
async def test_what_came_of_a_turn_is_counted(world: World, facts: TurnFacts, outcome: str) -> None:
    chat = await world.chat("zh")
    world.bot.script["x"] = replace(says("y", "zh"), facts=facts)
    await world.says(chat, "x")
    assert world.seen.turns == [outcome]
    assert told(world, "bot.turn")[0].data["outcome"] == outcome
    assert world.seen.fallbacks == (["zh"] if outcome == "fallback" else [])


async def test_a_hand_over_is_reported_there_and_back(world: World) -> None:
    chat = await world.chat()
    await world.says(chat, ASK)
    contact = world.router.only().name
    await world.router.assign(contact)
    await world.end.execute(Ending(chat, ANN, "r1", Notice.AGENT_ENDED))
    assert kinds(world) == ["bot.turn", "bot.handed_over", "bot.handed_back"]
    assert told(world, "bot.handed_over")[0].data == {
        "conversation": chat,
        "reason": "asked",
        "contact": contact.rpartition("/")[2],
        "language": "en",
    }
    assert told(world, "bot.handed_back")[0].data["reason"] == "agent_ended"
    assert world.seen.reasons == ["asked"]


async def test_a_survey_is_reported(world: World) -> None:
    chat = await world.chat()
    world.bot.script["4"] = replace(says("Thanks."), survey=Survey(4, "YES", "1007"))
    await world.says(chat, "4")
    (event,) = told(world, "survey.answered")
    assert event.data == {"conversation": chat, "csat": 4, "resolved": "YES", "agent": "1007"}
    assert world.seen.surveys == [4]


async def test_where_nothing_was_said_nothing_is_reported(world: World) -> None:
    chat = await world.chat()
    await world.leave.execute(chat, for_good=True)
    assert world.store.events == []


async def asked(world: World) -> ConversationId:
    """The bot waits for an answer."""
    chat = await world.chat()
    waiting = replace(DONE, step="ask.order_number")
    world.bot.script["order?"] = replace(says("Which one?"), facts=waiting)
    await world.says(chat, "order?")
    return chat
