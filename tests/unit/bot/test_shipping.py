"""A model is examined, compared with the last and reported; a worse one is told from bad luck."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from switchyard_bot import confusion_page, examination, gate
from switchyard_bot.confusion_page import Report
from switchyard_bot.examination import Answer, Examination
from switchyard_bot.learning.mood import Uttered
from switchyard_bot.learning.passages import Question
from switchyard_bot.shelf import ModelShelf

pytestmark = pytest.mark.unit

_PHRASES = {"en": {"greet": ["hi", "hey"], "out_of_scope": ["sing", "dance"]}}
_QUESTIONS = [
    Question("return?", "en", "returns#how"),
    Question("late?", "en", "late#what"),
    Question("ceo?", "en", None),
]
_MOODS = [
    Uttered("grr", "en", "angry"),
    Uttered("hmm", "en", "unhappy"),
    Uttered("ok", "en", "plain"),
]


def _made_of(text: str) -> Mapping[str, Any]:
    intents = {"hi": "greet", "hey": "nlu_fallback", "sing": "nlu_fallback", "dance": "greet"}
    found = {
        "return?": [{"id": "returns#how", "score": 0.9}],
        "ceo?": [{"id": "x#y", "score": 0.6}],
    }
    return {
        "intent": {"name": intents.get(text, "faq"), "confidence": 0.5},
        "passages": found.get(text, []),
        "sentiment": {"grr": -0.9, "hmm": -0.8}.get(text, 0.0),
    }


async def _ask(text: str) -> Mapping[str, Any]:
    return _made_of(text)


@pytest.fixture
def examined() -> Examination:
    return asyncio.run(examination.examine(_ask, _PHRASES, _QUESTIONS, _MOODS))


def test_figures_are_shares_of_what_was_asked(examined: Examination) -> None:
    assert examined.figures(["en"]) == {
        "intents_en": 0.5,
        "false_fallback_en": 0.5,
        "oos_rejected_en": 0.5,
        "knowledge_right_en": 0.5,
        "knowledge_not_found_en": 0.5,
        "knowledge_rejected_en": 0.0,
        "anger_found_en": 1.0,
        "anger_imagined_en": 0.5,
    }


def test_marks_hold_fingerprints_and_no_phrases(examined: Examination) -> None:
    marks = examined.marks()
    assert marks["intent_understood_en"] == {
        gate.fingerprint("greethi"): True,
        gate.fingerprint("greethey"): False,
    }
    assert len(marks["knowledge_turned_down_en"]) == 1
    assert "hi" not in "".join(marks["intent_understood_en"])


def _marks(right: int, wrong: int) -> dict[str, bool]:
    return {f"phrase {n}": n < right for n in range(right + wrong)}


def test_a_model_that_lost_many_phrases_is_refused_with_the_reason() -> None:
    before = {"intents": _marks(95, 5)}
    now = {"intents": {**_marks(95, 5), **{f"phrase {n}": False for n in range(12)}}}
    (reason,) = gate.refusals(gate.compare(before, now))
    assert "intents: 95.0% before, 83.0% now" in reason
    assert "12 lost, 0 gained" in reason


def test_a_few_lost_phrases_may_be_chance() -> None:
    before = {"intents": _marks(95, 5)}
    now = {"intents": {**_marks(95, 5), "phrase 0": False, "phrase 1": False, "phrase 99": True}}
    assert not gate.refusals(gate.compare(before, now))


def test_only_phrases_that_both_were_asked_count() -> None:
    before = {"intents": _marks(10, 0)}
    now = {"intents": {f"new {n}": False for n in range(50)} | {"phrase 0": True}}
    (change,) = gate.compare(before, now)
    assert (change.before, change.now, change.lost) == (1.0, 1.0, 0)
    assert gate.compare({}, now) == []


@given(st.integers(0, 60), st.integers(0, 60))
def test_chance_is_a_probability_and_falls_with_each_loss(gained: int, lost: int) -> None:
    change = gate.Change("m", 0.5, 0.5, gained, lost)
    assert 0 < change.chance <= 1
    assert gate.Change("m", 0.5, 0.5, gained, lost + 1).chance <= change.chance + 1e-12
    assert not change.worse or lost > gained


def _page(examined: Examination, refused: list[str]) -> str:
    changes = [gate.Change("intents_en", 0.9, 0.8, 1, 9)]
    figures = examined.figures(["en"])
    return confusion_page.page(
        Report("bot-1.tar.gz", "2026-01-01", examined, figures, changes, refused)
    )


def test_the_page_shows_what_was_taken_for_what(examined: Examination) -> None:
    html = _page(examined, [])
    assert "greet → nlu_fallback" in html
    assert "late#what → not_found" in html
    assert "returns#how →" not in html  # it was answered
    assert "<bdi>hey</bdi>" in html


def test_the_page_says_why_a_model_is_refused(examined: Examination) -> None:
    assert "intents: worse" in _page(examined, ["intents: worse"])
    assert "verdict bad" not in _page(examined, [])


def test_the_page_is_complete_in_both_languages_and_needs_nothing_from_elsewhere(
    examined: Examination,
) -> None:
    html = _page(examined, [])
    assert html.count('<span lang="zh">') == html.count('<span lang="en">')
    assert not re.search(r"(src|href)=|url\(|@import|https?://", html)


def test_what_customers_might_say_is_no_markup() -> None:
    answer = Answer("intent", "en", "<script>alert(1)</script>", "greet", "<b>", 0.4)
    html = _page(Examination((answer,)), [])
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "<b>" not in html


def test_a_models_papers_go_when_it_goes(tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path)
    shelf.last_metrics.write_text("{}", encoding="utf-8")
    for number in range(4):
        packed = tmp_path / "packed"
        packed.write_bytes(b"model")
        model = shelf.put(packed, f"bot-{number}.tar.gz")
        for paper in shelf.papers(model):
            paper.write_text("{}", encoding="utf-8")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        *("bot-2.html", "bot-2.json", "bot-2.tar.gz"),
        *("bot-3.html", "bot-3.json", "bot-3.tar.gz"),
        "shipped.json",
    ]
