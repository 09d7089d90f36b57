"""What customers tell in their own words: all of it is kept, and nothing else is taken for it."""

from dataclasses import replace

import pytest
from switchyard_actions.domain.heard import Heard, Identifier
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.other_wishes import asks_elsewhere
from switchyard_actions.domain.say import Say
from switchyard_actions.flows.own_words import tells
from switchyard_actions.flows.told_at_once import tells_the_matter

from tests.fakes.actions.desk import LIN, MOBILE, Desk
from tests.fakes.actions.talk import the_texts

pytestmark = pytest.mark.unit

HERE = Holder(reach=Reach("handle", "conversation:conv-1"))
STORIES = {
    Language.ENGLISH: (
        "Your courier threw my parcel over the fence and it landed in the mud.",
        "And he swore at my neighbour on the 5th floor.",
    ),
    Language.CHINESE: ("快递员没打电话就把东西扔门口，差点丢了", "而且他在5楼还骂了我的邻居"),
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("intent", ["complaint", "out_of_scope", "ticket_create", "give_details"])
async def test_what_is_added_to_a_complaint_while_a_number_is_asked_for_is_part_of_it(
    desk: Desk, language: Language, intent: str
) -> None:
    first, more = STORIES[language]
    chat = desk.talk(language)
    await chat.say(first, "complaint")
    await chat.say(more, intent, ordinal="5")
    assert chat.dialogue.task is not None
    assert chat.dialogue.task.asked == "contact"
    await chat.say("13812345678", phone="13812345678")
    assert [wish.description for wish in desk.cases.wishes] == [f"{first}\n{more}"]
    assert desk.cases.holders == [Holder(reach=Reach("phone", MOBILE))]


@pytest.mark.parametrize(
    ("language", "words", "intent", "said"),
    [
        (Language.ENGLISH, "no", "deny", "no way to reach you"),
        (Language.ENGLISH, "I'd rather not say", "out_of_scope", "no way to reach you"),
        (Language.ENGLISH, "I don't have one", "no_details", "no way to reach you"),
        (Language.CHINESE, "不", "deny", "无法主动联系您"),
        (Language.CHINESE, "不想留电话", "out_of_scope", "无法主动联系您"),
        (Language.CHINESE, "没有", "no_details", "无法主动联系您"),
    ],
)
async def test_a_complaint_is_kept_without_a_number_and_that_is_said(
    desk: Desk, language: Language, words: str, intent: str, said: str
) -> None:
    chat = desk.talk(language)
    await chat.say(STORIES[language][0], "complaint")
    answer = await chat.say(words, intent)
    assert said in answer
    assert "48210937" in answer
    assert [wish.description for wish in desk.cases.wishes] == [STORIES[language][0]]
    assert desk.cases.holders == [HERE]
    assert not chat.dialogue.fact("contact")


@pytest.mark.parametrize("language", list(Language))
async def test_who_leaves_before_giving_a_number_has_complained_all_the_same(
    desk: Desk, language: Language
) -> None:
    chat = desk.talk(language)
    await chat.say(STORIES[language][0], "complaint")
    answer = await chat.say("bye", "goodbye")
    assert [wish.description for wish in desk.cases.wishes] == [STORIES[language][0]]
    assert "48210937" in answer
    assert chat.dialogue.offer is None


@pytest.mark.parametrize("language", list(Language))
async def test_who_leaves_without_a_word_has_complained_all_the_same(
    desk: Desk, language: Language
) -> None:
    chat = desk.talk(language)
    await chat.say(STORIES[language][0], "complaint")
    for seconds in (90, 180):
        await chat.event("silence", seconds=seconds)
        assert not desk.cases.wishes
    answer = await chat.event("silence", seconds=1710, last=True)
    assert [wish.description for wish in desk.cases.wishes] == [STORIES[language][0]]
    assert "48210937" in answer
    assert chat.choices == []


async def test_the_last_silence_does_nothing_about_what_may_be_left(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("I want to complain", "complaint")
    assert await chat.event("silence", seconds=1710, last=True) == ""
    assert not desk.cases.wishes


@pytest.mark.parametrize(
    ("language", "said"), [(Language.ENGLISH, "not answering"), (Language.CHINESE, "没有响应")]
)
async def test_who_leaves_while_a_complaint_cannot_be_kept_is_told_and_it_is_not_forgotten(
    desk: Desk, language: Language, said: str
) -> None:
    chat = desk.talk(language)
    await chat.say(STORIES[language][0], "complaint")
    desk.cases.available = False
    answer = await chat.say("bye", "goodbye")
    assert said in answer
    assert the_texts().render(Say("dialogue.goodbye"), language) not in answer
    desk.cases.available = True
    assert "48210937" in await chat.say("bye", "goodbye")
    assert [wish.description for wish in desk.cases.wishes] == [STORIES[language][0]]


async def test_a_handle_that_the_channel_knows_is_better_than_the_conversation(desk: Desk) -> None:
    chat = desk.talk()
    known = (Identifier("handle", "o-77", "wechat"),)
    story = STORIES[Language.ENGLISH][0]
    await chat.hear(Heard("complaint", Language.ENGLISH, story, story, identifiers=known))
    await chat.hear(Heard("deny", Language.ENGLISH, "no", "no", identifiers=known))
    assert desk.cases.holders == [Holder(reach=Reach("handle", "wechat:o-77"))]


async def test_a_ticket_is_opened_without_a_number_if_that_is_wanted(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("open a ticket", "ticket_create")
    await chat.say("The lid of my kettle broke off.")
    assert "nobody can get in touch" in await chat.say("no", "deny")
    assert "no way to reach you" in await chat.say("yes", "affirm")
    assert desk.cases.holders == [HERE]


@pytest.mark.parametrize(
    ("language", "words", "entities"),
    [
        (Language.ENGLISH, "alex@example.com", {"email": "alex@example.com"}),
        (Language.CHINESE, "我的邮箱是alex@example.com", {"email": "alex@example.com"}),
        (Language.ENGLISH, "my number is 13812345678", {"phone": "13812345678"}),
        (Language.CHINESE, "13812345678", {"phone": "13812345678", "digits": "13812345678"}),
    ],
)
async def test_an_address_is_not_what_a_ticket_is_about(
    desk: Desk, language: Language, words: str, entities: dict[str, str]
) -> None:
    chat = desk.talk(language)
    question = await chat.say("open a ticket", "ticket_create")
    assert question in await chat.say(words, **entities)
    answer = await chat.say("The kettle leaks. 水壶漏水")
    assert "“The kettle leaks. 水壶漏水”" in answer
    assert next(iter(entities.values())).removeprefix("1") in answer  # it need not be given again


@pytest.mark.parametrize(
    ("language", "words", "said"),
    [
        (Language.ENGLISH, "tomorrow", "a little more"),
        (Language.ENGLISH, "on tomorrow please", "a little more"),
        (Language.CHINESE, "明天", "详细一点"),
        (Language.CHINESE, "明天吧", "详细一点"),
    ],
)
async def test_a_day_is_not_what_a_ticket_is_about(
    desk: Desk, language: Language, words: str, said: str
) -> None:
    chat = desk.talk(language).verified(LIN)
    await chat.say("open a ticket", "ticket_create")
    day = "tomorrow" if language is Language.ENGLISH else "明天"
    assert said in await chat.say(words, date=day)
    assert not desk.cases.opened


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.ENGLISH, "my kettle leaks since yesterday, please open a ticket"),
        (Language.CHINESE, "我的电热水壶昨天开始漏水，帮我提交一个工单"),
    ],
)
async def test_an_opening_that_says_everything_is_only_confirmed(
    desk: Desk, language: Language, words: str
) -> None:
    chat = desk.talk(language).verified(LIN)
    assert words in await chat.say(words, "ticket_create")
    await chat.say("yes", "affirm")
    assert [wish.description for wish in desk.cases.wishes] == [words]


@pytest.mark.parametrize(
    "words",
    [
        *("open a ticket", "I'd like to create a new support ticket please", "can you log a case"),
        *(
            "hello, I have a problem with my order",
            "report a fault",
            "open a ticket for SY20480002",
        ),
        *(
            "提交工单",
            "我要提交一个工单",
            "帮我开个售后单",
            "你好，我想报修",
            *("有个问题需要处理一下", "帮我登记一个问题"),
        ),
        *("补充工单12345678", "add something to ticket 12345678"),
    ],
)
def test_a_mere_request_says_nothing_yet(words: str) -> None:
    assert not tells_the_matter(words)


@pytest.mark.parametrize(
    "words",
    [
        *("the kettle leaks", "report a broken lamp", "the app crashes when I open it"),
        *("水壶漏水了，报修", "空调不制冷，开个工单", "工单里再加一句，盖子也裂了"),
    ],
)
def test_a_request_that_names_the_fault_says_it(words: str) -> None:
    assert tells_the_matter(words)


async def test_a_wrong_description_can_be_told_anew(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("the kettle leaks, open a ticket", "ticket_create")
    assert "what it should be instead" in await chat.say("no", "deny")
    assert "“The lid of the kettle broke.”" in await chat.say("The lid of the kettle broke.")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.ENGLISH, "where is my order SY20261111?"),
        (Language.CHINESE, "我的订单SY20261111到哪了"),
    ],
)
@pytest.mark.parametrize("request_", ["ticket_create", "ticket_update"])
async def test_another_wish_is_no_comment(
    desk: Desk, language: Language, words: str, request_: str
) -> None:
    chat = desk.talk(language).verified(LIN)
    await chat.say("the kettle leaks, open a ticket", "ticket_create")
    await chat.say("yes", "affirm")
    await chat.say("ticket please", request_)
    await chat.say(words, "order_status", order_number="SY20261111")
    assert chat.turns[-1].account.flow == "order_status"
    assert len(desk.cases.comments) == 1


def test_a_story_that_sounds_like_a_wish_is_still_a_story() -> None:
    told = Heard("order_status", Language.ENGLISH, "The parcel has still not arrived.")
    assert not asks_elsewhere(told)
    asked = replace(told, text="When will it arrive?")
    assert asks_elsewhere(asked)
    assert not asks_elsewhere(replace(asked, confidence=0.6))


def test_numbers_and_days_tell_nothing() -> None:
    heard = Heard("give_details", Language.ENGLISH, "it is SY20480002")
    assert not tells(replace(heard, entities={"order_number": ("SY20480002",)}))
    assert tells(
        replace(heard, text="SY20480002 leaks", entities={"order_number": ("SY20480002",)})
    )
