"""Visits at a branch: booked, moved to another time, given up. Led through the engine."""

from datetime import UTC, datetime

import pytest
from switchyard_actions.domain.holders import Holder, Reach
from switchyard_actions.domain.language import Language

from tests.fakes.actions.desk import LIN, MOBILE, SHANGHAI, Desk
from tests.fakes.actions.visits import BALLARD

pytestmark = pytest.mark.unit

FRIDAY_THREE = datetime(2026, 11, 27, 15, tzinfo=SHANGHAI)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_visit_is_booked_step_by_step(desk: Desk) -> None:
    chat = desk.talk()
    assert "Which branch" in await chat.say("I want an appointment", "appointment")
    assert chat.choices == ["West Lake store", "Ballard store"]
    assert "When would you like" in await chat.say("West Lake store")
    assert "these free times" in await chat.say("Friday morning")
    assert chat.choices[:2] == ["Fri 27 Nov, 10:00", "Fri 27 Nov, 10:30"]
    assert "What is the visit about?" in await chat.say("Fri 27 Nov, 10:30")
    assert "phone number or an e-mail" in await chat.say("my kettle")
    answer = await chat.say("13812345678", phone="13812345678")
    assert "Shall I book West Lake store, Friday, 27 November at 10:30 am?" in answer
    answer = await chat.say("yes", "affirm")
    assert "appointment number is 73000001" in answer
    ((holder, visit, purpose),) = desk.visits.booked.values()
    assert holder == Holder(reach=Reach("phone", MOBILE))
    assert visit.start == datetime(2026, 11, 27, 2, 30, tzinfo=UTC)
    assert purpose == "my kettle"


async def test_branch_and_time_in_one_message_are_understood(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    answer = await chat.say("I'd like to come to West Lake on Friday at 3 pm", "appointment")
    assert "There is a free place Friday, 27 November at 3 pm." in answer
    assert "What is the visit about?" in answer
    await chat.say("I will say when I am there")
    await chat.say("yes", "affirm")
    ((holder, visit, purpose),) = desk.visits.booked.values()
    assert (holder, visit.start, purpose) == (Holder(LIN), FRIDAY_THREE, "")


async def test_it_works_in_chinese(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    answer = await chat.say("我想预约hangzhou周五下午三点", "appointment")
    assert "后天（11 月 27 日）下午 3 点有空位" in answer
    answer = await chat.say("看看扫地机器人")
    assert "为您预约West Lake store" in answer
    assert "预约号 73000001" in await chat.say("可以", "affirm")


async def test_a_time_that_is_taken_leads_to_the_nearest_free_ones(desk: Desk) -> None:
    desk.visits.taken.add(("west-lake", FRIDAY_THREE))
    chat = desk.talk().verified(LIN)
    answer = await chat.say("West Lake on Friday at 3 pm", "appointment")
    assert "has nothing free at that time" in answer
    assert chat.choices[0] == "Fri 27 Nov, 15:30"


async def test_times_are_those_of_the_branchs_own_clock(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("ballard on friday at 3 pm", "appointment")
    await chat.say("I will say when I am there")
    await chat.say("yes", "affirm")
    ((_, visit, _),) = desk.visits.booked.values()
    assert visit.start == datetime(2026, 11, 27, 15, tzinfo=BALLARD.zone)


@pytest.mark.parametrize(
    ("words", "entities"),
    [
        ("the second one", {"ordinal": "2"}),
        ("10:30 please", {}),
        ("half past ten", {}),
        ("Fri 27 Nov, 10:30", {}),
    ],
)
async def test_a_free_time_is_chosen_in_many_ways(
    desk: Desk, words: str, entities: dict[str, str]
) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday morning", "appointment")
    await chat.say(words, **entities)
    await chat.say("I will say when I am there")
    assert "27 November at 10:30 am" in chat.told[-1]


async def test_later_times_and_other_days_are_offered_when_asked_for(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday morning", "appointment")
    await chat.say("Later times")
    assert chat.choices[0] == "Fri 27 Nov, 12:00"
    await chat.say("rather on saturday afternoon")
    assert chat.choices[0] == "Sat 28 Nov, 12:00"
    await chat.say("at 4 pm")
    assert "What is the visit about?" in chat.told[-1]


async def test_a_time_lost_to_somebody_quicker_is_said_and_others_are_offered(
    desk: Desk,
) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday at 3 pm", "appointment")
    await chat.say("I will say when I am there")
    desk.visits.taken.add(("west-lake", FRIDAY_THREE))
    answer = await chat.say("yes", "affirm")
    assert "somebody else has just taken that time" in answer
    assert chat.choices[0] == "Fri 27 Nov, 15:30"
    await chat.say("Fri 27 Nov, 15:30")
    assert "73000001" in await chat.say("yes", "affirm")


async def test_nobody_books_more_than_may_be(desk: Desk) -> None:
    for hour in (14, 15, 16):
        start = datetime(2026, 11, 27, hour, tzinfo=SHANGHAI)
        await desk.visits.book(Holder(LIN), "west-lake", start, "", f"r{hour}")
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday at 5 pm", "appointment")
    await chat.say("I will say when I am there")
    assert "several appointments already" in await chat.say("yes", "affirm")


async def test_the_past_cannot_be_visited(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("appointment at west lake", "appointment")
    assert "has passed" in await chat.say("yesterday at 3")


async def test_a_branch_without_appointments_is_not_offered(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    answer = await chat.say("appointment in chengdu", "appointment")
    assert "no branch there that takes appointments" in answer
    assert "Pick-up point" not in chat.choices


async def test_before_booking_the_time_can_be_changed(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday at 3 pm", "appointment")
    await chat.say("I will say when I am there")
    await chat.say("no, on saturday at 4 pm", "correct")
    assert "Saturday, 28 November at 4 pm" in chat.told[-1]
    assert not desk.visits.booked


async def test_a_visit_is_given_up_by_who_booked_it(desk: Desk) -> None:
    held = Holder(reach=Reach("phone", MOBILE))
    booked = await desk.visits.book(held, "west-lake", FRIDAY_THREE, "", "r1")
    chat = desk.talk()
    await chat.say(f"cancel my appointment {booked.number}", "appointment")
    assert "Which phone number or e-mail" in chat.told[-1]
    await chat.say("13812345678", phone="13812345678")
    assert "Shall I cancel" in chat.told[-1]
    assert "is cancelled" in await chat.say("yes", "affirm")
    assert ("west-lake", FRIDAY_THREE) not in desk.visits.taken


async def test_somebody_else_cannot_give_it_up(desk: Desk) -> None:
    held = Holder(reach=Reach("phone", MOBILE))
    booked = await desk.visits.book(held, "west-lake", FRIDAY_THREE, "", "r1")
    chat = desk.talk()
    await chat.say(f"cancel my appointment {booked.number}", "appointment")
    await chat.say("13987654321", phone="13987654321")
    assert "no appointment that fits" in await chat.say("yes", "affirm")
    assert ("west-lake", FRIDAY_THREE) in desk.visits.taken


async def test_the_visit_just_booked_is_given_up_without_its_number(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE).verified(LIN)
    await chat.say("预约hangzhou周五下午三点", "appointment")
    await chat.say("到店再说")
    await chat.say("可以", "affirm")
    await chat.say("取消到店预约", "appointment")
    assert chat.choices == ["73000001"]
    await chat.say("73000001")
    assert "已取消" in await chat.say("是", "affirm")


async def test_nothing_is_lost_while_the_crm_is_down(desk: Desk) -> None:
    chat = desk.talk().verified(LIN)
    await chat.say("West Lake on Friday at 3 pm", "appointment")
    await chat.say("I will say when I am there")
    desk.visits.available = False
    assert "not answering" in await chat.say("yes", "affirm")
    desk.visits.available = True
    assert "You are booked" in await chat.say("book the appointment", "appointment")


async def test_a_wish_without_a_place_leads_to_the_choice(desk: Desk) -> None:
    chat = desk.talk()
    answer = await chat.say("an appointment to browse on Saturday afternoon", "appointment")
    assert answer == "Which branch would you like to visit?", "nobody named a place"
    answer = await chat.say("West Lake store")
    assert "West Lake store has these free times" in answer
    assert all("28" in choice for choice in chat.choices[:-1])


async def test_a_wish_without_a_place_in_chinese(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE)
    assert await chat.say("我想周六下午去店里看看", "appointment") == "您想去哪家门店？"


async def test_a_yes_is_no_place(desk: Desk) -> None:
    chat = desk.talk(Language.CHINESE)
    await chat.say("我想预约", "appointment")
    answer = await chat.say("好", "affirm")
    assert "请从列出的门店中选一家" in answer
    assert "没有可以预约的门店" not in answer


async def test_places_that_are_nowhere_lead_to_a_person_in_the_end(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("I would like an appointment", "appointment")
    assert "no branch there" in await chat.say("Atlantis")
    assert "no branch there" in await chat.say("Camelot")
    assert "Shall I bring in a person?" in await chat.say("Avalon")
    await chat.say("yes", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "tries"


async def test_a_visit_booked_before_the_proof_is_given_up_after_it(desk: Desk) -> None:
    held = Holder(reach=Reach("phone", MOBILE))
    booked = await desk.visits.book(held, "west-lake", FRIDAY_THREE, "", "r1")
    chat = desk.talk().verified(LIN)
    await chat.say(f"cancel my appointment {booked.number}", "appointment")
    assert "Which phone number or e-mail" in await chat.say("yes", "affirm")
    await chat.say("13812345678", phone="13812345678")
    assert "is cancelled" in await chat.say("yes", "affirm")
    assert ("west-lake", FRIDAY_THREE) not in desk.visits.taken


async def test_a_proof_of_ones_own_gives_up_nobody_elses_visit(desk: Desk) -> None:
    held = Holder(reach=Reach("phone", MOBILE))
    booked = await desk.visits.book(held, "west-lake", FRIDAY_THREE, "", "r1")
    chat = desk.talk().verified(LIN)
    await chat.say(f"cancel my appointment {booked.number}", "appointment")
    await chat.say("yes", "affirm")
    await chat.say("13987654321", phone="13987654321")
    assert "no appointment that fits" in await chat.say("yes", "affirm")
    assert ("west-lake", FRIDAY_THREE) in desk.visits.taken
