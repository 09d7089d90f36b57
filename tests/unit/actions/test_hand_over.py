"""When a person takes over, and that the customer need not repeat anything."""

import re

import pytest
from switchyard_actions.domain.heard import Heard
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.verification import VerificationLevel

from tests.fakes.actions.company import EARBUDS, LAMP, LIN, WUS, accounts, talk
from tests.fakes.actions.desk import Desk
from tests.fakes.actions.talk import Talk
from tests.fakes.actions.toys import toys

pytestmark = pytest.mark.unit

ZH, EN = Language.CHINESE, Language.ENGLISH
FURIOUS = -0.9


@pytest.fixture
def chat() -> Talk:
    return toys()


async def test_asking_for_a_person_brings_one_at_any_time(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert "bringing in a person" in await chat.say("agent", "ask_person")
    assert chat.handed_over is not None
    assert (chat.handed_over.reason, chat.handed_over.intent) == ("asked", "paint")
    assert chat.turns[-1].pause
    assert chat.turns[-1].account.outcome == "handed_over"


async def test_person_learns_all_that_the_bot_knows_in_the_customers_language() -> None:
    chat = talk(accounts(), ZH)
    await chat.say("查订单", "order_status")
    await chat.say(LAMP, order_number=LAMP)
    await chat.say("5678", phone_digits="5678")
    heard = Heard("ask_person", ZH, "转人工", sentiment=-0.3, conversation="conv-1")
    await chat.hear(heard)
    handed = chat.handed_over
    assert handed is not None
    assert handed.level is VerificationLevel.VERIFIED
    assert handed.customer == LIN
    assert handed.sentiment == -0.3
    assert handed.language is ZH
    assert handed.slots["order_number"] == LAMP
    assert handed.slots["order_state"] == "shipped"
    assert handed.summary.startswith("客户要求人工服务。")
    assert LAMP in handed.summary
    assert handed.summary.endswith("已用订单号和手机后四位核验。")
    assert "5678" not in f"{handed.slots}{handed.summary}"


async def test_what_the_bot_could_not_do_is_told_to_whoever_takes_over() -> None:
    chat = talk(accounts(), ZH, channel="phone").verified(LIN)
    await chat.say("忘了 PIN", "pin_reset")
    await chat.say("好", "affirm")
    assert chat.handed_over is not None
    assert (chat.handed_over.intent, chat.handed_over.reason) == ("pin_reset", "not_possible")
    assert "想重置 PIN" in chat.handed_over.summary


@pytest.mark.parametrize(
    "words", ["不用转人工", "别给我转人工", "I don't want a person", "no agent"]
)
async def test_who_wants_no_person_gets_none(chat: Talk, words: str) -> None:
    await chat.say(words, "ask_person")
    assert chat.handed_over is None


async def test_what_is_named_instead_of_a_person_is_looked_up() -> None:
    chat = talk(accounts())
    await chat.say("you fool", "abuse")
    answer = await chat.say(f"no agent, {LAMP}", "ask_person", order_number=LAMP)
    assert "last four digits" in answer


async def test_flow_under_way_is_told_rather_than_its_verification() -> None:
    chat = talk(accounts())
    await chat.say("where is my order", "order_status")
    await chat.say(LAMP, order_number=LAMP)
    await chat.say("a person please", "ask_person")
    assert chat.handed_over is not None
    assert chat.handed_over.intent == "order_status"
    assert chat.handed_over.level is VerificationLevel.IDENTIFIED
    assert chat.handed_over.customer == ""
    assert "not verified" in chat.handed_over.summary


async def test_complaint_in_the_middle_of_something_brings_a_person_sooner(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert "very sorry" in await chat.say("this is a disgrace", "complaint")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "complaint"
    assert chat.handed_over.priority > 0


async def test_anger_in_the_middle_of_something_brings_a_person(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    await chat.hear(Heard("give_details", EN, "…", sentiment=-0.5))
    assert not chat.turns[-1].pause
    await chat.hear(Heard("give_details", EN, "…", sentiment=FURIOUS))
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "sentiment"
    assert chat.handed_over.sentiment == FURIOUS


async def test_anger_that_was_not_understood_brings_a_person_at_once(chat: Talk) -> None:
    await chat.hear(Heard("nlu_fallback", EN, "…", sentiment=FURIOUS))
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "sentiment"


async def test_angry_question_that_the_bot_can_answer_is_answered(chat: Talk) -> None:
    answer = await chat.hear(Heard("opening_hours", EN, "…", sentiment=FURIOUS))
    assert answer == "We are always open."


async def test_harsh_words_are_expected_where_something_went_wrong(chat: Talk) -> None:
    await chat.say("write", "ticket_create")
    heard = Heard("complaint", EN, "you useless lot", "you useless lot", sentiment=FURIOUS)
    assert "Written: you useless lot" in await chat.hear(heard)


async def test_abuse_is_met_calmly_once_then_a_person_comes(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert "Shall I bring in a person" in await chat.say("…", "abuse")
    assert "Which colour" in await chat.say("no", "deny")
    await chat.say("…", "abuse")
    await chat.say("…", "abuse")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "abuse"


async def test_missing_details_lead_to_the_offer_of_a_person(chat: Talk) -> None:
    await chat.say("paint it", "order_status")
    assert "shall I bring in a person" in await chat.say("I do not know", "no_details")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None


async def test_back_from_a_person_the_flow_can_go_on(chat: Talk) -> None:
    await chat.say("red", "order_status", colour="red")
    await chat.say("agent", "ask_person")
    answer = await chat.event("hand_back", after="left_queue")
    assert "This is the bot again" in answer
    assert "go on with painting" in answer
    assert await chat.say("yes", "affirm") == "How many cans?"


async def test_after_an_agent_has_ended_it_nothing_begun_is_taken_up(chat: Talk) -> None:
    await chat.say("red", "order_status", colour="red")
    await chat.say("agent", "ask_person")
    answer = await chat.event("hand_back", after="agent_ended", agent="a1")
    assert "painting" not in answer
    assert chat.dialogue.suspended == ()


async def test_note_of_an_agent_goes_to_the_next_and_not_to_the_customer(chat: Talk) -> None:
    await chat.say("agent", "ask_person")
    answer = await chat.event(
        "hand_back", after="handed_back", agent="agents/a1", note="Refund {promised} by Friday"
    )
    assert "note" in answer
    assert "Refund" not in answer
    await chat.say("agent", "ask_person")
    assert chat.handed_over is not None
    assert "Refund {promised} by Friday" in chat.handed_over.summary


async def test_after_an_agent_the_survey_names_who_served(chat: Talk) -> None:
    await chat.say("agent", "ask_person")
    answer = await chat.event("hand_back", after="agent_ended", agent="agents/a1")
    assert "This is the bot again" in answer
    assert "How was it" in answer
    await chat.say("4", rating="4")
    (notice,) = chat.turns[-1].notices
    assert notice.agent == "agents/a1"  # type: ignore[union-attr]


@pytest.mark.parametrize("reason", ["router_down", "queue_full", "queue_closed"])
@pytest.mark.parametrize("language", [ZH, EN])
async def test_when_nobody_can_be_had_a_ticket_is_offered_and_nothing_lost(
    reason: str, language: Language
) -> None:
    chat = toys(language=language)
    await chat.say("paint it", "order_status")
    await chat.say("agent", "ask_person")
    answer = await chat.event("hand_over_failed", reason=reason)
    assert ("工单" if language is ZH else "open a ticket") in answer
    assert chat.choices == [("提交工单" if language is ZH else "Open a ticket")]
    assert not chat.turns[-1].pause
    assert ("写什么" if language is ZH else "What shall I write") in await chat.say("y", "affirm")
    assert [task.flow for task in chat.dialogue.suspended] == ["paint"]


async def test_each_reason_for_failing_is_said_as_it_is(chat: Talk) -> None:
    said = {
        await chat.event("hand_over_failed", reason=reason)
        for reason in ("router_down", "queue_full", "queue_closed")
    }
    assert len(said) == 3


async def test_nobody_came_a_callback_was_booked(chat: Talk) -> None:
    assert "callback is booked" in await chat.event("hand_back", after="callback_booked")
    assert "nobody could take your chat" in await chat.event("hand_back", after="nobody_answered")


async def test_codes_and_pins_never_reach_a_person() -> None:
    chat = talk(accounts())
    await chat.say("reset my pin", "pin_reset")
    await chat.say("13800000000", phone="13800000000")
    await chat.say("551920", digits="551920")
    await chat.say("agent", "ask_person")
    assert chat.handed_over is not None
    assert "551920" not in f"{chat.handed_over}{chat.remembered}"


async def test_number_that_is_only_named_is_told_as_a_claim() -> None:
    chat = talk(accounts())
    await chat.say("where is it", "order_status", order_number=EARBUDS)
    await chat.say("agent", "ask_person")
    assert chat.handed_over is not None
    assert chat.handed_over.slots["order_number"] == EARBUDS
    assert chat.handed_over.customer == ""


async def test_a_person_who_was_offered_is_asked_for_and_not_affirmed() -> None:
    chat = toys()
    await chat.event("file", file={"id": "f", "name": "a.png", "type": "image/png", "size": 9})
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert (chat.handed_over.reason, chat.handed_over.intent) == ("file", "ask_person")


async def test_who_asks_for_the_person_that_was_offered_comes_for_that_reason(chat: Talk) -> None:
    await chat.event("file", file={"id": "f"})
    await chat.say("let somebody look at it", "ask_person")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "file"


async def test_unsure_abuse_is_taken_for_the_words_that_were_asked_for(chat: Talk) -> None:
    await chat.say("write", "ticket_create")
    heard = Heard("abuse", EN, "it is bad", said="it is bad", confidence=0.4)
    assert "frustrating" not in await chat.hear(heard)


async def test_angry_words_that_were_asked_for_are_written_down(chat: Talk) -> None:
    await chat.say("write", "ticket_create")
    words = "it shrank in the first wash, I want my money back"
    await chat.hear(Heard("faq", EN, words, words, sentiment=FURIOUS))
    assert chat.handed_over is None


@pytest.mark.parametrize(
    ("language", "clause"),
    [(EN, f"Order {LAMP}: shipped."), (ZH, f"订单 {LAMP} 的状态：已发货。")],
)
async def test_how_the_order_stands_is_told_to_whoever_takes_over(
    language: Language, clause: str
) -> None:
    chat = talk(accounts(), language).verified(LIN)
    await chat.say("where is it", "order_status", order_number=LAMP)
    await chat.say("a person", "ask_person")
    assert chat.handed_over is not None
    assert clause in chat.handed_over.summary


@pytest.mark.parametrize(
    ("language", "clause"),
    [
        (EN, f"The customer named order {LAMP} as theirs, which is not proven."),
        (ZH, f"客户报的订单号是 {LAMP}，未经核实。"),
    ],
)
@pytest.mark.parametrize("tries", [0, 1, 3])
async def test_an_order_that_was_only_claimed_is_named_as_such(
    language: Language, clause: str, tries: int
) -> None:
    chat = talk(accounts(), language)
    await chat.say("what do I owe", "bill_balance")
    await chat.say(LAMP, order_number=LAMP)
    for _ in range(tries):
        await chat.say(f"{LAMP} 1111", order_number=LAMP, phone_digits="1111")
    await chat.say("a person", "ask_person")
    assert chat.handed_over is not None
    assert clause in chat.handed_over.summary
    assert chat.handed_over.slots["claimed_order"] == LAMP
    assert "order_state" not in chat.handed_over.slots


async def test_a_claim_is_forgotten_once_something_is_proven() -> None:
    chat = talk(accounts())
    await chat.say("what do I owe", "bill_balance")
    await chat.say(f"{WUS} 1111", order_number=WUS, phone_digits="1111")
    await chat.say(f"{LAMP} 5678", order_number=LAMP, phone_digits="5678")
    await chat.say("a person", "ask_person")
    assert chat.handed_over is not None
    assert WUS not in f"{chat.handed_over.slots}{chat.handed_over.summary}"


@pytest.mark.parametrize(
    ("language", "wish", "branch", "summary"),
    [
        (EN, "tomorrow at 3 pm at West Lake", "West Lake store", "Wants to visit West Lake store"),
        (ZH, "明天下午三点去West Lake", "West Lake store", "想预约West Lake store，明天"),
    ],
)
async def test_a_visit_is_told_in_words_that_people_read(
    language: Language, wish: str, branch: str, summary: str
) -> None:
    chat = Desk().talk(language)
    await chat.say("an appointment please", "appointment")
    await chat.say(wish)
    await chat.say("a@example.com", email="a@example.com")
    await chat.say("a person", "ask_person")
    handed = chat.handed_over
    assert handed is not None
    assert summary in handed.summary
    assert handed.slots["branch"] == branch
    assert handed.slots["contact"] == "a@example.com"
    told = " ".join(handed.slots.values())
    assert not re.search(r"west-lake|\d{4}-\d{2}-\d{2}T|\bbook\b|email:", told)
