"""May I pay in parts, or later? Led through the engine."""

import pytest
from switchyard_actions.domain.bills import ArrangementState
from switchyard_actions.domain.language import Language

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.company import (
    AUGUST,
    LIN,
    OCTOBER,
    SEPTEMBER,
    WU,
    WUS_BILL,
    accounts,
    talk,
)
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit


@pytest.fixture
def kept() -> FakeAccounts:
    return accounts()


async def asked_for_parts(kept: FakeAccounts) -> Talk:
    """Wu, with the only bill, asked in how many parts."""
    chat = talk(kept).verified(WU)
    assert "In how many monthly parts" in await chat.say(
        "can I pay in instalments", "payment_arrangement"
    )
    return chat


async def test_bill_is_paid_in_parts_after_a_yes(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    assert chat.choices == ["2 parts", "3 parts", "6 parts", "12 parts"]
    assert "first part" in await chat.say("3 parts", "nlu_fallback", instalments="3")
    answer = await chat.say("on the 5th of December", "give_details", date="the 5th of December")
    assert answer == (
        f"Bill {WUS_BILL} in 3 monthly parts of 9.66 yuan (the last one is 9.68 yuan), the first "
        "due on Saturday, 5 December. Shall I ask for that?"
    )
    assert kept.changes == {}
    answer = await chat.say("yes", "affirm")
    assert answer == (
        f"I have asked for it: bill {WUS_BILL} in 3 parts of 9.66 yuan, the first due on Saturday, "
        "5 December. A colleague decides and will let you know; the reference is CS-100001."
    )
    assert list(kept.changes.values()) == [("arrange_payment", WU, WUS_BILL, "3", "2026-12-05")]


async def test_bill_is_paid_later_in_chinese(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(WU)
    assert "哪一天付" in await chat.say("账单能不能晚点交", "payment_arrangement")
    answer = await chat.say("下个月10号", "give_details", date="下个月10号")
    assert (
        answer == f"账单 {WUS_BILL}（29 元）延后到 12 月 10 日（星期四）一次付清。这样申请，对吗？"
    )
    answer = await chat.say("对", "affirm")
    assert "延后到 12 月 10 日（星期四）付清" in answer
    assert "受理编号 CS-100001" in answer


async def test_everything_in_one_sentence_leads_straight_to_the_question(
    kept: FakeAccounts,
) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(
        f"pay {SEPTEMBER} in 2 parts starting on Monday",
        "payment_arrangement",
        bill_number=SEPTEMBER,
        instalments="2",
        date="Monday",
    )
    assert f"Bill {SEPTEMBER} in 2 monthly parts of 40.25 yuan" in answer
    assert "Monday, 30 November" in answer


async def test_who_owes_several_bills_chooses(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    assert "Which bill" in await chat.say("I want to pay in parts", "payment_arrangement")
    assert chat.choices == ["October 79 yuan", "September 80.50 yuan"]
    await chat.say("September 80.50 yuan", "nlu_fallback", amount="80.50")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("bill_number") == SEPTEMBER


async def test_bill_is_picked_by_a_bare_figure(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("I want to pay in parts", "payment_arrangement")
    assert "In how many" in await chat.say("2", number="2", digits="2")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("bill_number") == SEPTEMBER
    assert not chat.dialogue.task.value("instalments")


async def test_month_says_which_bill(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("I want to pay in parts", "payment_arrangement")
    assert "In how many" in await chat.say("the October one", "give_details")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("bill_number") == OCTOBER


@pytest.mark.parametrize("number", ["0", "13", "48"])
async def test_number_of_parts_has_bounds(kept: FakeAccounts, number: str) -> None:
    chat = await asked_for_parts(kept)
    answer = await chat.say(f"{number} parts", "give_details", instalments=number, number=number)
    assert "Between 1 and 12" in answer


@pytest.mark.parametrize("words", ["today", "yesterday", "2027-06-01", "in 61 days"])
async def test_first_day_has_bounds(kept: FakeAccounts, words: str) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    answer = await chat.say(words, "give_details", date=words)
    assert "The day has to lie between these two: tomorrow (28 November)" in answer
    assert kept.changes == {}


async def test_who_cannot_decide_yet_is_told_the_way_out(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    answer = await chat.say("I don't know yet", "no_details")
    assert 'just say "stop"' in answer
    assert "In how many" in answer
    await chat.say("2", "give_details", number="2")
    assert "On which day" in await chat.say("no idea", "no_details")


@pytest.mark.parametrize("words", ["both of them", "全部"])
async def test_bills_are_arranged_one_at_a_time(kept: FakeAccounts, words: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("I want to pay in parts", "payment_arrangement")
    assert "one at a time" in await chat.say(words)
    assert chat.choices == ["October 79 yuan", "September 80.50 yuan"]


async def test_who_has_no_bill_number_chooses(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("I want to pay in parts", "payment_arrangement")
    assert "do not need the number" in await chat.say("no number at hand", "no_details")
    assert chat.choices == ["October 79 yuan", "September 80.50 yuan"]


async def test_terms_are_corrected_before_the_yes(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    answer = await chat.say("no, in 4 parts", "correct", instalments="4")
    assert "in 4 monthly parts of 7.25 yuan" in answer
    answer = await chat.say("and the first on Tuesday", "correct", date="Tuesday")
    assert "in 4 monthly parts" in answer
    assert "Tuesday, 1 December" in answer
    await chat.say("yes", "affirm")
    assert list(kept.changes.values()) == [("arrange_payment", WU, WUS_BILL, "4", "2026-12-01")]


async def test_nothing_happens_without_a_yes(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    await chat.say("stop", "cancel")
    assert chat.dialogue.task is None
    assert kept.changes == {}


async def test_paid_bill_needs_no_arrangement(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"pay {AUGUST} later", "payment_arrangement", bill_number=AUGUST)
    assert "nothing left to pay on that bill" in answer
    assert chat.choices == ["October 79 yuan", "September 80.50 yuan"]


async def test_another_ones_bill_is_as_if_it_did_not_exist(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"pay {WUS_BILL} later", "payment_arrangement", bill_number=WUS_BILL)
    assert "no bill with that number in your name" in answer
    assert kept.changes == {}


async def test_without_debts_there_is_nothing_to_arrange(kept: FakeAccounts) -> None:
    kept.bills_of[WU] = []
    chat = talk(kept).verified(WU)
    assert "no bills to pay" in await chat.say("can I pay later", "payment_arrangement")


@pytest.mark.parametrize(
    ("decision", "words"),
    [(ArrangementState.AGREED, "It is agreed"), (ArrangementState.REFUSED, "was not agreed")],
)
async def test_decision_of_the_company_is_told(
    kept: FakeAccounts, decision: ArrangementState, words: str
) -> None:
    kept.decision = decision
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    assert words in await chat.say("yes", "affirm")


async def test_bill_paid_between_question_and_yes_is_not_arranged(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    kept.bills_of[WU] = []
    await chat.say("yes", "affirm")
    assert kept.changes == {}


async def test_crm_down_is_said_and_nothing_is_lost(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    kept.available = False
    assert "not answering" in await chat.say("yes", "affirm")
    kept.available = True
    assert "I have asked for it" in await chat.say("try it again", "payment_arrangement")
    assert len(kept.changes) == 1


async def test_person_who_takes_over_sees_the_terms(kept: FakeAccounts) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("2", "give_details", number="2")
    await chat.say("tomorrow", "give_details", date="tomorrow")
    await chat.say("a human please", "ask_person")
    assert chat.handed_over is not None
    assert f"bill {WUS_BILL} in 2 parts, the first on 2026-11-28" in chat.handed_over.summary
    assert chat.handed_over.slots["instalments"] == "2"


async def test_this_month_says_when_to_pay_and_not_which_bill(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(WU)
    answer = await chat.say("I cannot pay it all this month, in parts?", "payment_arrangement")
    assert "In how many monthly parts" in answer


@pytest.mark.parametrize("words", ["no, make it 12", "不对，改成12", "12 please"])
async def test_bare_number_changes_the_parts_that_were_to_be_confirmed(
    kept: FakeAccounts, words: str
) -> None:
    chat = await asked_for_parts(kept)
    await chat.say("3 parts", instalments="3")
    await chat.say("on the 5th of December", date="the 5th of December")
    assert "in 12 monthly parts" in await chat.say(words, "correct", digits="12", number="12")


async def test_another_question_that_names_a_day_is_no_day_to_pay_on(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(WU)
    await chat.say("can I pay the bill later", "payment_arrangement")
    asked = "are you open next Saturday?"
    await chat.say(asked, "order_status", date="next Saturday")
    assert chat.turns[-1].account.flow == "order_status"
