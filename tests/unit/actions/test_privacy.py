"""Which words of customers operators may keep, where they keep texts at all."""

import pytest
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language

from tests.fakes.actions.company import KETTLE, LAMP, LIN, accounts, talk
from tests.fakes.actions.desk import Desk
from tests.fakes.actions.talk import Talk
from tests.fakes.actions.toys import toys

pytestmark = pytest.mark.unit

HOME = "12 Harbour Road, Bristol"


def kept(chat: Talk) -> list[bool]:
    """Whether the words of each turn may be kept."""
    return [not turn.account.private for turn in chat.turns]


async def test_wishes_and_questions_may_be_kept() -> None:
    chat = talk(accounts())
    await chat.say("where is my parcel", "order_status")
    chat = talk(accounts())
    await chat.say("do you sell ladders", "faq")
    await chat.say("hello", "greet")
    assert kept(chat) == [True, True]


async def test_answers_in_free_words_may_not() -> None:
    chat = toys()
    await chat.say("a letter please", "ticket_create")
    await chat.say("to Li Wei at 12 Long Street", "nlu_fallback")
    assert kept(chat) == [True, False]


@pytest.mark.parametrize("intent", ["nlu_fallback", "faq", "deny", "order_status"])
async def test_words_at_an_open_question_may_not_however_they_are_taken(intent: str) -> None:
    chat = talk(accounts()).verified(LIN)
    await chat.say(f"deliver {KETTLE} elsewhere", "change_address", order_number=KETTLE)
    await chat.say("to my aunt Zhang Wei", intent)
    assert kept(chat) == [True, False]


async def test_address_in_the_first_sentence_may_not() -> None:
    chat = talk(accounts()).verified(LIN)
    await chat.say(f"ship {KETTLE} to {HOME}", "change_address", order_number=KETTLE)
    await chat.say("yes", "affirm")
    await chat.say("no, to my aunt's in Long Street", "correct")
    assert kept(chat) == [False, False, False]


async def test_details_that_nobody_asked_for_may_not() -> None:
    chat = talk(accounts())
    await chat.say("I am Li Wei of 12 Long Street")
    assert kept(chat) == [False]


async def test_proofs_may_not_though_nobody_asked_for_them_yet() -> None:
    chat = talk(accounts())
    words = f"where is {LAMP}, last four five six seven eight"
    await chat.say(words, "order_status", order_number=LAMP, phone_digits="5678")
    assert kept(chat) == [False]


async def test_words_that_broke_something_may_not() -> None:
    chat = toys()
    heard = Heard("order_status", Language.ENGLISH, text="x", said="x", conversation="conv-1")
    assert chat.engine.crashed(chat.dialogue, heard).account.private


async def test_only_the_question_for_a_pin_or_a_code_asks_for_a_secret() -> None:
    chat = talk(accounts())
    await chat.say("my bills", "bill_balance")
    await chat.say("by PIN", "give_details")
    await chat.say("lin@example.com", email="lin@example.com")
    await chat.say("what are your hours", "opening_hours")
    asked = [(turn.account.step, turn.account.asks_secret) for turn in chat.turns]
    assert [secret for _, secret in asked] == [False, False, True, True], asked


async def test_the_choice_between_a_pin_and_a_code_is_often_answered_by_one() -> None:
    chat = talk(accounts())
    await chat.say("where is my order", "order_status")
    await chat.say("I lost the number", "no_details")
    assert chat.turns[-1].account.asks_secret


async def test_a_secret_is_no_longer_asked_for_once_it_was_given() -> None:
    chat = talk(accounts())
    await chat.say("where is my order", "order_status")
    await chat.say("by PIN", "give_details")
    await chat.say("lin@example.com", email="lin@example.com")
    await chat.say("4829", digits="4829")
    assert [turn.account.asks_secret for turn in chat.turns][-2:] == [True, False]


@pytest.mark.parametrize(
    ("language", "words", "kept"),
    [
        (Language.ENGLISH, "the lock refuses my PIN 4829 every day", "my PIN •••• every day"),
        (Language.CHINESE, "门锁不认我的密码 4829，天天这样", "我的密码 ••••"),
    ],
)
@pytest.mark.parametrize("intent", ["ticket_create", "complaint"])
async def test_a_secret_told_in_a_story_goes_neither_into_the_ticket_nor_to_anybody(
    language: Language, words: str, kept: str, intent: str
) -> None:
    desk = Desk()
    chat = desk.talk(language).verified(LIN)
    await chat.say("…", intent)
    await chat.say(words)
    await chat.say("yes", "affirm")
    (wish,) = desk.cases.wishes
    assert kept in wish.description
    await chat.say("a person", "ask_person")
    told = f"{wish} {chat.told} {chat.handed_over} {chat.dialogue}"
    assert "4829" not in told
