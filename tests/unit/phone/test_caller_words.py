"""What a caller's voice does: phrases, doubts, nothing usable, prompts that fall silent."""

from dataclasses import replace
from math import inf

import pytest
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.domain import caller_events as ev
from switchyard_phone.domain.caller_events import By, Heard, Result
from switchyard_phone.domain.caller_questions import What
from switchyard_phone.domain.caller_session import Phase
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.menus import Menus

from tests.fakes.phone.led_caller import Call, keys, one

pytestmark = pytest.mark.unit

SURE, UNSURE, LOST = 0.9, 0.5, 0.1
ZH = Language.CHINESE


def menus_with_notice() -> Menus:
    """The main menu is a legal notice that no voice interrupts."""
    menus = load()
    main = replace(menus.menu("main"), barge_in=False)
    return replace(menus, menus={**menus.menus, "main": main})


def asked_for_address() -> Call:
    call = Call(speech=True)
    call.press("4")
    call.answer("To which address?", step="ask.address")
    return call


def test_menus_offer_words_beside_keys_where_callers_may_speak() -> None:
    assert "For orders and delivery, press 1 or say: my orders." in Call(speech=True).said
    assert "For orders and delivery, press 1." in Call(speech=False).said
    assert "账单和付款，请按 2，或说“账单”。" in Call(speech=True, language=ZH).said


def test_a_menu_listens_for_its_own_words_and_those_of_every_menu() -> None:
    ear = Call(speech=True).session.voice.ear
    assert ear is not None
    assert ear.phrases["2"] == ("my bills", "bills", "billing", "payments")
    assert set(ear.phrases) == {"1", "2", "3", "4", "5", "6", "9", "0", "*"}


def test_saying_a_phrase_is_pressing_its_key() -> None:
    call = Call(speech=True)
    call.speak(phrase="2", confidence=SURE)
    assert call.session.menu == "bills"
    assert one(call.outputs, Heard) == Heard(Result.ACCEPTED, "menu", SURE, "2")
    call.speak(phrase="1", confidence=SURE)
    assert call.asked.turn == keys("bill_balance")


@pytest.mark.parametrize(("phrase", "phase"), [("0", Phase.PERSON), ("*", Phase.CALLER)])
def test_a_person_or_the_same_again_can_be_asked_for_aloud(phrase: str, phase: Phase) -> None:
    call = Call(speech=True)
    call.speak(phrase=phrase, confidence=SURE)
    assert call.session.phase is phase


def test_words_that_are_no_phrase_of_the_menu_go_to_the_bot() -> None:
    call = Call(speech=True)
    call.speak("where is my parcel", confidence=SURE)
    assert call.asked.turn == ev.Words("where is my parcel")


# What is in doubt.


@pytest.mark.parametrize("by_voice", [True, False])
def test_what_is_in_doubt_is_asked_and_done_on_a_yes(by_voice: bool) -> None:
    call = Call(speech=True)
    call.speak(phrase="2", confidence=UNSURE)
    assert call.said == [
        "Did you say: my bills?",
        "Say yes or no, or press 1 for yes and 2 for no.",
    ]
    if by_voice:
        call.speak("yes", phrase="1", confidence=UNSURE)
    else:
        call.press("1")
    assert one(call.outputs, ev.Settled) == ev.Settled(rightly=True)
    assert call.session.menu == "bills"
    assert call.session.misses == 0


@pytest.mark.parametrize("by_voice", [True, False])
def test_on_a_no_the_question_is_asked_again_and_counts_as_missed(by_voice: bool) -> None:
    call = Call(speech=True)
    call.speak(phrase="2", confidence=UNSURE)
    if by_voice:
        call.speak("no", phrase="2", confidence=SURE)
    else:
        call.press("2")
    assert one(call.outputs, ev.Settled) == ev.Settled(rightly=False)
    assert call.session.menu == "main"
    assert call.session.misses == 1
    assert call.said[:2] == ["Sorry, I did not catch that.", "Please choose a service."]


def test_doubt_upon_doubt_leads_to_keys_and_then_to_a_person() -> None:
    call = Call(speech=True)
    for said in ("Sorry, I did not catch that.", "Sorry, I still did not get that."):
        call.speak(phrase="2", confidence=UNSURE)
        call.press("2")
        assert call.said[0].startswith(said)
    assert not call.listens
    call.wait()
    assert call.transfer.handover.reason == "tries"


def test_words_in_doubt_are_said_back_and_then_told_the_bot() -> None:
    call = asked_for_address()
    call.speak("12 Nanjing Road", confidence=0.4)
    assert call.said[0] == "Did you say: 12 Nanjing Road?"
    assert "Nanjing" not in repr((call.session, call.outputs))
    call.speak(phrase="1", confidence=SURE)
    assert call.asked.turn == ev.Words("12 Nanjing Road")


def test_an_answer_that_confirms_something_is_never_taken_on_a_doubt() -> None:
    call = Call(speech=True)
    call.press("5")
    call.answer("We will call you. Is that right?", step="confirm")
    call.speak(phrase="1", confidence=UNSURE)
    assert call.session.awaited is not None
    assert call.session.awaited.what is What.YES_NO
    call.tell(ev.Played())
    call.speak(phrase="1", confidence=SURE)
    assert call.asked.turn == keys("affirm")


# Nothing usable.


def test_twice_nothing_usable_leads_to_keys_and_then_to_a_person() -> None:
    call = Call(speech=True)
    call.tell(ev.Played())
    call.mumble()
    assert call.said[0] == "Sorry, I did not catch that."
    call.tell(ev.Played())
    call.speak(phrase="2", confidence=LOST)
    assert call.said[0].startswith("Sorry, I still did not get that. Please use the keys")
    assert "For orders and delivery, press 1." in call.said
    assert not call.listens
    call.wait()
    assert call.transfer.handover.reason == "tries"


def test_silence_counts_like_words_that_nobody_understood() -> None:
    call = Call(speech=True)
    call.wait()
    assert call.said[0] == "Sorry, I did not hear anything."
    assert one(call.outputs, Heard).result is Result.NO_INPUT
    call.wait()
    assert call.said[0].startswith("Sorry, I still did not get that.")
    call.wait()
    assert call.transfer.handover.reason == "tries"


def test_an_open_question_that_nobody_answers_needs_a_person_sooner() -> None:
    call = asked_for_address()
    for _ in range(2):
        call.tell(ev.Played())
        call.mumble()
    assert call.transfer.handover.reason == "tries"


def test_who_says_a_number_is_told_to_key_it_in() -> None:
    call = Call(speech=True)
    call.press("11")
    call.speak("two zero two six", confidence=SURE)
    assert call.said[0] == "Please enter numbers with the keys of your telephone."
    assert call.outputs[0] == ev.Stop(By.VOICE)
    call.press("20261234")
    assert call.said == ["Please enter the last four digits of the phone number you ordered with."]


def test_who_has_no_number_may_say_so() -> None:
    call = Call(speech=True)
    call.press("11")
    call.speak(phrase="#", confidence=SURE)
    assert call.asked.turn == keys("order_status")


def test_a_choice_is_picked_by_its_words() -> None:
    call = Call(speech=True)
    call.press("21")
    call.answer("How?", step="ask.method", choices=("Send a code", "Use my PIN"))
    assert call.said[-1] == "Or just say it."
    assert call.session.voice.ear is not None
    assert call.session.voice.ear.phrases["2"] == ("Use my PIN",)
    call.speak(phrase="2", confidence=SURE)
    assert call.asked.turn == keys(choice="2")


# Barge-in.


def test_a_voice_hushes_the_prompt_which_goes_on_when_it_was_nothing() -> None:
    call = Call(speech=True)
    before = call.ear
    assert call.begin_to_speak() == (ev.Hush(),)
    assert call.tell(ev.NotUnderstood(before))[-1] == ev.Resume()
    assert call.session.misses == 0
    assert call.ear != before


def test_a_prompt_goes_on_twice_and_is_then_said_to_its_end() -> None:
    call = Call(speech=True)
    for _ in range(2):
        assert ev.Resume() in call.mumble()
    assert call.begin_to_speak() == ()
    assert ev.Resume() not in call.tell(ev.NotUnderstood(call.ear))
    assert call.session.misses == 0
    call.speak(phrase="2", confidence=SURE)
    assert call.outputs[0] == ev.Stop(By.VOICE)
    assert call.session.menu == "bills"


def test_a_voice_after_the_prompt_has_nothing_to_silence() -> None:
    call = Call(speech=True)
    call.tell(ev.Played())
    assert call.begin_to_speak() == ()


def test_a_prompt_that_ended_at_that_moment_is_not_said_again() -> None:
    call = Call(speech=True)
    call.begin_to_speak()
    call.tell(ev.Played())
    assert ev.Resume() not in call.tell(ev.NotUnderstood(call.ear))
    assert call.session.misses == 1


def test_a_legal_notice_is_interrupted_by_a_key_but_by_no_voice() -> None:
    call = Call(speech=True, menus=menus_with_notice())
    listened = call.listens
    call.tell(ev.Played())
    assert (listened, call.listens) == (False, True)
    call = Call(speech=True, menus=menus_with_notice())
    assert call.press("1")[0] == ev.Stop(By.KEY)


def test_who_speaks_is_not_silent_but_for_a_time_only() -> None:
    call = Call(speech=True)
    call.tell(ev.Played())
    due = call.session.due
    call.begin_to_speak()
    call.now = due
    assert call.tell(ev.Waited()) == ()
    assert due < call.session.due < inf
    call.now = call.session.due
    call.tell(ev.Waited())
    assert call.session.misses == 1


# Keys win, and the recogniser may be away.


def test_a_key_wins_over_what_is_being_understood() -> None:
    call = Call(speech=True)
    ear = call.ear
    call.begin_to_speak()
    call.press("1")
    assert call.session.menu == "orders"
    assert call.tell(ev.Spoken(ear, "my bills", SURE, "2")) == ()
    assert call.session.menu == "orders"


def test_nobody_listens_any_more_once_a_number_is_keyed_in() -> None:
    call = Call(speech=True)
    call.press("11")
    assert call.listens
    call.press("2")
    assert not call.listens


def test_without_a_recogniser_keys_go_on_and_the_next_menu_is_for_keys() -> None:
    call = Call(speech=True)
    call.begin_to_speak()
    assert call.tell(ev.Deafened(call.ear)) == (ev.Resume(),)
    call.session = call.session.heard_by(False)
    call.press("2")
    assert "To hear your bills and balance, press 1." in call.said
    assert not call.listens
    call.session = call.session.heard_by(True)
    call.press("8")
    assert "For orders and delivery, press 1 or say: my orders." in call.said
    assert call.listens


def test_who_was_speaking_when_it_failed_has_all_the_time_for_a_key() -> None:
    call = Call(speech=True)
    call.tell(ev.Played())
    call.begin_to_speak()
    call.now += 20
    call.tell(ev.Deafened(call.ear))
    assert call.session.due > call.now


def test_an_open_question_without_a_recogniser_needs_a_person() -> None:
    call = asked_for_address()
    call.tell(ev.Deafened(call.ear))
    assert call.transfer.handover.reason == "not_possible"


def test_the_language_is_chosen_by_key_alone() -> None:
    call = Call(speech=True, language=None)
    call.tell(ev.Played())
    assert not call.listens
