"""The path report as a page."""

from xml.etree import ElementTree

import pytest
from switchyard_gateway.domain.journeys import ENDS, Journey, Stop, count
from switchyard_gateway.domain.sankey import layout
from switchyard_gateway.entrypoints.cli.paths_page import page, picture
from switchyard_gateway.entrypoints.cli.wording import ENDS as END_WORDS
from switchyard_gateway.entrypoints.cli.wording import Words, of_stop

pytestmark = pytest.mark.unit

PERIOD = Words("today", "今天")
JOURNEYS = [
    Journey((Stop("", "greet"), Stop("order_status", "ask.order_number")), end) for end in ENDS
]


def test_the_picture_is_well_formed_and_tells_every_number() -> None:
    drawn = ElementTree.fromstring(picture(layout(JOURNEYS)))
    told = [title.text or "" for title in drawn.iter("title")]
    assert "greeting / 问候: 5" in told
    assert len(drawn.findall("path")) == 1 + len(ENDS)


@pytest.mark.parametrize(("language", "opens"), [("en", 'lang="en"'), ("zh", 'lang="zh-CN"')])
def test_the_page_speaks_both_languages_and_fetches_nothing(language: str, opens: str) -> None:
    text = page(count(JOURNEYS), layout(JOURNEYS), PERIOD, language)
    assert text.startswith(f"<!doctype html><html {opens}>")
    for words in (PERIOD, *END_WORDS.values()):
        assert words.en in text
        assert words.zh in text
    assert "http://" not in text
    assert "https://" not in text


def test_names_that_are_not_known_are_shown_as_they_are_but_never_as_markup() -> None:
    strange = [Journey((Stop("<script>alert(1)</script>", "a&b"),), "left")]
    text = page(count(strange), layout(strange), PERIOD, "en")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: a&amp;b" in text


def test_without_conversations_the_page_says_so() -> None:
    text = page(count([]), layout([]), PERIOD, "zh")
    assert "这段时间没有会话" in text


def test_a_step_reads_like_words() -> None:
    assert of_stop(Stop("order_status", "done")) == Words("order status: done", "查订单：办结")
    assert of_stop(Stop("new_flow", "")) == Words("new flow", "new flow")
    asked = Words("order status: last four digits?", "查订单：询问手机后四位")
    assert of_stop(Stop("order_status", "ask.phone_last4")) == asked
    assert of_stop(Stop("", "out_of_scope")) == Words("beyond the bot", "超出服务范围")
