"""One caller's way: what is said, what is asked of the bot, and who takes over."""

import pytest
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_session import Phase
from switchyard_phone.domain.language import Language

from tests.fakes.phone.led_caller import Call, keys, one

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH


def test_who_calls_for_the_first_time_chooses_a_language() -> None:
    call = Call(language=None)
    assert call.said == [
        "您好，欢迎致电本公司。",
        "Welcome to our service line.",
        "中文服务，请按 1。",
        "For English, press 2.",
    ]
    call.press("2")
    assert call.said[:2] == ["Welcome to our service line.", "Please choose a service."]
    assert call.said[-1] == "For a person, press 0."


def test_who_chooses_no_language_hears_the_first() -> None:
    call = Call(language=None)
    for _ in range(3):
        call.wait()
    assert call.session.language is ZH
    assert call.said[0] == "您好，欢迎致电本公司。"


def test_a_known_language_is_not_asked_for() -> None:
    assert Call(language=ZH).said[1] == "请选择您需要的服务。"


def test_a_key_silences_what_is_being_said() -> None:
    assert Call().press("1")[0] == ev.Stop()


def test_a_key_after_all_was_said_has_nothing_to_silence() -> None:
    call = Call()
    call.tell(ev.Played())
    assert ev.Stop() not in call.press("1")


def test_values_are_gathered_and_told_the_bot_with_the_wish() -> None:
    call = Call()
    call.press("11")
    assert call.said == ["Please enter the eight digits of your order number."]
    call.press("20261234")
    call.press("5678")
    assert call.asked.turn == keys("order_status", order_number="20261234", phone_last4="5678")


def test_who_has_no_number_at_hand_presses_hash_and_the_bot_asks() -> None:
    call = Call()
    call.press("11#")
    assert call.asked.turn == keys("order_status")


def test_the_bot_asks_for_a_value_that_is_keyed_in() -> None:
    call = Call()
    call.press("21")
    assert call.asked.turn == keys("bill_balance")
    call.answer("Please enter your service PIN, four to eight digits.", step="ask.pin")
    assert call.said[-1] == "Then press the hash key."
    collect = one(call.outputs, ev.Collect)
    assert collect.rule.secret
    assert not collect.listen
    call.press("4711#")
    assert call.asked.turn == keys(pin="4711")


def test_nobody_listens_while_a_secret_is_keyed_in() -> None:
    call = Call(speech=True)
    assert one(call.outputs, ev.Collect).listen
    call.press("21")
    call.answer("PIN?", step="ask.pin")
    assert not one(call.outputs, ev.Collect).listen
    call.tell(ev.Played())
    assert call.session.voice.ear is None


def test_answers_that_the_bot_shows_are_picked_by_key() -> None:
    call = Call()
    call.press("21")
    call.answer("How?", step="ask.method", choices=("Send a code", "Use my PIN"))
    assert call.said == ["How?", "Send a code: press 1.", "Use my PIN: press 2."]
    call.press("2")
    assert call.asked.turn == keys(choice="2")


def test_a_number_may_be_picked_or_keyed_in() -> None:
    for pressed, told in (("1#", keys(choice="1")), ("13812345678#", keys(contact="13812345678"))):
        call = Call()
        call.press("5")
        call.answer("Which number?", step="ask.contact", choices=("+8613900000000",))
        call.press(pressed)
        assert call.asked.turn == told


def test_a_number_that_is_too_short_is_asked_for_again() -> None:
    call = Call()
    call.press("5")
    call.answer("Which number?", step="ask.contact", choices=("+8613900000000",))
    call.press("77#")
    assert call.said[0].startswith("Sorry, that is not the right number of digits.")


@pytest.mark.parametrize(("key", "intent"), [("1", "affirm"), ("2", "deny")])
def test_one_is_yes_and_two_is_no(key: str, intent: str) -> None:
    call = Call()
    call.press("5")
    call.answer("We will call you. Is that right?", step="confirm")
    assert call.said[-1] == "For yes, press 1. For no, press 2."
    call.press(key)
    assert call.asked.turn == keys(intent)


def test_a_rating_is_one_key_and_hash_skips_it() -> None:
    call = Call()
    call.press("4")
    call.answer("How was it?", step="ask.rating", choices=("5 very good", "4", "3", "2", "1"))
    call.press("7")
    assert call.said[0].startswith("Sorry, that is not the right")
    call.press("5")
    assert call.asked.turn == keys(rating="5")
    call.answer("How was it?", step="ask.rating", choices=("5", "4"))
    call.press("#")
    assert call.asked.turn == keys("deny")


def test_what_keys_cannot_give_needs_a_person_or_words() -> None:
    call = Call()
    call.press("4")
    call.answer("To which address?", step="ask.address")
    assert call.transfer.handover.reason == "not_possible"
    call = Call(speech=True)
    call.press("4")
    call.answer("To which address?", step="ask.address")
    call.speak("12 Nanjing Road")
    assert call.asked.turn == ev.Words("12 Nanjing Road")


def test_after_an_answer_the_caller_hears_it_again_goes_on_or_hangs_up() -> None:
    call = Call()
    call.press("4")
    call.answer("We are open.", step="done")
    first = call.said
    assert first[0] == "We are open."
    call.press("*")
    assert call.said == first
    call.press("#")
    assert call.said[0] == "Please choose a service."
    call.press("4")
    call.answer("We are open.", step="done")
    call.wait()
    assert call.said == ["Thank you for calling. Goodbye!"]
    assert call.outputs[-1] == ev.HangUp()
    assert call.session.phase is Phase.ENDED


def test_wrong_keys_and_silences_in_a_row_bring_a_person() -> None:
    call = Call()
    call.press("8")
    assert call.said[0] == "Sorry, that is not one of the options."
    assert call.said[1] == "Please choose a service."
    call.wait()
    assert call.said[0] == "Sorry, I did not get a key."
    call.wait()
    assert call.transfer.handover.reason == "tries"


def test_a_right_key_forgives_the_wrong_ones() -> None:
    call = Call()
    call.press("88")
    call.press("1")
    call.press("99")
    assert call.session.phase is Phase.CALLER


def test_nine_changes_the_language_in_its_place() -> None:
    call = Call()
    call.press("9")
    assert call.session.language is ZH
    assert call.said[0] == "请选择您需要的服务。"


def test_a_caller_who_waits_for_the_bot_hears_so_and_then_gets_a_person() -> None:
    call = Call()
    call.press("4")
    call.now = call.session.due
    call.tell(ev.Waited())
    assert call.said == ["One moment, please."]
    call.now = call.session.due
    call.tell(ev.Waited())
    assert call.transfer.handover.reason == "bot_failed"


def test_a_bot_that_fails_brings_a_person() -> None:
    call = Call()
    call.press("4")
    call.tell(ev.BotFailed())
    assert call.transfer.handover.reason == "bot_failed"


def test_the_bot_brings_a_person_with_what_it_knows() -> None:
    call = Call()
    call.press("4")
    handover = ev.Handover("complaint", "vip", {"summary": "…"})
    call.tell(ev.Answered(("I am bringing in a person.",), handover=handover))
    assert call.said == ["I am bringing in a person."]
    assert call.transfer == ev.Transfer(handover, EN)


def test_when_nobody_can_be_had_the_bot_offers_something_else_and_in_the_end_says_goodbye() -> None:
    call = Call()
    call.press("0")
    for _ in range(2):
        call.tell(ev.NoPerson("queue_full"))
        assert call.asked.turn == ev.Happened("hand_over_failed", {"reason": "queue_full"})
        call.answer("Shall I open a ticket?", choices=("Ticket", "Callback"))
        call.press("0")
    call.tell(ev.NoPerson("queue_full"))
    assert call.outputs[-1] == ev.HangUp()


def test_after_a_person_the_bot_speaks_again() -> None:
    call = Call()
    call.press("0")
    call.tell(ev.Back("agent_ended", "agents/1"))
    facts = {"after": "agent_ended", "agent": "agents/1"}
    assert call.asked.turn == ev.Happened("hand_back", facts)


def test_the_bot_may_say_goodbye() -> None:
    call = Call(speech=True)
    call.press("4")
    call.tell(ev.Answered(("Goodbye!",), farewell=True))
    assert call.said == ["Goodbye!"]
    assert call.outputs[-1] == ev.HangUp()


def test_no_event_or_output_shows_what_was_keyed_in_or_said() -> None:
    call = Call(speech=True)
    call.press("21")
    call.answer("PIN?", step="ask.pin")
    call.press("4711#")
    shown = repr((call.session, call.outputs, ev.Pressed("4"), ev.Spoken(1, "my words")))
    assert "4711" not in shown
    assert "my words" not in shown
    assert "PIN?" not in shown
