"""Answers from the knowledge base, and the files it is made of."""

from pathlib import Path

import pytest
import yaml
from switchyard_actions.adapters.knowledge import load_knowledge
from switchyard_actions.domain.heard import Heard, Passage
from switchyard_actions.domain.knowledge import BadKnowledge
from switchyard_actions.domain.language import Language

from tests.fakes.actions.desk import KNOWLEDGE, Desk

pytestmark = pytest.mark.unit

WINDOW = (Passage("returns#window", 0.8), Passage("refunds#duration", 0.4))
FRONT = "---\ntitle: T\nsource: S\n---\n"


def question(language: Language, *passages: Passage) -> Heard:
    return Heard("faq", language, "how long may I return it", passages=passages)


async def test_the_passage_is_quoted_with_its_source() -> None:
    chat = Desk().talk()
    answer = await chat.hear(question(Language.ENGLISH, *WINDOW))
    assert "within 30 days of receiving them" in answer
    assert '(Source: Returns policy – "How long may I return something?")' in answer
    chinese = await chat.hear(question(Language.CHINESE, *WINDOW))
    assert "30 天内可以退货" in chinese
    assert "来源：《退换货规则》" in chinese


async def test_passages_that_are_as_near_are_named_beside_it() -> None:
    chat = Desk().talk()
    near = Passage("returns#excluded", 0.78)
    await chat.hear(question(Language.ENGLISH, WINDOW[0], near, WINDOW[1]))
    assert chat.choices == ["What cannot be returned?"]


async def test_not_found_is_said_and_a_person_or_ticket_offered() -> None:
    chat = Desk().talk()
    answer = await chat.hear(question(Language.ENGLISH))
    assert "found no answer" in answer
    assert chat.choices == ["Talk to a person", "Open a ticket"]
    assert chat.dialogue.finished == ()
    await chat.say("yes please", "affirm")
    assert chat.handed_over is not None
    assert chat.handed_over.reason == "not_found"


async def test_a_ticket_may_be_chosen_instead() -> None:
    chat = Desk().talk()
    await chat.hear(question(Language.ENGLISH))
    assert "in your own words" in await chat.say("Open a ticket")


async def test_a_passage_of_another_knowledge_base_is_not_found() -> None:
    chat = Desk().talk()
    answer = await chat.hear(question(Language.ENGLISH, Passage("gone#away", 0.9)))
    assert "found no answer" in answer


def test_every_file_of_the_demo_company_is_read() -> None:
    knowledge = load_knowledge(KNOWLEDGE)
    sections = sum(file.read_text().count("\n## ") for file in KNOWLEDGE.glob("*.zh.md"))
    assert len(knowledge) == sections > 100


@pytest.mark.parametrize("language", list(Language))
def test_held_out_questions_name_passages_that_there_are(language: Language) -> None:
    knowledge = load_knowledge(KNOWLEDGE)
    file = KNOWLEDGE.parent / "knowledge_heldout" / f"{language.value}.yml"
    questions = yaml.safe_load(file.read_text(encoding="utf-8"))
    none = questions.pop("none")
    assert [id_ for id_ in questions if knowledge.find(id_, language) is None] == []
    asked = [one for several in questions.values() for one in several]
    assert len(set(asked)) == len(asked) >= 60
    assert len(set(none)) == len(none) >= 25


def test_answers_are_short_enough_to_be_read_out() -> None:
    knowledge = load_knowledge(KNOWLEDGE)
    texts = [
        article.text
        for language in Language
        for file in KNOWLEDGE.glob(f"*.{language.value}.md")
        for id_ in _ids(file)
        if (article := knowledge.find(id_, language))
    ]
    assert max(len(text) for text in texts) <= 400


def _ids(file: Path) -> list[str]:
    topic = file.name.split(".")[0]
    names = [
        line.rpartition("{#")[2].rstrip("}")
        for line in file.read_text().splitlines()
        if line.startswith("## ")
    ]
    return [f"{topic}#{name}" for name in names]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a.zh.md": f"{FRONT}## 问 {{#x}}\n答"}, "one language"),
        ({"a.zh.md": "## 问 {#x}\n答"}, "title and source"),
        ({"a.zh.md": f"{FRONT}## 问 {{#x}}\n"}, "is empty"),
        ({"a.zh.md": f"{FRONT}## 问 {{#x}}\n答\n## 问 {{#x}}\n答"}, "twice"),
    ],
)
def test_bad_files_stop_the_start(tmp_path: Path, files: dict[str, str], why: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadKnowledge, match=why):
        load_knowledge(tmp_path)


def test_a_folder_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadKnowledge, match="no such folder"):
        load_knowledge(tmp_path / "nowhere")
