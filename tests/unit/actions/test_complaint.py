"""Complaints: kind words, a ticket with priority, a person offered."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.cases import CaseKind, Priority
from switchyard_actions.domain.heard import Heard, Identifier
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language

from tests.fakes.actions.desk import LIN, MOBILE, Desk

pytestmark = pytest.mark.unit

STORY = "Your courier threw my parcel over the fence and it landed in the mud."


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_complaint_that_says_what_happened_is_not_asked_again(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    answer = await chat.say(STORY, "complaint")
    assert answer.startswith("I am truly sorry")
    assert "with priority; its number is 48210937" in answer
    (wish,) = desk.cases.wishes
    assert (wish.kind, wish.priority, wish.description) == (
        CaseKind.COMPLAINT,
        Priority.HIGH,
        STORY,
    )


async def test_a_bare_complaint_is_met_with_an_apology_and_a_way_to_a_person(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    answer = await chat.say("我要投诉", "complaint")
    assert "非常抱歉" in answer
    assert chat.choices == ["转人工"]
    answer = await chat.say("快递员没打电话就把东西扔门口，差点丢了")
    assert "我理解您的心情" in answer
    assert "编号 48210937" in answer


async def test_a_person_is_offered_and_brought(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say(STORY, "complaint")
    assert chat.choices == ["Yes", "No"]
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.intent == "complaint"
    assert chat.handed_over.priority > 0
    assert STORY in chat.handed_over.summary
    assert chat.handed_over.slots["ticket_number"] == "48210937"


async def test_very_angry_words_make_it_urgent_and_bring_nobody_by_force(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    heard = Heard("complaint", Language.ENGLISH, STORY, STORY, sentiment=-0.9)
    await chat.hear(replace(heard, conversation="conv-1"))
    assert chat.handed_over is None
    assert desk.cases.wishes[0].priority is Priority.URGENT


async def test_harsh_words_within_a_complaint_are_part_of_it(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("I want to complain", "complaint")
    heard = Heard("complaint", Language.ENGLISH, STORY, STORY, sentiment=-0.9)
    await chat.hear(replace(heard, conversation="conv-1"))
    assert chat.handed_over is None
    assert desk.cases.wishes[0].priority is Priority.URGENT


async def test_whom_the_channel_vouches_for_need_not_say_how_to_be_reached(desk: Desk) -> None:
    chat = desk.talk()
    vouched = (Identifier("phone", "13812345678", proven=True),)
    await chat.hear(Heard("complaint", Language.ENGLISH, STORY, STORY, identifiers=vouched))
    assert desk.cases.holders == [Holder(reach=Reach("phone", MOBILE))]


async def test_a_number_that_the_channel_only_heard_of_is_not_used(desk: Desk) -> None:
    chat = desk.talk()
    claimed = (Identifier("phone", "13812345678"),)
    await chat.hear(Heard("complaint", Language.ENGLISH, STORY, STORY, identifiers=claimed))
    assert not desk.cases.opened
    assert "reach you" in chat.told[-1]


async def test_a_complaint_that_cannot_be_filed_leads_to_a_person(desk: Desk) -> None:
    desk.cases.available = False
    chat = desk.talk().verified(LIN)
    await chat.say(STORY, "complaint")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert STORY in chat.handed_over.summary
