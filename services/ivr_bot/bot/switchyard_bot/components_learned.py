"""Components that learn from files of the bot's folder: the knowledge search and the mood."""

from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchyard_bot.components_trained import PROGRESS, Trained, raw_vector
from switchyard_bot.encoder import encoder
from switchyard_bot.learning import mood, passages, search
from switchyard_bot.project import here


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KnowledgeSearch(Trained):
    """Adds ``passages: [{id, score}]``, best first; empty when nothing answers.

    Options: ``knowledge`` and ``questions`` (folders in the bot's folder), ``most``.
    """

    _model: search.SearchIndex

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Where the passages and the questions lie, and how many passages are given at most."""
        return {"knowledge": "knowledge", "questions": "knowledge_questions", "most": 3}

    @classmethod
    def _read(cls, folder: Path) -> search.SearchIndex:
        return search.SearchIndex.load(folder)

    def _learn(self, training_data: TrainingData) -> search.SearchIndex:
        root = here().root
        known = passages.read_passages(root / self._config["knowledge"])
        ids = {one.id for one in known}
        questions = passages.read_questions(root / self._config["questions"], sorted(ids))
        PROGRESS.info("knowledge: %d passages, %d questions", len(ids), len(questions))
        return search.build(known, questions, encoder().encode, PROGRESS.info)

    def _judge(self, message: Message, text: str) -> None:
        grams = self._model.model.ngrams.vector(text)
        found = self._model.search(raw_vector(message), grams, self._config["most"])
        answers = [{"id": one.id, "score": round(one.score, 3)} for one in found]
        message.set("passages", answers if found[0].score >= _ANSWERS else [], add_to_output=True)


_ANSWERS = 0.5


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class MoodSense(Trained):
    """Adds ``sentiment``: -1 (angry) to 1 (pleased).

    Option: ``examples`` (a file in the bot's folder).
    """

    _model: mood.MoodModel

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Where the labelled examples lie."""
        return {"examples": "sentiment/train.yml"}

    @classmethod
    def _read(cls, folder: Path) -> mood.MoodModel:
        return mood.MoodModel.load(folder)

    def _learn(self, training_data: TrainingData) -> mood.MoodModel:
        said = mood.read(here().root / self._config["examples"])
        PROGRESS.info("mood: %d examples", len(said))
        return mood.build(said, encoder().encode, PROGRESS.info)

    def _judge(self, message: Message, text: str) -> None:
        felt = self._model.mood(raw_vector(message), self._model.model.ngrams.vector(text))
        message.set("sentiment", round(felt, 3), add_to_output=True)
