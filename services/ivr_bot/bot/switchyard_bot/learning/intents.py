"""Which class a sentence belongs to, how sure that is, and whether it belongs to any. Pure.

Kernel ridge regression (see ``regression``) on two likenesses: ``exp(2 (p·q − 1))`` of the points
of two sentences (see ``points``) and the product of their n-grams (see ``ngrams``). Only the first
needs the examples when it is used; the second becomes one weight per n-gram and class.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from switchyard_bot.learning import rejection
from switchyard_bot.learning.ngrams import NgramSpace, Sparse
from switchyard_bot.learning.points import PointSpace

_ARRAYS = "intents.npz"
_WORDS = "intents.json"


@dataclass(frozen=True)
class Judgement:
    """What was understood of one sentence."""

    answers: Any  # float32 per class, about 1 for a sure class and 0 for others
    probabilities: Any  # float32 per class, sum 1
    likeness: Any  # float32 per example: to what the model learned from


@dataclass(frozen=True)
class IntentModel:
    """A learned classifier; ``examples`` are sorted by class."""

    classes: tuple[str, ...]
    rejects: tuple[str, ...]  # classes that mean "out of scope"
    space: PointSpace
    ngrams: NgramSpace
    examples: Any  # float32 (n, dimensions)
    borders: Any  # int (classes + 1): class c's examples are [borders[c], borders[c + 1])
    alpha: Any  # float32 (n, classes)
    ngram_weights: Any  # float32 (n-grams, classes)
    mix: float  # 0 to 1: share of the n-grams
    sharpness: float  # of the probabilities
    weights: Any  # float64 (3): of what speaks for a class (see ``rejection``)
    threshold: float  # a sentence that fits worse is not understood

    def judge(self, raw: Any, grams: Sparse) -> Judgement:
        """Judges one sentence: its raw vector (one row) and its n-grams."""
        point = self.space.points(raw[np.newaxis, :])[0]
        likeness = self.examples @ point
        answers = np.exp(2 * (likeness - 1)) @ self.alpha * np.float32(1 - self.mix)
        if len(grams.places):
            answers = answers + self.mix * (grams.weights @ self.ngram_weights[grams.places])
        return Judgement(answers, sharpened(answers, self.sharpness), likeness)

    def understood(self, judgement: Judgement) -> bool:
        """Whether the sentence belongs to any class (also one that means "out of scope")."""
        best = self.classes[int(np.argmax(judgement.answers))]
        return best in self.rejects or self.fit(judgement) >= self.threshold

    def fit(self, judgement: Judgement) -> float:
        """How well the sentence fits the best class in scope; compare with the threshold."""
        inside = np.array([name not in self.rejects for name in self.classes])
        best = int(np.argmax(np.where(inside, judgement.answers, -np.inf)))
        near = judgement.likeness[np.newaxis, self.borders[best] : self.borders[best + 1]]
        known = judgement.answers[np.newaxis, inside]
        return float(rejection.evidence(known, rejection.nearness(near))[0] @ self.weights)

    def save(self, folder: Path) -> None:
        """Writes the model into an existing folder."""
        np.savez(
            folder / _ARRAYS,
            centre=self.space.centre,
            axes=self.space.axes.astype(np.float16),
            rarity=self.ngrams.rarity,
            examples=self.examples.astype(np.float16),
            borders=self.borders,
            alpha=self.alpha,
            ngram_weights=self.ngram_weights.astype(np.float16),
        )
        words = {
            "classes": self.classes,
            "rejects": self.rejects,
            "ngrams": self.ngrams.names,
            "mix": self.mix,
            "sharpness": self.sharpness,
            "weights": list(self.weights),
            "threshold": self.threshold,
        }
        (folder / _WORDS).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        """Reads what ``save`` wrote."""
        words = json.loads((folder / _WORDS).read_text(encoding="utf-8"))
        with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
            return cls(
                classes=tuple(words["classes"]),
                rejects=tuple(words["rejects"]),
                space=PointSpace(arrays["centre"], arrays["axes"].astype(np.float32)),
                ngrams=NgramSpace.of(words["ngrams"], arrays["rarity"]),
                examples=arrays["examples"].astype(np.float32),
                borders=arrays["borders"],
                alpha=arrays["alpha"],
                ngram_weights=arrays["ngram_weights"],
                mix=words["mix"],
                sharpness=words["sharpness"],
                weights=np.array(words["weights"]),
                threshold=words["threshold"],
            )


def sharpened(answers: Any, sharpness: float) -> Any:
    """Answers (… × classes) as probabilities."""
    scaled = np.asarray(answers) * np.float32(sharpness)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
