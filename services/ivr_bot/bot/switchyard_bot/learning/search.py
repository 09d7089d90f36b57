"""Finds the passages that answer a question, and knows when none does. Pure.

The same learning as for intents, with one class per passage: its heading, its sentences and other
ways to ask for it, in both languages, are its examples. Questions that nothing answers are a class
of their own; a passage is found when it stands out against that class.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from switchyard_bot.learning.intents import IntentModel
from switchyard_bot.learning.lesson import Examples, Lesson, Wish, learn
from switchyard_bot.learning.ngrams import Sparse
from switchyard_bot.learning.passages import NONE, Passage, Question
from switchyard_bot.learning.rejection import cut
from switchyard_bot.text import normalise

# Settings as large sets choose them: headings and sentences are no questions to choose by.
_WISH = Wish((NONE,), 0.8, 0.97, 256, 20_000, (0.15, 0.1))
_LEAD = "search.json"
# Without questions that nothing answers: what the demo company's questions taught.
_USUAL_LEAD = 0.3
_STEEPNESS = 6.0
Encode = Callable[[list[str]], Any]
"""Texts to raw vectors, a row each (see ``encoder``)."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """A passage and how surely it answers: 0 to 1, from 0.5 on it does."""

    id: str
    score: float


@dataclass(frozen=True)
class SearchIndex:
    """Everything that is needed to search."""

    model: IntentModel
    lead: float  # by how much a passage must stand out

    def search(self, raw: Any, grams: Sparse, most: int) -> list[Found]:
        """The best passages, best first."""
        answers = self.model.judge(raw, grams).answers
        leads = _leads(answers[np.newaxis, :], self.model.classes)[0]
        scores = 1 / (1 + np.exp(-_STEEPNESS * (leads - self.lead)))
        order = [at for at in np.argsort(leads)[::-1] if self.model.classes[at] != NONE]
        return [Found(self.model.classes[at], float(scores[at])) for at in order[:most]]

    def save(self, folder: Path) -> None:
        """Writes the index into an existing folder."""
        self.model.save(folder)
        (folder / _LEAD).write_text(json.dumps(self.lead), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "SearchIndex":
        """Reads what ``save`` wrote."""
        lead = float(json.loads((folder / _LEAD).read_text(encoding="utf-8")))
        return cls(IntentModel.load(folder), lead)


def build(
    passages: Sequence[Passage], questions: Sequence[Question], encode: Encode, say: Say
) -> SearchIndex:
    """Learns the index; ``questions`` may be empty.

    Raises:
        ValueError: fewer than two passages.
    """
    rows = [(_normal(one.text), one.answer or NONE) for one in questions]
    for one in passages:
        rows += [(_normal(text), one.id) for text in (one.heading, one.titled, *one.sentences())]
    texts, labels = tuple(text for text, _ in rows), tuple(label for _, label in rows)
    lesson = learn(Examples(texts, encode(list(texts)), labels), _WISH, say)
    asked = {_normal(one.text) for one in questions}
    return SearchIndex(lesson.model, _lead(lesson, asked))


def _normal(text: str) -> str:
    return normalise(text) or text


def _lead(lesson: Lesson, asked: set[str]) -> float:
    """The lead that tells questions with an answer from those without, each left out."""
    rows = np.array([text in asked for text in lesson.texts], dtype=bool)
    leads = _leads(lesson.left_out, lesson.model.classes).max(axis=1)
    answered = np.array([label != NONE for label in lesson.labels], dtype=bool)
    inside, outside = leads[rows & answered], leads[rows & ~answered]
    if not len(inside) or not len(outside):
        return _USUAL_LEAD
    return cut(inside, outside, _WISH.least_kept, _WISH.most_kept).threshold


def _leads(answers: Any, classes: Sequence[str]) -> Any:
    """By how much each passage stands out against "nothing answers"; −∞ for that class itself."""
    if NONE not in classes:
        return answers
    none = list(classes).index(NONE)
    leads = answers - answers[:, none : none + 1]
    leads[:, none] = -np.inf
    return leads
