"""Where are you, and are you open? Led through the engine, and in parts."""

from datetime import datetime

import pytest
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.place_words import place_words

from tests.fakes.actions.desk import SHANGHAI, Desk
from tests.fakes.actions.visits import BALLARD, WEST_LAKE

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_one_branch_is_told_whole(desk: Desk) -> None:
    answer = await desk.talk().say("where is the west lake branch", "branches")
    assert answer.split("\n") == [
        "West Lake store: 1 Spruce Road, Hangzhou",
        "Phone: +8619900009901",
        "open now until 1 pm",
        "Opening hours: Mon–Fri 10:00–13:00 and 14:00–21:00, Sat–Sun 10:00–22:00",
        "Closed on: 31 December",
    ]


async def test_one_branch_is_told_in_chinese(desk: Desk) -> None:
    answer = await desk.talk(Language.CHINESE).say("hangzhou 门店几点开门", "opening_hours")
    assert "正在营业，今天下午 1 点关门" in answer
    assert "营业时间：周一–周五 10:00–13:00 和 14:00–21:00、周六–周日 10:00–22:00" in answer


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (
            datetime(2026, 11, 25, 13, 30, tzinfo=SHANGHAI),
            "closed now, opens today (25 November) at 2 pm",
        ),
        (
            datetime(2026, 11, 25, 21, 0, tzinfo=SHANGHAI),
            "closed now, opens tomorrow (26 November) at 10 am",
        ),
        (
            datetime(2026, 12, 31, 11, 0, tzinfo=SHANGHAI),
            "closed now, opens tomorrow (1 January 2027) at 10 am",
        ),
        (datetime(2026, 11, 28, 21, 59, tzinfo=SHANGHAI), "open now until 10 pm"),
    ],
)
async def test_open_now_minds_breaks_nights_and_holidays(
    desk: Desk, at: datetime, said: str
) -> None:
    desk.now = at
    assert said in await desk.talk().say("is west lake open now", "opening_hours")


async def test_a_branch_is_open_by_its_own_clock(desk: Desk) -> None:
    # 10:30 on Wednesday in Shanghai is Tuesday evening in Seattle.
    answer = await desk.talk().say("is the seattle branch open", "opening_hours")
    assert "closed now, opens tomorrow (25 November) at 9 am" in answer


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("is hangzhou open on saturday", "open Saturday, 28 November, 10:00–22:00"),
        ("hangzhou on 31 december", "closed 31 December"),
        ("hangzhou tomorrow", "open tomorrow (26 November), 10:00–13:00 and 14:00–21:00"),
    ],
)
async def test_another_day_is_told_when_it_is_asked_for(desk: Desk, words: str, said: str) -> None:
    assert said in await desk.talk().say(words, "opening_hours")


async def test_of_today_both_the_hours_and_now_are_told(desk: Desk) -> None:
    answer = await desk.talk().say("is hangzhou open today", "opening_hours")
    assert "open today (25 November), 10:00–13:00 and 14:00–21:00" in answer
    assert "open now until 1 pm" in answer


async def test_without_a_place_all_are_listed_to_choose_from(desk: Desk) -> None:
    chat = desk.talk()
    answer = await chat.say("where are you", "branches")
    assert "Ballard store (12 Alder Street, Seattle): closed now" in answer
    assert chat.choices == ["West Lake store", "Ballard store", "Pick-up point"]
    assert "12 Alder Street" in await chat.say("Ballard store")


async def test_where_there_is_none_the_others_are_told(desk: Desk) -> None:
    answer = await desk.talk().say("any branch in Berlin", "branches")
    assert "no branch of ours there" in answer
    assert "West Lake store" in answer


async def test_the_place_spoken_of_is_remembered(desk: Desk) -> None:
    chat = desk.talk()
    await chat.say("where is the west lake branch", "branches")
    assert "Saturday" in await chat.say("and on saturday?", "opening_hours")


async def test_a_crm_that_does_not_answer_is_said(desk: Desk) -> None:
    desk.visits.available = False
    chat = desk.talk()
    assert "not answering" in await chat.say("where are you", "branches")
    assert chat.turns[-1].account.outcome == "error"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("请问西湖的门店几点关门", "西湖"),
        ("杭州店现在还开着吗", "杭州"),
        ("你们在哪里", ""),
        ("周六几点开门", ""),
        ("What time does the Ballard store close tomorrow?", "ballard"),
        ("do you have a branch near London", "london"),
        ("are you open now", ""),
        ("I'd like to visit West Lake on Friday at 3", "west lake"),
    ],
)
def test_words_that_name_a_place_are_found(words: str, place: str) -> None:
    assert place_words(words) == place


def test_a_branch_without_hours_is_never_open() -> None:
    empty = type(WEST_LAKE)("x", "X", "", "", "", SHANGHAI)
    now = datetime(2026, 11, 25, 10, 30, tzinfo=SHANGHAI)
    assert empty.closes_at(now) is None
    assert empty.opens_next(now) is None


def test_the_end_of_the_day_is_the_midnight_after_it() -> None:
    now = datetime(2026, 11, 24, 17, 0, tzinfo=BALLARD.zone)
    closes = BALLARD.closes_at(now)
    assert closes is not None
    assert f"{closes:%H:%M}" == "18:00"


@pytest.mark.parametrize("words", ["你们都在哪儿有店啊", "那家店几点打烊"])
def test_words_of_asking_name_no_place(words: str) -> None:
    assert place_words(words) == ""


def test_cities_keep_their_names() -> None:
    assert place_words("成都的店晚上几点打烊") == "成都"


@pytest.mark.parametrize(
    ("language", "words", "place"),
    [
        (Language.ENGLISH, "and hangzhou?", "West Lake store"),
        (Language.CHINESE, "那hangzhou呢", "Hangzhou"),
    ],
)
async def test_another_place_is_told_without_asking_anew(
    desk: Desk, language: Language, words: str, place: str
) -> None:
    chat = desk.talk(language)
    await chat.say("seattle", "branches")
    assert place in await chat.say(words, "nlu_fallback")


async def test_courtesy_while_a_branch_is_asked_for_names_no_place(desk: Desk) -> None:
    chat = desk.talk()
    assert "Which branch" in await chat.say("an appointment please", "appointment")
    answer = await chat.say("what else can you help with", "capabilities")
    assert "check an order" in answer
    assert "Which branch" in answer
