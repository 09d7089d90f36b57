"""What do I owe? Led through the engine."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money
from switchyard_actions.domain.verification import VerificationLevel

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.company import (
    AUGUST,
    LAMP,
    LIN,
    OCTOBER,
    SEPTEMBER,
    WU,
    WUS_BILL,
    accounts,
    talk,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def kept() -> FakeAccounts:
    return accounts()


async def test_balance_is_told_with_the_bills_it_is_made_of(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say("how much do I owe", "bill_balance")
    assert answer.split("\n")[:3] == [
        "You owe 159.50 yuan in all:",
        f"{OCTOBER} for October: 79 yuan, due on Tuesday, 1 December",
        f"{SEPTEMBER} for September: 80.50 yuan, overdue, it was due on 31 October",
    ]
    assert AUGUST not in answer


async def test_balance_is_told_in_chinese(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    answer = await chat.say("我欠多少钱", "bill_balance")
    assert "您一共需要付 159.50 元：" in answer
    assert f"{OCTOBER}，10 月：79 元，请在 12 月 1 日（星期二）之前付清" in answer


async def test_nothing_is_told_before_verification(kept: FakeAccounts) -> None:
    chat = talk(kept)
    assert "yuan" not in await chat.say("how much do I owe", "bill_balance")
    await chat.say(LAMP, order_number=LAMP)
    assert "yuan" not in await chat.say("0000", phone_digits="0000", digits="0000")
    await chat.say(LAMP, order_number=LAMP)
    assert "159.50 yuan" in await chat.say("5678", phone_digits="5678", digits="5678")


@pytest.mark.parametrize(
    ("words", "number", "state"),
    [
        ("did you get my payment for August", AUGUST, "has been paid"),
        ("last month's bill", OCTOBER, "not paid yet"),
        ("九月的账单", SEPTEMBER, "overdue"),
        ("what about 2026-10", OCTOBER, "not paid yet"),
    ],
)
async def test_a_bill_can_be_named_by_its_month(
    kept: FakeAccounts, words: str, number: str, state: str
) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(words, "bill_balance")
    assert number in answer
    assert state in answer


async def test_a_bill_can_be_named_by_its_number(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"bill {AUGUST}", "bill_balance", bill_number=AUGUST)
    assert answer == f"Your bill {AUGUST} for August (79 yuan) has been paid."


async def test_correction_leads_to_the_other_bill(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"bill {AUGUST}", "bill_balance", bill_number=AUGUST)
    assert OCTOBER in await chat.say("no, the one for October", "correct")


async def test_another_ones_bill_is_as_if_it_did_not_exist(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    theirs = await chat.say(f"bill {WUS_BILL}", "bill_balance", bill_number=WUS_BILL)
    nobodys = await chat.say("bill B202601999999", "bill_balance", bill_number="B202601999999")
    assert theirs == nobodys == "I find no bill with that number in your name."
    assert chat.dialogue.level is VerificationLevel.VERIFIED


async def test_month_without_a_bill_is_said(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    assert "no bill for that month" in await chat.say("my bill for March", "bill_balance")


@pytest.mark.parametrize("words", ["what do I have to pay this month", "这个月要交多少"])
async def test_this_month_means_what_is_owed_now(kept: FakeAccounts, words: str) -> None:
    chat = talk(kept).verified(LIN)
    assert "You owe 159.50 yuan" in await chat.say(words, "bill_balance")


async def test_nothing_owed_is_said(kept: FakeAccounts) -> None:
    kept.bills_of[LIN] = kept.bills_of[LIN][2:]
    chat = talk(kept).verified(LIN)
    assert await chat.say("do I owe anything", "bill_balance") == (
        "You have no bills to pay at the moment."
    )


async def test_nothing_owed_is_not_promised_when_a_source_failed(kept: FakeAccounts) -> None:
    kept.bills_of[LIN] = kept.bills_of[LIN][2:]
    kept.complete = False
    chat = talk(kept).verified(LIN)
    assert "cannot be sure" in await chat.say("do I owe anything", "bill_balance")


async def test_half_an_answer_is_said_to_be_half(kept: FakeAccounts) -> None:
    kept.complete = False
    chat = talk(kept).verified(LIN)
    assert "bills that I cannot see" in await chat.say("do I owe anything", "bill_balance")


async def test_sums_of_several_currencies_are_not_added(kept: FakeAccounts) -> None:
    kept.bills_of[LIN][0] = replace(kept.bills_of[LIN][0], amount=Money("USD", 1199))
    chat = talk(kept).verified(LIN)
    answer = await chat.say("how much do I owe", "bill_balance")
    assert answer.startswith("You owe $11.99 and 80.50 yuan in all:")


async def test_crm_down_is_said(kept: FakeAccounts) -> None:
    kept.available = False
    chat = talk(kept).verified(LIN)
    assert "not answering" in await chat.say("how much do I owe", "bill_balance")


async def test_overdue_bill_leads_to_paying_it_in_parts(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say("the bill for September", "bill_balance")
    assert "pay in parts or later" in answer
    assert "In how many monthly parts" in await chat.say("yes", "affirm")


async def test_bill_that_is_not_due_yet_leads_to_no_offer(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(WU)
    assert "in parts" not in await chat.say("what do I owe", "bill_balance")
    assert chat.dialogue.offer is None
