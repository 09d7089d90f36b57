"""How a customer feels, from -1 (angry) to 1 (pleased). Pure.

The same learning as for intents, with four moods as classes; the answer is the mean of their values
under the classes' probabilities, so that doubt pulls it to the middle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from switchyard_bot.learning.intents import IntentModel
from switchyard_bot.learning.lesson import Examples, Wish, learn
from switchyard_bot.learning.ngrams import Sparse
from switchyard_bot.text import normalise

VALUES: Mapping[str, float] = {"angry": -1.0, "unhappy": -0.5, "plain": 0.0, "pleased": 1.0}
STRONG = -0.7
"""At or below it a customer is taken for angry."""

_WISH = Wish((), 0.87, 0.95, 256, 20_000)
Encode = Callable[[list[str]], Any]


class BadMoods(Exception):
    """A file of moods is not as it should be; the text says why."""


@dataclass(frozen=True)
class Uttered:
    """Something a customer said, in which language and mood."""

    text: str
    language: str
    mood: str


@dataclass(frozen=True)
class MoodModel:
    """A learned sense of moods."""

    model: IntentModel

    def mood(self, raw: Any, grams: Sparse) -> float:
        """-1 to 1."""
        probabilities = self.model.judge(raw, grams).probabilities
        values = np.array([VALUES[name] for name in self.model.classes])
        return float(probabilities @ values)

    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder."""
        self.model.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "MoodModel":
        """Reads what ``save`` wrote."""
        return cls(IntentModel.load(folder))


def read(file: Path) -> list[Uttered]:
    """Reads language → mood → texts.

    Raises:
        BadMoods: a mood that there is not.
    """
    found = []
    for language, moods in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        if set(moods) - set(VALUES):
            raise BadMoods(f"{file.name}: unknown mood {sorted(set(moods) - set(VALUES))[0]}")
        found += [
            Uttered(str(text), language, mood) for mood, texts in moods.items() for text in texts
        ]
    return found


def build(uttered: Sequence[Uttered], encode: Encode, say: Callable[[str], None]) -> MoodModel:
    """Learns from what was said."""
    texts = tuple(normalise(one.text) or one.text for one in uttered)
    labels = tuple(one.mood for one in uttered)
    return MoodModel(learn(Examples(texts, encode(list(texts)), labels), _WISH, say).model)
