"""Flows led by keys alone, as the telephone tells them."""

from typing import Any

import pytest
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.keyed import heard_by_keys
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Survey
from switchyard_actions.domain.verification import VerificationLevel
from switchyard_actions.entrypoints.rasa.call import read

from tests.fakes.actions.company import LAMP, LIN, accounts, talk
from tests.fakes.actions.desk import Desk
from tests.fakes.actions.talk import Talk

pytestmark = pytest.mark.unit


def tracker(keys: object, intent: str = "give_details") -> dict[str, Any]:
    message = {
        "text": f'/{intent}{{"language": "en"}}',
        "intent": {"name": intent, "confidence": 1.0},
        "entities": [{"entity": "language", "value": "en"}],
        "metadata": {"keys": keys, "channel": "phone", "language": "en"},
    }
    return {"slots": {"language": "en"}, "latest_message": message}


async def keyed(call: Talk, intent: str = "give_details", **slots: str) -> str:
    """One turn by keys, through what Rasa passes on."""
    return await call.hear(read(tracker(slots, intent), "call-1").heard)


@pytest.fixture
def call() -> Talk:
    return talk(accounts())


def test_keys_are_values_by_name_and_no_facts_of_an_event() -> None:
    heard = read(tracker({"order_number": "20261234", "phone_last4": "5678"}), "call-1").heard
    assert heard.entities == {"order_number": ("20261234",), "phone_digits": ("5678",)}
    assert (heard.text, heard.facts, heard.place) == ("20261234 5678", {}, 0)


@pytest.mark.parametrize("keys", ["12", None, ["1"], {"pin": "not digits"}, {"choice": "x"}])
def test_what_is_no_key_is_nothing(keys: object) -> None:
    heard = read(tracker(keys), "call-1").heard
    assert (heard.text, heard.entities, heard.place) == ("", {}, 0)


def test_words_cannot_bring_keys() -> None:
    state = tracker({"pin": "1234"})
    state["latest_message"]["text"] = "hello"
    assert read(state, "call-1").heard.text == "hello"


def test_a_choice_is_a_place_and_no_words() -> None:
    heard = heard_by_keys(Heard("give_details", Language.ENGLISH), {"choice": "2"})
    assert (heard.place, heard.text) == (2, "")


async def test_an_order_is_told_after_two_numbers_in_one_turn(call: Talk) -> None:
    digits = LAMP.removeprefix("SY")
    answer = await keyed(call, "order_status", order_number=digits, phone_last4="5678")
    assert LAMP in answer
    assert call.dialogue.customer == LIN
    assert call.turns[-1].account.private


async def test_an_order_is_told_after_numbers_asked_for_one_by_one(call: Talk) -> None:
    await keyed(call, "order_status")
    assert call.turns[-1].account.step == "ask.order_number"
    await keyed(call, order_number=LAMP.removeprefix("SY"))
    assert call.turns[-1].account.step == "ask.phone_last4"
    await keyed(call, phone_last4="5678")
    assert call.dialogue.level is VerificationLevel.VERIFIED


async def test_without_a_number_a_way_is_picked_by_key_and_the_pin_keyed_in(call: Talk) -> None:
    await keyed(call, "order_status")
    await keyed(call, "no_details")
    assert call.choices[:2] == ["Use my PIN", "Send a code"]
    await keyed(call, choice="1")
    assert call.turns[-1].account.step == "ask.contact"
    await keyed(call, contact="13812345678")
    assert call.turns[-1].account.step == "ask.pin"
    assert call.turns[-1].account.asks_secret
    await keyed(call, pin="2468")
    assert "2468" not in repr(call.dialogue)


async def test_a_key_for_nothing_shown_is_not_understood(call: Talk) -> None:
    await keyed(call, "order_status")
    await keyed(call, "no_details")
    await keyed(call, choice="9")
    assert call.turns[-1].account.outcome == "fallback"
    assert call.dialogue.task is not None


async def test_a_pin_is_taken_only_where_it_is_asked_for(call: Talk) -> None:
    await keyed(call, "order_status", pin="2468")
    assert call.turns[-1].account.step == "ask.order_number"
    assert "2468" not in repr(call.dialogue)


async def test_after_an_agent_a_caller_rates_by_keys() -> None:
    call = Desk().talk()
    await call.event("hand_back", after="agent_ended", agent="agents/7")
    assert call.turns[-1].account.step == "ask.rating"
    await keyed(call, rating="4")
    assert call.turns[-1].account.step == "ask.resolved"
    await keyed(call, "affirm")
    assert list(call.turns[-1].notices) == [Survey(4, True, "agents/7")]
