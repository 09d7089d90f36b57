"""What the components that learn have in common: learn once, pack, load, judge message by message.

Parameter names and annotations of these methods are part of Rasa's contract.
"""
# ruff: noqa: ARG003

import logging
from abc import abstractmethod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchyard_bot import progress

PROGRESS = logging.getLogger(progress.OWN)


class Untrained(Exception):
    """A model was packed without this component's part; serving it would answer nonsense."""


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


class Trained(GraphComponent):
    """A component with a learned model; stands behind ``SentenceEmbedding`` in the pipeline."""

    @classmethod
    def required_components(cls) -> list[type]:
        """None: it takes the text and the vector of ``SentenceEmbedding``."""
        return []

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: Any = None,
    ) -> None:
        """Takes the merged options, and the model once there is one."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Trained":
        """Builds an untrained component."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "Trained":
        """Builds the component from a packed model.

        Raises:
            ValueError: the packed model has no part of it; Rasa stops loading.
        """
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, cls._read(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns and packs."""
        model = self._learn(training_data)
        self._model = model
        with self._storage.write_to(self._resource) as folder:
            model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds what this component finds to messages that hold words."""
        if self._model is None:
            raise Untrained(f"{type(self).__name__} was never trained")
        for message in messages:
            text = message.get(TEXT)
            if text:
                self._judge(message, text)
        return messages

    @classmethod
    @abstractmethod
    def _read(cls, folder: Path) -> Any:
        """The packed model."""

    @abstractmethod
    def _learn(self, training_data: TrainingData) -> _Saved:
        """The model, learned now."""

    @abstractmethod
    def _judge(self, message: Message, text: str) -> None:
        """Sets what was found."""


def raw_vector(message: Message) -> Any:
    """The vector that ``SentenceEmbedding`` gave a message (see ``encoder``)."""
    _, sentence = message.get_dense_features(TEXT, [])
    if sentence is None:
        raise Untrained("SentenceEmbedding must stand before this component in the pipeline")
    return np.asarray(sentence.features)[0]
