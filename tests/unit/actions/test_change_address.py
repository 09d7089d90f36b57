"""Please deliver it somewhere else. Led through the engine."""

from dataclasses import replace
from typing import ClassVar

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import OrderState
from switchyard_actions.service.accounts import AddressChanged, Declined, Refusal

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.actions.company import EARBUDS, KETTLE, LAMP, LIN, WU, WUS, accounts, talk

pytestmark = pytest.mark.unit

HOME = "12 Harbour Road, Bristol"


@pytest.fixture
def kept() -> FakeAccounts:
    return accounts()


def delivered_to(kept: FakeAccounts, number: str) -> str:
    orders = (order for orders in kept.orders_of.values() for order in orders)
    return next(order.delivery_address for order in orders if order.number == number)


async def test_address_is_changed_after_a_yes(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"deliver {KETTLE} elsewhere", "change_address", order_number=KETTLE)
    assert f"Where should order {KETTLE} be delivered" in answer
    answer = await chat.say(HOME, "nlu_fallback")
    assert answer == f"I will have order {KETTLE} delivered to: {HOME}. Is that right?"
    assert delivered_to(kept, KETTLE) == ""
    answer = await chat.say("yes", "affirm")
    assert (
        answer == f"Done: order {KETTLE} will be delivered to: {HOME}. The reference is CS-100001."
    )
    assert delivered_to(kept, KETTLE) == HOME
    assert chat.dialogue.known["ticket_number"] == "CS-100001"


async def test_address_is_changed_in_chinese(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    answer = await chat.say(
        "SY20262222改送到杭州市西湖区文三路88号3号楼", "change_address", order_number=KETTLE
    )
    assert answer == f"我将把订单 {KETTLE} 改送到：杭州市西湖区文三路88号3号楼。对吗？"
    assert "受理编号 CS-100001" in await chat.say("对", "affirm")
    assert delivered_to(kept, KETTLE) == "杭州市西湖区文三路88号3号楼"


async def test_all_in_one_sentence_leads_straight_to_the_question(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(
        f"ship {EARBUDS} to {HOME} instead", "change_address", order_number=EARBUDS
    )
    assert f"delivered to: {HOME}. Is that right?" in answer


async def test_only_orders_that_are_still_here_are_offered(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("I need another delivery address", "change_address")
    assert chat.choices == [f"{EARBUDS} Earbuds", f"{KETTLE} Electric kettle"]
    await chat.say("the kettle")
    assert f"{KETTLE} delivered" in await chat.say(HOME, "nlu_fallback")


async def test_the_only_one_that_is_still_here_is_taken(kept: FakeAccounts) -> None:
    kept.orders_of[LIN] = kept.orders_of[LIN][1:]
    chat = talk(kept).verified(LIN)
    answer = await chat.say("I need another delivery address", "change_address")
    assert f"Where should order {KETTLE} be delivered" in answer


async def test_figures_of_an_address_are_no_order_and_no_day(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    await chat.say("改地址", "change_address", order_number=KETTLE)
    answer = await chat.say("杭州市文三路3号 20261111 室", "give_details", order_number=LAMP)
    assert f"订单 {KETTLE} 改送到：杭州市文三路3号 20261111 室" in answer


async def test_address_is_corrected_before_the_yes(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    await chat.say(HOME, "nlu_fallback")
    answer = await chat.say("no, send it to 7 Mill Lane, York", "correct")
    assert f"{KETTLE} delivered to: 7 Mill Lane, York. Is that right?" in answer
    await chat.say("yes", "affirm")
    assert delivered_to(kept, KETTLE) == "7 Mill Lane, York"
    assert len(kept.changes) == 1


async def test_order_is_corrected_before_the_yes(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    await chat.say(HOME, "nlu_fallback")
    answer = await chat.say(f"not that order, {EARBUDS}", "correct", order_number=EARBUDS)
    assert f"{EARBUDS} delivered to: {HOME}" in answer
    await chat.say("yes", "affirm")
    assert (delivered_to(kept, KETTLE), delivered_to(kept, EARBUDS)) == ("", HOME)


async def test_who_does_not_know_the_address_yet_is_told_the_way_out(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    assert 'just say "stop"' in await chat.say("I don't know it yet", "no_details")


async def test_not_that_address_leaves_the_order_alone(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    await chat.say("not that address", "correct")
    answer = await chat.say("to 7 Mill Lane, York", "give_details")
    assert f"{KETTLE} delivered to: 7 Mill Lane, York" in answer


async def test_no_to_the_question_asks_what_is_wrong_and_changes_nothing(
    kept: FakeAccounts,
) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    assert "what it should be instead" in await chat.say("no", "deny")
    await chat.say("forget it", "cancel")
    assert chat.dialogue.task is None
    assert kept.changes == {}


async def test_order_is_asked_for_when_only_the_address_is_known(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    assert "Which order" in await chat.say(f"deliver to {HOME} instead", "change_address")
    answer = await chat.say("the second one", ordinal="2")
    assert answer == f"I will have order {KETTLE} delivered to: {HOME}. Is that right?"


async def test_a_question_in_between_is_no_address(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    answer = await chat.say("where is it now, by the way?", "order_status")
    assert answer.startswith(f"Order {KETTLE} (Electric kettle) is packed")
    assert "Where should order" in answer


@pytest.mark.parametrize("words", ["Flat 2, 9 King Street, Leeds", "9 King Street, Leeds LS1"])
async def test_another_address_in_place_of_a_yes_is_taken(kept: FakeAccounts, words: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    assert f"delivered to: {words}. Is that right?" in await chat.say(words, "nlu_fallback")


async def test_another_order_in_place_of_a_yes_is_taken(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    await chat.say("SY20262222改送到文三路88号", "change_address", order_number=KETTLE)
    assert f"订单 {EARBUDS} 改送到：文三路88号" in await chat.say("昨天那单", date="昨天")


@pytest.mark.parametrize("words", ["ab", "12", "x" * 201, "my mother's place"])
async def test_what_is_no_address_is_asked_for_again(kept: FakeAccounts, words: str) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    answer = await chat.say(words, "nlu_fallback")
    assert "whole address" in answer
    assert f"{KETTLE}" in answer


async def test_shipped_order_is_refused_with_what_can_be_done_instead(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"change {LAMP}", "change_address", order_number=LAMP)
    assert "already been shipped" in answer
    assert "ask Blue Goose to redirect it, with tracking number BG77" in answer
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "not_possible"
    assert kept.changes == {}


async def test_order_shipped_between_question_and_yes_is_refused(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    kept.orders_of[LIN][1] = replace(kept.orders_of[LIN][1], state=OrderState.SHIPPED)
    assert "already been shipped" in await chat.say("yes", "affirm")
    assert kept.changes == {}


async def test_without_anything_left_to_change_a_person_is_offered(kept: FakeAccounts) -> None:
    kept.orders_of[LIN] = kept.orders_of[LIN][2:]
    chat = talk(kept).verified(LIN)
    answer = await chat.say("another delivery address please", "change_address")
    assert "None of your orders is still waiting" in answer


async def test_another_ones_order_is_never_changed(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    answer = await chat.say(f"send {WUS} to {HOME}", "change_address", order_number=WUS)
    assert "four digits" in answer
    await chat.say("5678", phone_digits="5678", digits="5678")
    await chat.say("yes", "affirm")
    assert kept.changes == {}
    assert delivered_to(kept, WUS) == ""


async def test_who_proves_the_other_order_changes_that_one(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"send {WUS} to {HOME}", "change_address", order_number=WUS)
    await chat.say("4321", phone_digits="4321", digits="4321")
    await chat.say("yes", "affirm")
    assert list(kept.changes.values()) == [("change_address", WU, WUS, HOME)]


async def test_repeating_after_a_failure_asks_for_the_same_change_once(kept: FakeAccounts) -> None:
    class Flaky(FakeAccounts):
        """Does it, but the answer is lost the first time."""

        asked: ClassVar[list[str]] = []

        async def change_address(
            self, customer: str, order_number: str, address: str, request_id: str
        ) -> AddressChanged:
            self.asked.append(request_id)
            done = await super().change_address(customer, order_number, address, request_id)
            self.available = len(self.asked) > 1
            self._answer()
            return done

    flaky = Flaky(kept.today, kept.orders_of, kept.bills_of)
    chat = talk(flaky).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    assert "not answering" in await chat.say("yes", "affirm")
    flaky.available = True
    assert "Done" in await chat.say("change the address again", "change_address")
    assert len(flaky.asked) == 2
    assert len(set(flaky.asked)) == 1
    assert HOME not in flaky.asked[0]


async def test_address_the_company_will_not_take_is_asked_for_again(kept: FakeAccounts) -> None:
    class Picky(FakeAccounts):
        """Takes no address."""

        async def change_address(
            self, customer: str, order_number: str, address: str, request_id: str
        ) -> AddressChanged:
            raise Declined(Refusal.INVALID)

    chat = talk(Picky(kept.today, kept.orders_of, kept.bills_of)).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    assert "not accepted" in await chat.say("yes", "affirm")
    assert "7 Mill Lane, York" in await chat.say("7 Mill Lane, York", "nlu_fallback")


async def test_person_who_takes_over_sees_order_and_address(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say(f"to {HOME} please", "change_address", order_number=KETTLE)
    await chat.say("let me talk to somebody", "ask_person")
    assert chat.handed_over is not None
    assert chat.handed_over.slots["address"] == HOME
    assert f"Wants order {KETTLE} delivered to: {HOME}" in chat.handed_over.summary


async def test_markup_and_templates_in_an_address_stay_plain_text(kept: FakeAccounts) -> None:
    chat = talk(kept).verified(LIN)
    await chat.say("change it", "change_address", order_number=KETTLE)
    answer = await chat.say("{number} <b>1</b> High Street\u202e\n{{7*7}}, Bath", "nlu_fallback")
    assert "delivered to: {number} <b>1</b> High Street {{7*7}}, Bath. Is" in answer


async def test_house_number_of_an_address_that_is_asked_for_is_no_day(kept: FakeAccounts) -> None:
    chat = talk(kept, Language.CHINESE).verified(LIN)
    await chat.say(f"{KETTLE}改地址", "change_address", order_number=KETTLE)
    answer = await chat.say("那还是送我家，成都市武侯区科华北路12号", "change_address")
    assert "科华北路12号。对吗？" in answer
