"""The intent classifier as a component of Rasa's pipeline (``learning`` does the work)."""

from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchyard_bot.components_trained import PROGRESS, Trained, raw_vector
from switchyard_bot.learning.intents import IntentModel, Judgement
from switchyard_bot.learning.lesson import Examples, Wish, learn

NOT_UNDERSTOOD = "nlu_fallback"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(Trained):
    """Says what a message is about, or that it is about nothing known (``nlu_fallback``).

    Options: ``rejects`` (intents whose examples show what is out of scope), ``least_kept`` and
    ``most_kept`` (share of the examples in scope that the threshold must and may keep),
    ``dimensions``, ``most_examples``, ``ranking_length``.
    """

    _model: IntentModel

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options that suit any set of classes."""
        return {
            "rejects": ["out_of_scope", "oos"],
            # Measured on sets with classes left out: what comes later is kept less often than
            # left-out examples by up to 0.01.
            "least_kept": 0.87,
            "most_kept": 0.95,
            "dimensions": 256,
            "most_examples": 20_000,
            # A conversation keeps the ranking of every message: a long one makes it slow.
            "ranking_length": 5,
        }

    @classmethod
    def _read(cls, folder: Path) -> IntentModel:
        return IntentModel.load(folder)

    def _learn(self, training_data: TrainingData) -> IntentModel:
        """Learns from all examples that have an intent."""
        found = [
            message
            for message in training_data.intent_examples
            if message.get(TEXT) and message.get(INTENT)
        ]
        examples = Examples(
            tuple(message.get(TEXT) for message in found),
            np.stack([raw_vector(message) for message in found]),
            tuple(message.get(INTENT) for message in found),
        )
        lesson = learn(examples, self._wish(), PROGRESS.info)
        PROGRESS.info(
            "left out one at a time, %.1f %% of %d examples are understood; "
            "%.1f %% are kept and %.1f %% of strangers turned down",
            lesson.accuracy * 100,
            len(lesson.texts),
            lesson.cut.kept * 100,
            lesson.cut.rejected * 100,
        )
        return lesson.model

    def _judge(self, message: Message, text: str) -> None:
        judgement = self._model.judge(raw_vector(message), self._model.ngrams.vector(text))
        ranking = self._ranking(judgement)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)

    def _ranking(self, judgement: Judgement) -> list[dict[str, Any]]:
        best = np.argsort(judgement.probabilities)[::-1][: self._config["ranking_length"]]
        ranking = [
            {"name": self._model.classes[at], "confidence": float(judgement.probabilities[at])}
            for at in best
        ]
        if self._model.understood(judgement):
            return ranking
        doubt = 1 - ranking[0]["confidence"]
        return [{"name": NOT_UNDERSTOOD, "confidence": doubt}, *ranking]

    def _wish(self) -> Wish:
        options = self._config
        return Wish(
            tuple(options["rejects"]),
            float(options["least_kept"]),
            float(options["most_kept"]),
            int(options["dimensions"]),
            int(options["most_examples"]),
        )
