"""How a dialogue is led, whatever it is about: shown with toy flows."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.heard import Heard, Passage
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.notice import Survey

from tests.fakes.actions.talk import Talk
from tests.fakes.actions.toys import Instant, toys

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
COLOUR, CANS, WRITE, OPEN = "Which colour?", "How many cans?", "What shall I write?", "always open"


@pytest.fixture
def chat() -> Talk:
    return toys()


async def painting(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    await chat.say("red", colour="red")


async def test_asks_for_what_is_missing_confirms_and_does_it(chat: Talk) -> None:
    assert await chat.say("paint it", "order_status") == COLOUR
    assert await chat.say("red", colour="red") == CANS
    assert await chat.say("2", cans="2") == "2 cans of red, right?"
    assert chat.choices == ["Yes", "No"]
    assert await chat.say("yes", "affirm") == "Painted red with 2."
    assert chat.turns[-1].account.finished == ("paint",)
    assert [turn.account.step for turn in chat.turns] == [
        "ask.colour",
        "ask.cans",
        "confirm",
        "done",
    ]


async def test_everything_may_be_said_at_once(chat: Talk) -> None:
    assert await chat.say("2 red", "order_status", colour="red", cans="2") == (
        "2 cans of red, right?"
    )


async def test_earlier_answer_is_corrected_while_another_is_asked_for(chat: Talk) -> None:
    await painting(chat)
    assert await chat.say("no, blue", "correct", colour="blue") == CANS
    assert await chat.say("2", cans="2") == "2 cans of blue, right?"


async def test_confirmation_is_corrected_in_one_breath_or_in_two(chat: Talk) -> None:
    await chat.say("2 red", "order_status", colour="red", cans="2")
    assert "3 cans of red" in await chat.say("no, three", "deny", cans="3")
    assert "should be instead" in await chat.say("no", "deny")
    assert "3 cans of blue" in await chat.say("blue", colour="blue")
    assert await chat.say("yes", "affirm") == "Painted blue with 3."


async def test_yes_with_a_change_is_confirmed_once_more(chat: Talk) -> None:
    await chat.say("2 red", "order_status", colour="red", cans="2")
    assert "3 cans of red" in await chat.say("yes, but three", "affirm", cans="3")
    assert await chat.say("yes, red", "affirm", colour="red") == "Painted red with 3."


async def test_correction_without_anything_new_asks_what_to_change(chat: Talk) -> None:
    await painting(chat)
    assert "should be instead" in await chat.say("that is wrong", "correct")
    assert await chat.say("blue", "nlu_fallback", colour="blue") == CANS


async def test_not_that_one_after_the_end_begins_anew(chat: Talk) -> None:
    await chat.say("2 red", "order_status", colour="red", cans="2")
    await chat.say("yes", "affirm")
    assert await chat.say("not that, blue", "correct", colour="blue") == "2 cans of blue, right?"


async def test_digression_is_answered_and_the_thread_taken_up(chat: Talk) -> None:
    await painting(chat)
    answer = await chat.say("when are you open", "opening_hours")
    assert answer.split("\n") == ["We are always open.", "Now back to painting.", CANS]
    assert "right?" in await chat.say("2", cans="2")


async def test_flow_in_the_middle_of_another_is_finished_first(chat: Talk) -> None:
    await painting(chat)
    assert await chat.say("write a letter", "ticket_create") == WRITE
    answer = await chat.say("Dear all, the paint is late.", "out_of_scope")
    assert answer.split("\n") == [
        "Written: Dear all, the paint is late.",
        "Now back to painting.",
        CANS,
    ]


async def test_suspended_flow_asked_for_again_is_taken_up_not_doubled(chat: Talk) -> None:
    await painting(chat)
    await chat.say("write a letter", "ticket_create")
    await chat.say("stop", "cancel")
    assert await chat.say("paint it", "order_status") == CANS
    assert chat.dialogue.suspended == ()


async def test_courtesy_is_answered_and_the_question_put_again(chat: Talk) -> None:
    await painting(chat)
    for intent in ("greet", "thank", "small_talk", "bot_challenge", "capabilities", "affirm"):
        assert (await chat.say("…", intent)).endswith(CANS), intent


async def test_knowledge_is_looked_up_in_between(chat: Talk) -> None:
    await painting(chat)
    heard = Heard("faq", EN, "returns?", passages=(Passage("returns.en", 0.9),))
    assert (await chat.hear(heard)).startswith("It says so in returns.en.")


async def test_unclear_words_are_answered_by_a_near_passage_only(chat: Talk) -> None:
    near = Heard("nlu_fallback", EN, "x", passages=(Passage("fees.en", 0.6),))
    far = Heard("nlu_fallback", EN, "x", passages=(Passage("fees.en", 0.4),))
    assert "fees.en" in await chat.hear(near)
    assert "did not understand" in await chat.hear(far)


async def test_cancel_stops_and_offers_what_was_suspended(chat: Talk) -> None:
    await painting(chat)
    await chat.say("write a letter", "ticket_create")
    answer = await chat.say("stop", "cancel")
    assert "stopped your letter" in answer
    assert "go on with painting?" in answer
    assert await chat.say("yes", "affirm") == CANS
    assert "stopped painting" in await chat.say("stop", "cancel")
    assert "nothing is under way" in await chat.say("stop", "cancel")


async def test_no_to_a_question_for_details_leaves_the_flow(chat: Talk) -> None:
    await painting(chat)
    assert "anything else" in await chat.say("no", "deny")
    assert chat.dialogue.task is None


async def test_repeats_what_was_said_last(chat: Talk) -> None:
    assert "not said anything yet" in await chat.say("pardon?", "repeat")
    await painting(chat)
    assert await chat.say("pardon?", "repeat") == CANS
    assert await chat.say("pardon?", "repeat") == CANS
    assert "right?" in await chat.say("2", cans="2")


async def test_language_changes_on_request_and_the_question_with_it(chat: Talk) -> None:
    await painting(chat)
    answer = await chat.say("请说中文", "change_language", wanted_language="zh")
    assert answer.split("\n") == ["好的，我们用中文交流。", "几桶？"]
    assert chat.turns[-1].account.language == "zh"
    answer = await chat.say("说英语", "change_language", wanted_language="en")
    assert answer.split("\n") == ["Sure, let us go on in English.", CANS]


async def test_open_offer_is_put_again_in_the_other_language(chat: Talk) -> None:
    await chat.say("…", "abuse")
    answer = await chat.say("说中文", "change_language", wanted_language="zh")
    assert answer.endswith("要我为您转人工客服吗？")
    await chat.say("好", "affirm")
    assert chat.handed_over is not None


async def test_quick_reply_answers_or_means_its_intent(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert chat.choices == ["Sky", "Help"]
    assert await chat.say("sky", "out_of_scope") == CANS
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("colour") == "blue"
    chat = toys()
    await chat.say("paint it", "order_status")
    await chat.say("Help", "faq")
    assert chat.handed_over is not None


async def test_place_in_a_list_that_was_shown_means_what_stands_there(chat: Talk) -> None:
    await chat.event("greet")
    third = chat.choices[2]
    expected = await toys().say(third, chat.dialogue.shown[2].intent)
    assert await chat.say("the third", ordinal="3") == expected


async def test_quick_reply_of_an_older_message_is_read_like_any_words(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    await chat.say("red", colour="red")
    await chat.say("Sky", "give_details")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("colour") == "red"


async def test_free_words_are_an_answer_unless_they_surely_mean_to_stop(chat: Talk) -> None:
    await chat.say("write", "ticket_create")
    stop = Heard("cancel", EN, "cancel my contract", "cancel my contract", confidence=0.5)
    assert "Written: cancel my contract" in await chat.hear(stop)
    await chat.say("write", "ticket_create")
    sure = Heard("cancel", EN, "forget it", "forget it", confidence=0.9)
    assert "stopped your letter" in await chat.hear(sure)


async def test_refused_answer_is_explained_and_the_third_offers_a_person(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    for _ in range(2):
        assert (await chat.say("mud", colour="mud")).split("\n") == ["That is no colour.", COLOUR]
    assert "stuck" in await chat.say("mud", colour="mud")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "tries"


async def test_bad_answer_that_begins_something_else_is_no_try(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert OPEN in await chat.say("mud, when do you open", "opening_hours", colour="mud")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.tries == 0


async def test_two_misunderstandings_in_a_row_bring_a_person(chat: Talk) -> None:
    assert "did not understand" in await chat.say("blub", "nlu_fallback")
    assert chat.turns[-1].account.outcome == "fallback"
    await chat.say("thanks", "thank")
    await chat.say("blub", "out_of_scope")
    assert "bringing in a person" in await chat.say("blub", "nlu_fallback")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "fallback"
    assert chat.turns[-1].pause


async def test_misunderstandings_in_a_flow_put_the_question_again_once(chat: Talk) -> None:
    await painting(chat)
    assert (await chat.say("blub", "nlu_fallback")).endswith(CANS)
    await chat.say("blub", "give_details")
    assert chat.handed_over is not None
    assert chat.handed_over.intent == "paint"


async def test_first_silence_is_asked_about_the_second_left_alone(chat: Talk) -> None:
    await painting(chat)
    assert (await chat.event("silence", seconds=60)).split("\n") == ["Are you still there?", CANS]
    assert "Come back any time" in await chat.event("silence", seconds=60)
    assert "right?" in await chat.say("2", cans="2")


async def test_file_is_kept_and_a_person_offered_to_look(chat: Talk) -> None:
    assert "bring in a person" in await chat.event("file", file={"id": "f1"})
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "file"
    chat = toys()
    await painting(chat)
    assert (await chat.event("file", file={"id": "f1"})).endswith(CANS)


async def test_farewell_asks_once_how_it_was(chat: Talk) -> None:
    await chat.say("open?", "opening_hours")
    assert "How was it" in await chat.say("bye", "goodbye")
    assert await chat.say("5", rating="5") == "Thank you for 5."
    assert chat.turns[-1].notices == (Survey(5),)
    assert chat.turns[-1].account.finished == ()
    assert await chat.say("bye", "goodbye") == "Goodbye, and have a good day!"


async def test_survey_does_not_stand_in_the_way_of_something_else(chat: Talk) -> None:
    await chat.say("open?", "opening_hours")
    await chat.say("bye", "goodbye")
    assert await chat.say("paint it", "order_status") == COLOUR
    assert chat.dialogue.suspended == ()


@pytest.mark.parametrize("intent", ["goodbye", "cancel"])
async def test_words_that_may_mean_the_end_lose_nothing_unless_that_is_sure(
    chat: Talk, intent: str
) -> None:
    await painting(chat)
    unsure = Heard(intent, Language.ENGLISH, text="that will be it", confidence=0.5)
    await chat.hear(unsure)
    assert chat.dialogue.task is not None
    await chat.hear(replace(unsure, confidence=0.7))
    assert chat.dialogue.task is None


async def test_who_got_nothing_done_is_not_asked_how_it_was(chat: Talk) -> None:
    assert await chat.say("bye", "goodbye") == "Goodbye, and have a good day!"


async def test_no_to_anything_else_is_a_farewell(chat: Talk) -> None:
    assert "anything else" in await chat.say("thanks", "thank")
    assert "Goodbye" in await chat.say("no", "deny")


async def test_greeting_offers_what_there_is_a_flow_for(chat: Talk) -> None:
    await chat.event("greet")
    assert chat.choices == ["Check an order", "Open a ticket", "Talk to a person"]
    assert await chat.say("Check an order", "small_talk") == COLOUR


async def test_bare_number_begins_what_it_belongs_to(chat: Talk) -> None:
    assert await chat.say("SY20261234", order_number="SY20261234") == COLOUR
    chat = toys()
    assert "What is it about" in await chat.say("77", digits="77")


async def test_bug_is_apologised_for_and_the_second_brings_a_person() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    chat = toys(Instant(fail))
    await painting(chat)
    heard = Heard("opening_hours", EN)
    with pytest.raises(ZeroDivisionError):
        await chat.hear(heard)
    first = chat.engine.crashed(chat.dialogue, heard)
    assert [say.key for say in first.says] == ["dialogue.trouble"]
    assert first.dialogue.task == chat.dialogue.task
    second = chat.engine.crashed(first.dialogue, heard)
    assert second.pause
    assert second.notices[0].reason == "bot_failed"  # type: ignore[union-attr]


@pytest.mark.parametrize("language", [ZH, EN])
async def test_every_courtesy_is_spoken_in_the_customers_language(language: Language) -> None:
    chat = toys(language=language)
    for intent in ("greet", "thank", "bot_challenge", "small_talk", "capabilities", "cancel"):
        answer = await chat.say("…", intent)
        assert any("\u4e00" <= char <= "\u9fff" for char in answer) == (language is ZH), intent


@pytest.mark.parametrize("intent", ["give_details", "nlu_fallback", "correct"])
async def test_number_beside_a_wish_begins_what_is_wished(chat: Talk, intent: str) -> None:
    heard = Heard(
        intent,
        EN,
        "SY12345678, a branch",
        ranking=((intent, 0.5), ("ticket_create", 0.2), ("order_status", 0.1)),
        entities={"order_number": ("SY12345678",)},
    )
    assert WRITE in await chat.hear(heard)
