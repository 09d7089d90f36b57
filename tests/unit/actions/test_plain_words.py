"""Words that mean one thing, whatever the classifier takes them for. Led through the engine."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import OrderState

from tests.fakes.actions.company import EARBUDS, KETTLE, LAMP, LIN, accounts, talk
from tests.fakes.actions.desk import MOBILE, Desk

pytestmark = pytest.mark.unit

ENGLISH, CHINESE = Language.ENGLISH, Language.CHINESE


def hear(language: Language, words: str, intent: str, confidence: float = 1.0) -> Heard:
    """Words of a customer of the desk."""
    return Heard(intent, language, words, words, confidence=confidence, conversation="conv-1")


@pytest.mark.parametrize(
    ("language", "words", "intent"),
    [
        (ENGLISH, "thanks, bye", "thank"),
        (ENGLISH, "thank you, goodbye", "thank"),
        (ENGLISH, "no that's all, see you later!", "deny"),
        (CHINESE, "谢谢，再见", "thank"),
        (CHINESE, "没有了，拜拜", "deny"),
        (CHINESE, "好的谢谢再见啦", "affirm"),
    ],
)
async def test_thanks_and_a_farewell_are_a_farewell(
    language: Language, words: str, intent: str
) -> None:
    chat = Desk().talk(language)
    await chat.say("open on Sunday?", "opening_hours")
    await chat.say(words, intent)
    assert chat.turns[-1].account.flow == "survey"


@pytest.mark.parametrize(
    ("language", "words", "intent"),
    [
        (ENGLISH, "let's leave the pin reset for now", "pin_reset"),
        (ENGLISH, "forget about the PIN reset", "pin_reset"),
        (ENGLISH, "never mind", "out_of_scope"),
        (ENGLISH, "I don't want to reset it any more.", "pin_reset"),
        (CHINESE, "重置 PIN就先不办了", "pin_reset"),
        (CHINESE, "重置PIN先不办了", "pin_reset"),
        (CHINESE, "那PIN就不改了吧", "pin_reset"),
        (CHINESE, "密码的事还是算了", "nlu_fallback"),
    ],
)
async def test_who_names_what_is_under_way_may_want_to_stop_it(
    language: Language, words: str, intent: str
) -> None:
    chat = Desk().talk(language)
    await chat.say("I forgot my PIN", "pin_reset")
    await chat.hear(hear(language, words, intent, 0.5))
    assert chat.turns[-1].account.step == "cancelled"
    assert chat.dialogue.task is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, "never mind the packaging, the lamp itself is broken"),
        (ENGLISH, "they never picked it up, I changed my mind about the colour and they would not"),
        (CHINESE, "包装破了就算了，但是灯也不亮了"),
    ],
)
async def test_stopping_words_within_a_story_stop_nothing(language: Language, words: str) -> None:
    chat = Desk().talk(language)
    await chat.say("open a ticket", "ticket_create")
    await chat.hear(hear(language, words, "ticket_create"))
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.value("issue") == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        *((ENGLISH, words) for words in ("call me back at once", "call me right away, please")),
        *((CHINESE, words) for words in ("马上给我回电", "请立马回电话给我")),
    ],
)
async def test_at_once_is_a_time_to_be_called(language: Language, words: str) -> None:
    desk = Desk()
    chat = desk.talk(language)
    await chat.say(words, "callback")
    await chat.say("13812345678", phone="13812345678")
    await chat.say("yes", "affirm")
    (wish,) = desk.callbacks.wishes
    assert (wish.number, wish.not_before) == (MOBILE, None)


async def test_at_once_is_no_pardon_when_a_time_was_asked_for() -> None:
    chat = Desk().talk()
    await chat.say("call me back", "callback")
    await chat.say("13812345678", phone="13812345678")
    await chat.hear(hear(ENGLISH, "at once", "repeat", 0.44))
    assert "as soon as we can" in chat.told[-1]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("words", "intent"),
    [
        *((f"first look at {LAMP}", "give_details"), (f"where is {LAMP}?", "order_status")),
        *((f"先帮我看{LAMP}", "give_details"), (f"先查一下订单{LAMP}", "out_of_scope")),
    ],
)
async def test_an_order_to_be_looked_at_first_is_not_only_a_proof(
    language: Language, words: str, intent: str
) -> None:
    chat = talk(accounts(), language=language)
    await chat.say("how much do I owe", "bill_balance")
    await chat.say(words, intent, order_number=LAMP)
    answer = await chat.say("5678", phone_digits="5678")
    assert answer.index(LAMP) < answer.index("B2026")  # and then comes what was asked before


async def test_a_number_with_a_word_around_is_still_a_proof() -> None:
    chat = talk(accounts())
    await chat.say("how much do I owe", "bill_balance")
    await chat.say(f"the order is {LAMP}", "give_details", order_number=LAMP)
    answer = await chat.say("5678", phone_digits="5678")
    assert LAMP not in answer
    assert "B2026" in answer


@pytest.mark.parametrize(
    ("language", "words", "intent", "number"),
    [
        (ENGLISH, "what about yesterday's one", "out_of_scope", EARBUDS),
        (ENGLISH, "not this one, the one from three days ago", "correct", KETTLE),
        (CHINESE, "昨天那个呢", "give_details", EARBUDS),
        (CHINESE, "不是这个，是昨天那个", "correct", EARBUDS),
    ],
)
async def test_another_order_is_picked_from_the_customers_own(
    language: Language, words: str, intent: str, number: str
) -> None:
    chat = talk(accounts(), language=language).verified(LIN)
    await chat.say(f"where is {LAMP}", "order_status", order_number=LAMP)
    answer = await chat.say(words, intent)
    assert number in answer
    assert LAMP not in answer


@pytest.mark.parametrize(
    ("language", "words"),
    [(ENGLISH, "not this one, the one of 3 November"), (CHINESE, "不是这个，是11月3号那个")],
)
async def test_the_order_that_was_ruled_out_is_not_put_up_again(
    language: Language, words: str
) -> None:
    chat = talk(accounts(), language=language).verified(LIN)
    await chat.say(f"where is {LAMP}", "order_status", order_number=LAMP)
    await chat.say(words, "correct")
    assert [title.split()[0] for title in chat.choices] == [EARBUDS, KETTLE]


async def test_a_day_may_be_that_of_the_delivery() -> None:
    kept = accounts()
    orders = kept.orders_of[LIN]
    orders[2] = replace(orders[2], state=OrderState.DELIVERED, delivery_date=kept.today)
    answer = await talk(kept).verified(LIN).say("the order that came today", "order_status")
    assert LAMP in answer


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, f"where is my order {LAMP} and how much do I owe?"),
        (CHINESE, f"我的订单{LAMP}到哪了，还有我欠多少钱？"),
    ],
)
async def test_of_two_wishes_in_a_sentence_the_second_follows_the_first(
    language: Language, words: str
) -> None:
    chat = talk(accounts(), language=language).verified(LIN)
    ranking = (("order_status", 0.81), ("bill_balance", 0.13), ("faq", 0.01))
    heard = replace(hear(language, words, "order_status", 0.81), ranking=ranking)
    answer = await chat.hear(replace(heard, entities={"order_number": (LAMP,)}))
    assert answer.index(LAMP) < answer.index("B2026")


async def test_a_sentence_that_only_sounds_like_two_wishes_is_one() -> None:
    chat = talk(accounts()).verified(LIN)
    ranking = (("order_status", 0.81), ("bill_balance", 0.13))
    for words in ("where is my order?", f"{LAMP} and 5678, where is it?"):
        heard = replace(hear(ENGLISH, words, "order_status"), ranking=ranking)
        assert "B2026" not in await chat.hear(heard)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, "actually no, where is my order"),
        (ENGLISH, f"never mind, where is {LAMP}"),
        (CHINESE, "算了，先查一下订单到哪了"),
    ],
)
async def test_what_is_wanted_instead_is_not_followed_by_what_was_wanted_before(
    language: Language, words: str
) -> None:
    chat = talk(accounts(), language=language)
    await chat.say("change my address", "change_address")
    await chat.say(words, "order_status", **({"order_number": LAMP} if LAMP in words else {}))
    answer = await chat.say(f"{LAMP} 5678", order_number=LAMP, phone_digits="5678")
    assert LAMP in answer
    assert chat.dialogue.task is None
    assert not chat.dialogue.suspended


async def test_yes_means_the_only_thing_that_was_shown() -> None:
    desk = Desk()
    chat = desk.talk()
    await chat.say("the kettle leaks, open a ticket", "ticket_create")
    await chat.say("13812345678", phone="13812345678")
    await chat.say("yes", "affirm")
    await chat.say("the lamp flickers, open a ticket", "ticket_create")
    assert chat.choices == [MOBILE]
    assert MOBILE in await chat.say("yes", "affirm")


@pytest.mark.parametrize(
    ("language", "words", "intent", "entities", "number"),
    [
        (ENGLISH, "and the first one?", "give_details", {"ordinal": "1"}, EARBUDS),
        (ENGLISH, "the second one", "give_details", {"ordinal": "2"}, KETTLE),
        (ENGLISH, "what about the kettle", "faq", {}, KETTLE),
        (ENGLISH, "the previous one", "correct", {}, LAMP),
        (ENGLISH, "and the one before that?", "out_of_scope", {}, LAMP),
        (CHINESE, "那第一个呢", "give_details", {"ordinal": "1"}, EARBUDS),
        (CHINESE, "上一单呢", "give_details", {}, LAMP),
        (CHINESE, "11月20号下单的那个", "give_details", {}, LAMP),
    ],
)
async def test_what_was_told_of_can_be_pointed_at(
    language: Language, words: str, intent: str, entities: dict[str, str], number: str
) -> None:
    chat = talk(accounts(), language=language).verified(LIN)
    await chat.say(f"where is {KETTLE}", "order_status", order_number=KETTLE)
    answer = await chat.say(words, intent, **entities)
    assert number in answer
    assert chat.turns[-1].account.step == "done"


async def test_a_day_of_delivery_is_no_day_of_ordering() -> None:
    kept = accounts()
    orders = kept.orders_of[LIN]
    day = orders[1].placed_on
    orders[2] = replace(orders[2], state=OrderState.DELIVERED, delivery_date=day)
    chat = talk(kept).verified(LIN)
    assert KETTLE in await chat.say("what I ordered three days ago", "order_status")
    assert LAMP in await chat.say("the one delivered three days ago", "give_details")


@pytest.mark.parametrize("language", list(Language))
async def test_furious_abuse_in_the_middle_of_something_brings_a_person(
    language: Language,
) -> None:
    chat = talk(accounts(), language=language)
    await chat.say("where is my order", "order_status")
    await chat.hear(replace(hear(language, "…", "abuse"), sentiment=-1.0))
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "sentiment"


@pytest.mark.parametrize(("language", "words"), [(ENGLISH, "skip"), (CHINESE, "跳过")])
async def test_a_question_that_is_skipped_stops_nothing(language: Language, words: str) -> None:
    chat = Desk().talk(language)
    await chat.say("tomorrow at 11 at West Lake", "appointment")
    assert chat.turns[-1].account.step == "ask.purpose"
    await chat.say(words, "cancel")
    assert chat.turns[-1].account.step == "ask.contact"
