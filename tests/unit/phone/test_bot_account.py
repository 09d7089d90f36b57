"""What a call's conversation is said to have come to."""

from typing import Any

import pytest
from switchyard_common.bot_events import Event, TurnFacts
from switchyard_common.clock import FakeClock
from switchyard_phone.domain.caller_events import Answered, Handover
from switchyard_phone.domain.language import Language
from switchyard_phone.service.bot_account import BotAccount
from switchyard_phone.service.dialogue import Reply

pytestmark = pytest.mark.unit

EN = Language.ENGLISH
ORDER = Reply(
    Answered(says=("Delivered.",)),
    TurnFacts(
        intent="order_status",
        confidence=0.91,
        level="verified",
        flow="order_status",
        step="done",
        finished=("order_status",),
    ),
)
LOST = Reply(Answered(says=("Sorry?",)), TurnFacts(intent="nlu_fallback"))
PERSON = Reply(Answered(says=("One moment.",), handover=Handover("asked")))


class Call:
    """An account, and what it told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.clock = FakeClock()
        self.account = BotAccount(self, self.clock, "talk")

    def add(self, event: Event) -> None:
        self.events.append(event)

    def over(self) -> dict[str, Any]:
        self.account.over(EN)
        assert self.events[-1].type == "bot.ended"
        return dict(self.events[-1].data)


@pytest.fixture
def call() -> Call:
    return Call()


def test_each_answer_is_a_turn_with_how_long_it_took(call: Call) -> None:
    call.account.answered(ORDER, EN, 0.0421)
    call.account.answered(LOST, EN, 0.1)
    first, second = (event.data for event in call.events)
    assert first == {
        "conversation": "talk",
        "intent": "order_status",
        "confidence": 0.91,
        "language": "en",
        "verification_level": "verified",
        "outcome": "answered",
        "flow": "order_status",
        "step": "done",
        "sentiment": 0.0,
        "channel": "phone",
        "turn": 1,
        "latency_ms": 42,
    }
    assert (second["turn"], second["outcome"]) == (2, "fallback")


def test_a_bot_that_is_away_is_a_turn_that_failed(call: Call) -> None:
    call.account.answered(None, EN, 8.0)
    assert (call.events[0].data["outcome"], call.events[0].data["latency_ms"]) == ("error", 8000)


def test_the_contact_that_a_caller_became_is_told_by_its_id(call: Call) -> None:
    call.account.answered(PERSON, EN, 0.1)
    call.account.queued("tenants/demo/contacts/c1", "asked", EN)
    assert call.events[0].data["outcome"] == "handed_over"
    assert call.events[1].type == "bot.handed_over"
    assert call.events[1].data == {
        "conversation": "talk",
        "reason": "asked",
        "contact": "c1",
        "language": "en",
    }


def test_who_hung_up_in_the_menu_left(call: Call) -> None:
    call.clock.advance(7.5)
    ended = call.over()
    assert (ended["outcome"], ended["turns"], ended["duration_ms"]) == ("left", 0, 7500)
    assert ended["channel"] == "phone"


def test_who_got_it_from_the_bot_served_themselves(call: Call) -> None:
    call.account.answered(ORDER, EN, 0.1)
    ended = call.over()
    assert (ended["outcome"], ended["flows"]) == ("self_served", ("order_status",))


def test_who_waited_in_vain_was_failed(call: Call) -> None:
    call.account.answered(ORDER, EN, 0.1)
    call.account.queued("tenants/demo/contacts/c1", "asked", EN)
    assert call.over()["outcome"] == "failed"


def test_who_gave_up_waiting_and_then_got_it_from_the_bot_served_themselves(call: Call) -> None:
    call.account.queued("tenants/demo/contacts/c1", "asked", EN)
    call.account.answered(ORDER, EN, 0.1)
    assert call.over()["outcome"] == "self_served"


def test_whom_an_agent_has_was_handed_over(call: Call) -> None:
    call.account.queued("tenants/demo/contacts/c1", "asked", EN)
    call.account.served()
    assert call.over()["outcome"] == "handed_over"
