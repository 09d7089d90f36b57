"""The knowledge search finds passages by other words, and says when there is none."""

from pathlib import Path

import numpy as np
import pytest
from switchyard_bot.learning import mood, search
from switchyard_bot.learning.passages import (
    BadKnowledge,
    Passage,
    Question,
    read_passages,
    read_questions,
)
from switchyard_bot.learning.points import MEANING

pytestmark = pytest.mark.unit

BOT = Path(__file__).parents[3] / "services/ivr_bot/bot"
_SUBJECTS = ("return", "warranty", "delivery", "invoice")
_WORDS = {name: np.random.default_rng(at).normal(size=MEANING) for at, name in enumerate(_SUBJECTS)}


def _encode(texts: list[str]) -> np.ndarray:
    """A text means the subjects that it names, and a little of its own."""
    rows = []
    for text in texts:
        own = np.random.default_rng(sum(map(ord, text))).normal(size=MEANING + 32)
        named = sum((_WORDS[name] for name in _SUBJECTS if name in text), np.zeros(MEANING))
        rows.append(np.concatenate([named, np.zeros(32)]) + 0.3 * own)
    return np.array(rows, dtype=np.float32)


def _passages() -> list[Passage]:
    return [
        Passage(f"{name}s#how", language, f"{name}s", f"how does {name} work?", f"{name} works so.")
        for name in _SUBJECTS
        for language in ("zh", "en")
    ]


def _questions() -> list[Question]:
    asked = [
        Question(f"{name} {n} please", "en", f"{name}s#how") for name in _SUBJECTS for n in "ab"
    ]
    return asked + [Question(f"sing {n} times", "en", None) for n in range(8)]


def _best(index: search.SearchIndex, text: str) -> search.Found:
    return index.search(_encode([text])[0], index.model.ngrams.vector(text), 3)[0]


@pytest.fixture(scope="module")
def index() -> search.SearchIndex:
    return search.build(_passages(), _questions(), _encode, lambda _: None)


def test_finds_the_passage_that_answers(index: search.SearchIndex) -> None:
    for name in _SUBJECTS:
        found = _best(index, f"tell me about {name}")
        assert found.id == f"{name}s#how"
        assert found.score >= 0.5


def test_nothing_answers_a_question_about_something_else(index: search.SearchIndex) -> None:
    assert _best(index, "sing me a song").score < 0.5


def test_scores_fall_and_the_class_without_answer_is_never_given(index: search.SearchIndex) -> None:
    found = index.search(_encode(["return"])[0], index.model.ngrams.vector("return"), 9)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert {one.id for one in found} == {f"{name}s#how" for name in _SUBJECTS}


def test_a_packed_index_finds_the_same(index: search.SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    again = search.SearchIndex.load(tmp_path)
    for name in _SUBJECTS:
        assert _best(again, name).id == _best(index, name).id
        assert _best(again, name).score == pytest.approx(_best(index, name).score, abs=0.02)


def test_works_without_questions() -> None:
    index = search.build(_passages(), [], _encode, lambda _: None)
    assert _best(index, "warranty?").id == "warrantys#how"


def test_every_question_asks_for_a_passage_that_there_is() -> None:
    ids = sorted({passage.id for passage in read_passages(BOT / "knowledge")})
    learned = read_questions(BOT / "knowledge_questions", ids)
    assert len(ids) > 100
    assert {one.answer for one in learned} >= set(ids)
    for language in ("zh", "en"):
        assert sum(one.language == language and not one.answer for one in learned) >= 25


def test_no_question_to_learn_from_is_one_to_measure_with() -> None:
    ids = sorted({passage.id for passage in read_passages(BOT / "knowledge")})
    learned, measured = (
        {one.text.strip(" ?？").lower() for one in read_questions(BOT / folder, ids)}
        for folder in ("knowledge_questions", "knowledge_heldout")
    )
    assert not learned & measured


def test_says_which_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text("## X {#x}\n\ntext\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"a\.en\.md"):
        read_passages(tmp_path)
    (tmp_path / "en.yml").write_text("gone#x: [where]\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match="gone#x"):
        read_questions(tmp_path, ["returns#how"])


def test_mood_lies_between_the_moods_it_doubts_between() -> None:
    words = {"angry": "return", "unhappy": "warranty", "plain": "delivery", "pleased": "invoice"}
    said = [
        mood.Uttered(f"{word} {n}", "en", name) for name, word in words.items() for n in range(12)
    ]
    model = mood.build(said, _encode, lambda _: None)

    def felt(text: str) -> float:
        return model.mood(_encode([text])[0], model.model.ngrams.vector(text))

    assert felt("return") < mood.STRONG
    assert felt("invoice") > 0.7
    assert -0.2 < felt("delivery") < 0.2
    assert felt("return") < felt("return delivery") < felt("delivery") + 0.05


def test_moods_to_measure_with_were_not_learned() -> None:
    learned, measured = (mood.read(BOT / f"sentiment/{name}.yml") for name in ("train", "test"))
    assert not {one.text for one in learned} & {one.text for one in measured}
    for language in ("zh", "en"):
        assert {one.mood for one in measured if one.language == language} == set(mood.VALUES)


def test_an_unknown_mood_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text("en: {furious: [x]}", encoding="utf-8")
    with pytest.raises(mood.BadMoods, match="furious"):
        mood.read(tmp_path / "m.yml")
