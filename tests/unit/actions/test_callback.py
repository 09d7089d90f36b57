"""Please call me. Led through the engine."""

from datetime import datetime

import pytest
from switchyard_actions.domain.cases import CaseKind
from switchyard_actions.domain.heard import Heard, Identifier
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language
from switchyard_actions.service.callbacks import NoCallback, Permission

from tests.fakes.actions.desk import LIN, MOBILE, SHANGHAI, Desk
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def asked_until_confirmed(desk: Desk, when: str = "tomorrow at 3 pm") -> Talk:
    chat = desk.talk()
    await chat.say("please call me back", "callback")
    await chat.say("13812345678", phone="13812345678")
    await chat.say(when)
    return chat


async def test_a_call_at_a_time_is_booked(desk: Desk) -> None:
    chat = await asked_until_confirmed(desk)
    assert f"We will call {MOBILE}, tomorrow (26 November) at 3 pm" in chat.told[-1]
    answer = await chat.say("yes", "affirm")
    assert "Your callback is booked" in answer
    (wish,) = desk.callbacks.wishes
    assert wish.number == MOBILE
    assert wish.not_before == datetime(2026, 11, 26, 15, tzinfo=SHANGHAI)
    assert MOBILE in wish.summary


async def test_as_soon_as_possible_comes_with_an_honest_estimate(desk: Desk) -> None:
    chat = await asked_until_confirmed(desk, "As soon as possible")
    assert "as soon as we can" in chat.told[-1]
    assert "about 4 minutes" in await chat.say("yes", "affirm")
    assert desk.callbacks.wishes[0].not_before is None


async def test_without_an_estimate_none_is_made_up(desk: Desk) -> None:
    desk.callbacks.minutes = None
    chat = await asked_until_confirmed(desk, "now")
    assert "cannot honestly say" in await chat.say("yes", "affirm")


async def test_all_in_one_message_is_only_confirmed(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE)
    answer = await chat.say("明天下午三点打13812345678", "callback", phone="13812345678")
    assert f"明天（11 月 26 日）下午 3 点之后拨打 {MOBILE}" in answer


async def test_the_number_can_be_corrected(desk: Desk) -> None:
    chat = await asked_until_confirmed(desk)
    answer = await chat.say("no, 13987654321", "correct", phone="13987654321")
    assert "+8613987654321" in answer
    assert "3 pm" in answer
    assert not desk.callbacks.booked


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("yesterday at 3", "has passed"),
        ("on 24 december", "next 14 days"),
        ("whenever the moon is full", "did not get the time"),
    ],
)
async def test_a_time_that_will_not_do_is_asked_for_again(desk: Desk, when: str, said: str) -> None:
    chat = await asked_until_confirmed(desk, when)
    assert said in chat.told[-1]
    assert "When shall we call?" in chat.told[-1]


async def test_a_number_that_the_channel_vouches_for_is_taken(desk: Desk) -> None:
    vouched = (Identifier("phone", MOBILE, proven=True),)
    chat = desk.talk()
    await chat.hear(Heard("callback", Language.ENGLISH, "call me", identifiers=vouched))
    assert "When shall we call?" in chat.told[-1]


async def test_a_down_router_makes_a_ticket_of_it(desk: Desk) -> None:
    desk.callbacks.available = False
    chat = await asked_until_confirmed(desk)
    answer = await chat.say("yes", "affirm")
    assert "callback system is not answering" in answer
    assert "48210937" in answer
    (wish,) = desk.cases.wishes
    assert wish.kind is CaseKind.CALLBACK
    assert MOBILE in wish.description
    assert "3 pm" in wish.description
    assert desk.cases.holders == [Holder(reach=Reach("phone", MOBILE))]


@pytest.mark.parametrize("refusal", list(NoCallback))
@pytest.mark.parametrize("language", list(Language))
async def test_a_queue_that_takes_nobody_makes_a_ticket_of_it(
    desk: Desk, refusal: NoCallback, language: Language
) -> None:
    desk.callbacks.refusal = refusal
    chat = desk.talk(language).verified(LIN)
    await chat.say("call me", "callback", phone="13812345678")
    await chat.say("now 现在")
    assert "48210937" in await chat.say("yes", "affirm")
    assert desk.cases.holders == [Holder(customer=LIN)]


async def test_with_router_and_crm_down_nothing_is_lost(desk: Desk) -> None:
    desk.callbacks.available = desk.cases.available = False
    chat = await asked_until_confirmed(desk)
    assert "not answering" in await chat.say("yes", "affirm")
    desk.callbacks.available = True
    await chat.say("please call me back", "callback")
    assert MOBILE in chat.told[-1]
    await chat.say("yes", "affirm")
    assert len(desk.callbacks.wishes) == 1


async def test_who_does_not_want_calls_is_not_called(desk: Desk) -> None:
    desk.permissions.refused[MOBILE] = Permission.DO_NOT_CALL
    chat = await asked_until_confirmed(desk)
    answer = await chat.say("yes", "affirm")
    assert (
        "does not want calls" in answer or "do not want calls" in answer or "not call it" in answer
    )
    assert not desk.callbacks.booked
    await chat.say("13987654321", phone="13987654321")
    await chat.say("yes", "affirm")
    assert [wish.number for wish in desk.callbacks.wishes] == ["+8613987654321"]


async def test_an_owner_who_opted_out_may_ask_for_a_call_when_verified(desk: Desk) -> None:
    desk.permissions.refused[MOBILE] = Permission.OPTED_OUT
    anonymous = await asked_until_confirmed(desk)
    await anonymous.say("yes", "affirm")
    assert not desk.callbacks.booked
    verified = desk.talk().verified(LIN)
    await verified.say("call me", "callback", phone="13812345678")
    await verified.say("now")
    await verified.say("yes", "affirm")
    assert len(desk.callbacks.wishes) == 1


async def test_in_doubt_nobody_is_called(desk: Desk) -> None:
    desk.permissions.available = False
    chat = await asked_until_confirmed(desk)
    assert "not answering" in await chat.say("yes", "affirm")
    assert not desk.callbacks.booked


async def test_the_agent_learns_what_was_going_on(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("open a ticket", "ticket_create")
    await chat.say("The lid of my kettle broke off.")
    await chat.say("call me instead", "callback")
    await chat.say("13812345678", phone="13812345678")
    await chat.say("now")
    await chat.say("yes", "affirm")
    (wish,) = desk.callbacks.wishes
    assert (wish.topic, wish.level, wish.customer) == ("ticket_create", "verified", LIN)
    assert wish.slots["issue"] == "The lid of my kettle broke off."
    assert "Shall" in chat.told[-1] or "Is that right?" in chat.told[-1]  # and the ticket goes on


async def test_a_number_given_for_what_waits_need_not_be_given_again(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("I would like an appointment", "appointment")
    await chat.say("my number is 13812345678", phone="13812345678")
    await chat.say("a person please", "ask_person")
    await chat.event("hand_over_failed", reason="router_down")
    assert "Which number" in await chat.say("Book a callback", "callback")
    assert chat.choices == [MOBILE]
