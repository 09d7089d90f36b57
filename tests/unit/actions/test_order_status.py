"""Where is my order? Led through the engine."""

from dataclasses import replace
from datetime import date

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import VerificationLevel

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.company import EARBUDS, KETTLE, LAMP, LIN, WU, WUS, accounts, talk

pytestmark = pytest.mark.unit


@pytest.fixture
def kept() -> FakeAccounts:
    return accounts()


async def test_number_and_digits_of_a_stranger_lead_straight_to_the_order(
    kept: FakeAccounts,
) -> None:
    chat = talk(kept)
    assert "order number" in await chat.say("where is my order", "order_status")
    assert "last four digits" in await chat.say(LAMP, order_number=LAMP)
    answer = await chat.say("5678", phone_digits="5678", digits="5678")
    assert answer == (
        f"Order {LAMP} (Desk lamp) has been shipped with Blue Goose, tracking number BG77. "
        "It should arrive tomorrow (28 November)."
    )
    assert chat.turns[-1].account.finished == ("order_status",)
    assert chat.dialogue.known["order_state"] == "shipped"


async def test_order_is_told_in_chinese(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    answer = await chat.say("SY20262222 到哪了", "order_status", order_number=KETTLE)
    assert answer == (
        f"订单 {KETTLE}（Electric kettle）已打包，即将发货，预计 11 月 30 日（星期一）送达。"
    )


async def test_who_has_several_orders_chooses(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    assert "Which order" in await chat.say("where is my order", "order_status")
    assert chat.choices == [
        f"{EARBUDS} Earbuds",
        f"{KETTLE} Electric kettle",
        f"{LAMP} Desk lamp",
    ]
    assert "packed" in await chat.say(f"{KETTLE} Electric kettle", "out_of_scope")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("the one from yesterday", EARBUDS),
        ("昨天那个", EARBUDS),
        ("the kettle please", KETTLE),
        ("the newest one", EARBUDS),
        ("the one I ordered last Friday", LAMP),
        ("11月24号的", KETTLE),
    ],
)
async def test_an_order_can_be_described(kept: FakeAccounts, words: str, number: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    assert number in await chat.say(words, "give_details")


async def test_an_order_can_be_picked_by_a_bare_figure(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    assert KETTLE in await chat.say("2", number="2", digits="2")


@pytest.mark.parametrize(("ordinal", "number"), [("2", KETTLE), ("-1", LAMP)])
async def test_an_order_can_be_counted_off(kept: FakeAccounts, ordinal: str, number: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    assert number in await chat.say("that one", ordinal=ordinal)


async def test_yesterdays_order_is_understood_at_once(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    assert EARBUDS in await chat.say("where is what I bought yesterday", "order_status")


async def test_a_day_without_orders_is_said_and_all_are_shown(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say("where is what I ordered three days ago", "order_status")
    assert KETTLE in answer
    answer = await chat.say("the one of 3 November", "correct")
    assert "no order that fits" in answer
    assert len(chat.choices) == 3


async def test_correction_after_the_answer_leads_to_the_other_order(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    await chat.say("SY20261111 到哪了", "order_status", order_number=LAMP)
    assert EARBUDS in await chat.say("不是这个，是昨天那个", "correct", date="昨天")


async def test_not_that_one_leaves_the_others_to_choose(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is SY20261111", "order_status", order_number=LAMP)
    await chat.say("no, not that one", "correct")
    assert chat.choices == [f"{EARBUDS} Earbuds", f"{KETTLE} Electric kettle"]


@pytest.mark.parametrize("words", ["what about the other one", "那另外一个呢"])
async def test_the_other_one_is_not_the_one_just_told(kept: FakeAccounts, words: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is SY20262222", "order_status", order_number=KETTLE)
    await chat.say(words, "order_status")
    assert chat.choices == [f"{EARBUDS} Earbuds", f"{LAMP} Desk lamp"]


@pytest.mark.parametrize("intent", ["order_status", "correct"])
async def test_an_order_is_found_by_what_is_in_it(kept: FakeAccounts, intent: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is SY20262222", "order_status", order_number=KETTLE)
    assert f"Order {LAMP}" in await chat.say("and the lamp, where is that", intent)


async def test_wrong_one_without_a_word_of_which_leaves_the_others_to_choose(
    kept: FakeAccounts,
) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is SY20262222", "order_status", order_number=KETTLE)
    await chat.say("that is wrong", "correct")
    assert chat.choices == [f"{EARBUDS} Earbuds", f"{LAMP} Desk lamp"]


async def test_all_orders_are_listed(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say("show me all my orders", "order_status")
    assert answer.startswith("These are your latest 3 orders:")
    assert f"{EARBUDS}: Earbuds, ordered yesterday (26 November), waiting to be packed" in answer
    assert f"Order {LAMP}" in await chat.say("the lamp")


async def test_a_follow_up_means_the_order_talked_about(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is SY20262222", "order_status", order_number=KETTLE)
    assert KETTLE in await chat.say("and when will it come?", "order_status")


async def test_late_order_is_told_with_an_apology(kept: FakeAccounts) -> None:
    lamp = kept.orders_of[LIN][2]
    kept.orders_of[LIN][2] = replace(lamp, delivery_date=date(2026, 11, 25))
    chat = talk(kept).verified(LIN)
    answer = await chat.say("where is SY20261111", "order_status", order_number=LAMP)
    assert "should have arrived on Wednesday, 25 November" in answer
    assert "sorry" in answer


async def test_somebody_elses_order_has_to_be_proven_and_reveals_nothing(
    kept: FakeAccounts,
) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"where is {WUS}", "order_status", order_number=WUS)
    assert "Umbrella" not in answer
    assert "four digits" in answer
    assert chat.dialogue.level is VerificationLevel.IDENTIFIED
    answer = await chat.say("5678", phone_digits="5678", digits="5678")
    assert "Umbrella" not in answer
    assert chat.dialogue.customer == ""


async def test_what_was_proven_belongs_to_one_customer(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"where is {LAMP}", "order_status", order_number=LAMP)
    await chat.say(f"where is {WUS}", "order_status", order_number=WUS)
    assert "Umbrella" in await chat.say("4321", phone_digits="4321", digits="4321")
    assert chat.dialogue.customer == WU
    answer = await chat.say(f"and {LAMP}?", "order_status", order_number=LAMP)
    assert "Desk lamp" not in answer
    assert chat.dialogue.customer == ""


async def test_crm_down_is_said_with_the_offer_of_a_person(kept: FakeAccounts) -> None:
    kept.available = False
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"where is {LAMP}", "order_status", order_number=LAMP)
    assert "not answering" in answer
    assert chat.turns[-1].account.outcome == "error"
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.slots["order_number"] == LAMP


async def test_nothing_is_lost_when_crm_comes_back(kept: FakeAccounts) -> None:
    kept.available = False
    chat = talk(kept).verified(LIN)
    await chat.say(f"where is {LAMP}", "order_status", order_number=LAMP)
    kept.available = True
    assert LAMP in await chat.say("try again, where is my order", "order_status")


async def test_half_an_answer_is_said_to_be_half(kept: FakeAccounts) -> None:
    kept.complete = False
    chat = talk(kept).verified(LIN)
    answer = await chat.say("list my orders", "order_status")
    assert "may be orders that I cannot see" in answer


async def test_order_that_half_an_answer_lacks_is_no_strangers(kept: FakeAccounts) -> None:
    kept.complete = False
    chat = talk(kept).verified(LIN)
    answer = await chat.say("where is SY20260000", "order_status", order_number="SY20260000")
    assert "not answering" in answer
    assert chat.dialogue.level is VerificationLevel.VERIFIED


async def test_customer_without_orders_is_told_so(kept: FakeAccounts) -> None:
    kept.orders_of[LIN] = []
    chat = talk(kept).verified(LIN)
    assert "no orders in your name" in await chat.say("where is my order", "order_status")


async def test_a_digression_is_answered_and_the_choice_comes_back(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    answer = await chat.say("how much do I owe", "bill_balance")
    assert "You owe" in answer
    assert "back to checking your order" in answer
    assert len(chat.choices) == 3


async def test_who_has_no_number_chooses(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    assert "do not need the number" in await chat.say("no number at hand", "no_details")
    assert len(chat.choices) == 3


async def test_refusing_to_choose_ends_it(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("where is my order", "order_status")
    await chat.say("no", "deny")
    assert chat.dialogue.task is None
