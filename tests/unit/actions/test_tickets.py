"""Opening a ticket, asking how one stands, adding to one. Led through the engine."""

import pytest
from switchyard_actions.domain.cases import CaseKind, CaseState, Priority
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import VerificationLevel

from tests.fakes.actions.desk import LIN, MOBILE, Desk

pytestmark = pytest.mark.unit

ISSUE = "The lid of my kettle broke off on the second day."


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def open_ticket(desk: Desk, issue: str = ISSUE) -> str:
    chat = desk.talk().verified(LIN)
    await chat.say("open a ticket", "ticket_create")
    await chat.say(issue)
    await chat.say("yes", "affirm")
    return list(desk.cases.comments)[-1]


async def test_verified_customers_open_a_ticket_in_their_own_words(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    assert "in your own words" in await chat.say("open a ticket", "ticket_create")
    assert f"“{ISSUE}”" in await chat.say(ISSUE)
    answer = await chat.say("yes", "affirm")
    assert "Its number is 48210937" in answer
    (wish,) = desk.cases.wishes
    assert (wish.description, wish.kind, wish.priority) == (
        ISSUE,
        CaseKind.QUESTION,
        Priority.NORMAL,
    )
    assert desk.cases.holders == [Holder(customer=LIN)]
    assert chat.dialogue.fact("ticket_number") == "48210937"


async def test_somebody_unknown_says_how_to_be_reached(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    assert "phone number or an e-mail" in await chat.say(ISSUE)
    assert MOBILE in await chat.say("138 1234 5678", phone="13812345678")
    await chat.say("yes", "affirm")
    assert desk.cases.holders == [Holder(reach=Reach("phone", MOBILE))]
    assert chat.dialogue.level is VerificationLevel.IDENTIFIED


async def test_a_contact_that_cannot_be_is_asked_for_again(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    await chat.say(ISSUE)
    assert "does not look like" in await chat.say("12345", digits="12345")
    assert "lin@example.com" in await chat.say("Lin@Example.com", email="lin@example.com")


async def test_a_contact_is_asked_for_once_in_a_conversation(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    await chat.say(ISSUE)
    await chat.say("13812345678", phone="13812345678")
    await chat.say("yes", "affirm")
    await chat.say("another ticket please", "ticket_create")
    await chat.say("And the cable is missing.")
    assert chat.choices == [MOBILE]
    await chat.say(MOBILE)
    await chat.say("yes", "affirm")
    assert [holder.reach for holder in desk.cases.holders] == [Reach("phone", MOBILE)] * 2


async def test_what_was_written_can_be_changed_before_it_is_sent(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    await chat.say(ISSUE)
    await chat.say("13812345678", phone="13812345678")
    answer = await chat.say("no, it is 13987654321", "correct", phone="13987654321")
    assert "+8613987654321" in answer
    assert not desk.cases.opened


async def test_an_empty_word_is_no_ticket(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    await chat.say("我要提交工单", "ticket_create")
    assert "详细一点" in await chat.say("坏了")
    assert not desk.cases.opened


async def test_nothing_is_lost_while_the_crm_is_down(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("open a ticket", "ticket_create")
    await chat.say(ISSUE)
    desk.cases.available = False
    assert "not answering" in await chat.say("yes", "affirm")
    handed = await chat.say("yes", "affirm")
    assert handed
    assert chat.handed_over is not None
    assert ISSUE in chat.handed_over.summary


async def test_a_ticket_that_was_asked_for_twice_is_opened_once(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("open a ticket", "ticket_create")
    await chat.say(ISSUE)
    before = chat.dialogue
    await chat.say("yes", "affirm")
    chat.dialogue = before  # the answer was lost on its way, and the turn is taken again
    await chat.say("yes", "affirm")
    assert len(desk.cases.wishes) == 1


async def test_how_a_ticket_stands_needs_proof(desk: Desk) -> None:
    number = await open_ticket(desk)
    chat = desk.talk()
    answer = await chat.say(f"how is ticket {number}", "ticket_status", ticket_number=number)
    assert ISSUE not in answer
    assert "order number" in answer


async def test_the_only_open_ticket_is_told_with_its_last_entry(desk: Desk) -> None:
    number = await open_ticket(desk)
    answer = await desk.talk().verified(LIN).say("my ticket?", "ticket_status")
    assert f"Ticket {number}" in answer
    assert "waiting to be worked on" in answer
    assert f"“{ISSUE}”" in answer


async def test_of_several_tickets_one_is_chosen(desk: Desk) -> None:
    first = await open_ticket(desk)
    await open_ticket(desk, "The parcel never came.")
    chat = desk.talk().verified(LIN)
    assert "Which ticket" in await chat.say("my ticket?", "ticket_status")
    assert chat.choices[1].startswith(first)
    assert ISSUE in await chat.say("the second one", ordinal="2")


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("state", list(CaseState))
async def test_every_state_has_words(desk: Desk, state: CaseState, language: Language) -> None:
    number = await open_ticket(desk)
    desk.cases.settle(number, state)
    chat = desk.talk(language).verified(LIN)
    assert number in await chat.say(number, "ticket_status", ticket_number=number)


async def test_somebody_elses_ticket_is_as_unknown_as_one_that_there_is_not(desk: Desk) -> None:
    number = await open_ticket(desk)
    chat = desk.talk().verified("tenants/demo/customers/wu")
    theirs = await chat.say(number, "ticket_status", ticket_number=number)
    none = await chat.say("99999999", "ticket_status", ticket_number="99999999")
    assert theirs.replace(number, "…") == none.replace("99999999", "…")
    assert ISSUE not in theirs


async def test_a_missing_source_is_said(desk: Desk) -> None:
    desk.cases.complete = False
    answer = await desk.talk().verified(LIN).say("my tickets", "ticket_status")
    assert "there may be tickets that I cannot see" in answer


async def test_words_are_added_to_a_ticket(desk: Desk) -> None:
    number = await open_ticket(desk)
    chat = desk.talk().verified(LIN)
    assert f"ticket {number}" in await chat.say("add to my ticket", "ticket_update")
    answer = await chat.say("The handle broke off as well, order 2026.", digits="2026")
    assert "“The handle broke off as well, order 2026.”. Is that right?" in answer
    assert len(desk.cases.comments[number]) == 1
    answer = await chat.say("yes", "affirm")
    assert f"added that to ticket {number}" in answer
    assert desk.cases.comments[number][-1] == "The handle broke off as well, order 2026."


async def test_adding_to_a_finished_ticket_opens_it_again(desk: Desk) -> None:
    number = await open_ticket(desk)
    desk.cases.settle(number, CaseState.RESOLVED)
    chat = desk.talk(Language.CHINESE).verified(LIN)
    await chat.say(f"补充工单{number}", "ticket_update", ticket_number=number)
    await chat.say("还是坏的，没有修好")
    assert "重新打开" in await chat.say("是的", "affirm")
    (case,) = (await desk.cases.live(LIN)).items
    assert case.state is CaseState.OPEN


async def test_an_unknown_ticket_cannot_be_added_to(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    answer = await chat.say("add to 99999999", "ticket_update", ticket_number="99999999")
    assert "There is no ticket 99999999" in answer


async def test_without_tickets_a_new_one_is_suggested(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    assert "open a ticket" in await chat.say("add to my ticket", "ticket_update")


@pytest.mark.parametrize(("confidence", "person"), [(0.4, False), (1.0, True)])
async def test_words_that_were_asked_for_are_no_complaint_unless_that_is_certain(
    desk: Desk, confidence: float, person: bool
) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    words = "it shrank in the first wash, I expect an explanation"
    await chat.hear(Heard("complaint", Language.ENGLISH, words, words, confidence=confidence))
    assert (chat.handed_over is not None) is person
