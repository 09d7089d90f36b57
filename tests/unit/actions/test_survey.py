"""How was it? Asked after self-service and after an agent; nobody has to answer."""

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Survey

from tests.fakes.actions.desk import Desk
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit


def surveys(chat: Talk) -> list[Survey]:
    return [one for turn in chat.turns for one in turn.notices if isinstance(one, Survey)]


async def self_served(language: Language = Language.ENGLISH) -> Talk:
    chat = Desk().talk(language)
    await chat.say("west lake", "branches")
    await chat.say("bye", "goodbye")
    return chat


async def served(agent: str = "tenants/demo/agents/a01") -> Talk:
    chat = Desk().talk()
    await chat.event("hand_back", after="agent_ended", agent=agent)
    return chat


async def test_who_helped_themselves_is_asked_on_leaving() -> None:
    chat = await self_served()
    assert "1 is very dissatisfied" in chat.told[-1]
    assert "5 – very satisfied" in chat.choices
    assert "settled" in await chat.say("5 – very satisfied")
    assert "Thank you" in await chat.say("yes", "affirm")
    assert surveys(chat) == [Survey(5, True)]
    assert "survey" not in chat.dialogue.finished


async def test_an_agents_survey_names_the_agent() -> None:
    chat = await served()
    assert "our colleague" in chat.told[-1]
    await chat.say("4", rating="4")
    await chat.say("no", "deny")
    assert surveys(chat) == [Survey(4, False, "tenants/demo/agents/a01")]


async def test_what_is_not_settled_leads_to_a_person() -> None:
    chat = await self_served()
    await chat.say("2", rating="2")
    assert "Shall I bring in a person?" in await chat.say("no", "deny")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert surveys(chat) == [Survey(2, False)]


@pytest.mark.parametrize(
    ("words", "language", "csat"),
    [
        ("5分", Language.CHINESE, 5),
        ("a four", Language.ENGLISH, 4),
        ("四分吧", Language.CHINESE, 4),
        ("给个4吧", Language.CHINESE, 4),
        ("非常满意", Language.CHINESE, 5),
        ("满意", Language.CHINESE, 4),
        ("不太满意", Language.CHINESE, 2),
        ("非常不满意", Language.CHINESE, 1),
        ("3/5", Language.ENGLISH, 3),
        ("very satisfied", Language.ENGLISH, 5),
        ("not happy", Language.ENGLISH, 2),
        ("terrible", Language.ENGLISH, 1),
    ],
)
async def test_ratings_are_read_in_words_and_figures(
    words: str, language: Language, csat: int
) -> None:
    chat = await self_served(language)
    await chat.say(words)
    await chat.say("ok", "affirm")
    assert surveys(chat) == [Survey(csat, True)]


@pytest.mark.parametrize("words", ["10", "0", "7分"])
async def test_a_rating_outside_of_the_scale_is_asked_for_again(words: str) -> None:
    chat = await self_served()
    assert "1 to 5" in await chat.say(words)
    assert not surveys(chat)


async def test_nobody_has_to_answer() -> None:
    for words, intent in (("Skip", "give_details"), ("no thanks", "deny")):
        chat = await self_served()
        assert "No problem" in await chat.say(words, intent)
        assert not surveys(chat)
        assert chat.dialogue.task is None


async def test_it_is_asked_once() -> None:
    chat = await self_served()
    await chat.say("no thanks", "deny")
    assert "satisfied" not in await chat.say("bye", "goodbye")
