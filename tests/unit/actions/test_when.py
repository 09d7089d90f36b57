"""Days and times in words: a list of phrases per language, and what must hold for all."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.when.reading import read_when
from switchyard_actions.domain.when.span import Span
from switchyard_actions.domain.when.speaking import moment_title, spoken_clock, spoken_moment

pytestmark = pytest.mark.unit

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONDON = ZoneInfo("Europe/London")
WEDNESDAY = datetime(2026, 11, 25, 10, 30, tzinfo=SHANGHAI)


def _phrases() -> Iterator[tuple[str, str]]:
    for file in sorted((Path(__file__).parent / "when").glob("*.yml")):
        yield from yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader).items()


def _written(span: Span | None) -> str:
    if span is None:
        return "null"
    start, end = (f"{moment:%Y-%m-%dT%H:%M}" for moment in (span.start, span.end))
    return start if span.is_moment else f"{start}/{end}"


@pytest.mark.parametrize(("phrase", "meant"), list(_phrases()))
def test_reads_what_was_meant(phrase: str, meant: str) -> None:
    assert _written(read_when(phrase, WEDNESDAY)) == meant


@given(st.text(max_size=60))
def test_takes_any_text(text: str) -> None:
    span = read_when(text, WEDNESDAY)
    assert span is None or span.start <= span.end


_DIGITS_AND_WORDS = st.lists(
    st.sampled_from(
        [
            "99",
            "0",
            "30",
            "2月30",
            "号",
            "点",
            "半",
            "下午",
            "明天",
            "周",
            "下",
            "in",
            "hours",
            "days",
            "the",
            "31st",
            "feb",
            "half",
            "past",
            "between",
            "and",
            "to",
            "after",
            "12/31",
            ":",
            ".",
            "2026-13-45",
            "前",
            "过",
            "weeks",
            "年",
        ]
    ),
    max_size=8,
).map(" ".join)


@given(_DIGITS_AND_WORDS)
def test_takes_any_mixture_of_numbers_and_words_of_time(text: str) -> None:
    span = read_when(text, WEDNESDAY, hour_alone=True)
    assert span is None or span.start <= span.end


@given(
    st.integers(min_value=1, max_value=400_000).map(
        lambda minutes: WEDNESDAY + timedelta(minutes=minutes)
    ),
    st.sampled_from(Language),
)
def test_reads_what_is_written_on_a_quick_reply(moment: datetime, language: Language) -> None:
    assert read_when(moment_title(moment, language), WEDNESDAY) == Span(moment, moment)


def test_a_lone_number_is_an_hour_only_when_asked_for() -> None:
    assert read_when("4", WEDNESDAY) is None
    at_four = read_when("4", WEDNESDAY, hour_alone=True)
    assert _written(at_four) == "2026-11-25T16:00"


def test_an_hour_is_an_hour_when_clocks_go_back() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=LONDON)
    span = read_when("in two hours", before)
    assert span is not None
    assert span.start.timestamp() - before.timestamp() == timedelta(hours=2).total_seconds()
    assert f"{span.start:%H:%M}" == "01:30"


def test_tells_whether_a_day_and_a_time_were_named() -> None:
    spans = [read_when(text, WEDNESDAY) for text in ("下午三点", "明天", "明天下午三点")]
    assert [(s.has_day, s.has_time) for s in spans if s] == [
        (False, True),
        (True, False),
        (True, True),
    ]


def test_says_times_as_people_do() -> None:
    moment = datetime(2026, 11, 26, 15, 30, tzinfo=SHANGHAI)
    assert spoken_moment(moment, WEDNESDAY, Language.CHINESE) == "明天（11 月 26 日）下午 3:30"
    assert spoken_moment(moment, WEDNESDAY, Language.ENGLISH) == "tomorrow (26 November) at 3:30 pm"
    noon = moment.replace(hour=12, minute=0).time()
    assert (spoken_clock(noon, Language.CHINESE), spoken_clock(noon, Language.ENGLISH)) == (
        "中午 12 点",
        "noon",
    )


@pytest.mark.parametrize("words", ["上个月五号", "上月5号", "on the 5th of last month"])
def test_a_day_of_last_month_is_gone(words: str) -> None:
    span = read_when(words, WEDNESDAY, hour_alone=True)
    assert span is not None
    assert span.start == datetime(2026, 10, 5, tzinfo=SHANGHAI)
