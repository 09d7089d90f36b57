"""The bot's own pipeline components, named in config.yml.

Parameter names and annotations of these methods are part of Rasa's contract: it wires the graph by
them, so that some are there only because it passes them.
"""
# ruff: noqa: ARG003

import logging
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

from switchyard_bot import language, progress
from switchyard_bot.encoder import encoder
from switchyard_bot.learning.points import MEANING
from switchyard_bot.text import normalise
from switchyard_bot.tokens import split

_BATCH = 256
_SAID_EVERY = 2048
_PROGRESS = logging.getLogger(progress.OWN)


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


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbedding(DenseFeaturizer, GraphComponent):
    """What the frozen sentence encoder makes of a message (see ``encoder``).

    With ``words: false`` only the embedding itself, times ``scale``, for classifiers of Rasa.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``scale``: factor of the vectors; ``words``: also what the encoder saw of each word."""
        return {**DenseFeaturizer.get_default_config(), "scale": 1.0, "words": True}

    def __init__(self, config: dict[str, Any], name: str) -> None:
        """Takes the merged configuration and the node's name."""
        super().__init__(name, config)
        self._scale = float(config["scale"])
        self._numbers = None if config["words"] else MEANING

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
        """Adds one sentence vector (a row) per message."""
        with_text = [message for message in messages if message.get(TEXT)]
        for first in range(0, len(with_text), _BATCH):
            batch = with_text[first : first + _BATCH]
            found = encoder().encode([message.get(TEXT) for message in batch])
            vectors = found[:, : self._numbers] * self._scale
            for message, vector in zip(batch, vectors, strict=True):
                origin = self._config[FEATURIZER_CLASS_ALIAS]
                message.add_features(
                    Features(vector[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, origin)
                )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds vectors to the examples."""
        examples = training_data.training_examples
        for first in range(0, len(examples), _SAID_EVERY):
            _PROGRESS.info("reading example %d of %d", first + 1, len(examples))
            self.process(examples[first : first + _SAID_EVERY])
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


def _entity(message: Message, name: str) -> str | None:
    return next(
        (entity["value"] for entity in message.get(ENTITIES, []) if entity["entity"] == name), None
    )
