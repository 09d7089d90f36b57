"""What callers who wait are told of their place and time."""

import pytest
from switchyard_phone.adapters.menu_files import load
from switchyard_phone.domain.language import Language
from switchyard_phone.domain.waiting import Patience, Stand, WaitingWords

pytestmark = pytest.mark.unit

EN, ZH = Language.ENGLISH, Language.CHINESE


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "You are number 2 in the queue.", "您目前排在第 2 位。"),
        (1, "will take about a minute.", "预计等待约一分钟。"),
        (60, "will take about a minute.", "预计等待约一分钟。"),
        (61, "will take about 2 minutes.", "预计等待约 2 分钟。"),
        (90_000, "will take about 60 minutes.", "预计等待约 60 分钟。"),
    ],
)
def test_time_is_told_in_whole_minutes_if_anybody_can_say(
    seconds: float, english: str, chinese: str
) -> None:
    words = WaitingWords(load())
    for language, told in ((EN, english), (ZH, chinese)):
        (line, *_), _ = words.place(Patience(language, True).heard_of(Stand(2, seconds)))
        assert line.text.endswith(told)


def test_who_has_no_place_yet_hears_that_somebody_is_looked_for() -> None:
    (line, *_), _ = WaitingWords(load()).place(Patience(EN, True))
    assert line.text.startswith("We are still looking")
