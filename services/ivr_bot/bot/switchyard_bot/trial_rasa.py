"""Trains the bot's pipeline on another labelled set, through Rasa, and asks the packed model."""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE
from rasa.model_training import train_nlu
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_model_configuration

from switchyard_bot.trial import TrialSet, Understood

_LAST = "IntentClassifier"  # what follows it in the pipeline is about this bot's own data
_BATCH = 100
Say = Callable[[str], None]


class RowsImporter(TrainingDataImporter):
    """Gives Rasa the texts and labels of a JSON file (pairs, ``rows``) as they stand.

    Rasa's own formats read markup into texts and a hierarchy into labels.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | None = None,
        rows: str = "",
    ) -> None:
        """Takes what Rasa hands to every importer, and the file that the configuration names."""
        self._config = config_file
        self._rows = rows

    def get_domain(self) -> Domain:
        """None is needed to understand."""
        return Domain.empty()

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """None."""
        return StoryGraph([])

    def get_config(self) -> dict[str, Any]:
        """The pipeline."""
        config: dict[str, Any] = read_model_configuration(self._config)
        return config

    def get_config_file_for_auto_config(self) -> str | None:
        """The same as a file."""
        return self._config

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The texts."""
        rows = json.loads(Path(self._rows).read_text(encoding="utf-8"))
        return TrainingData([Message(data={TEXT: text, INTENT: label}) for text, label in rows])


def pipeline(config: Path) -> list[dict[str, Any]]:
    """The components of a configuration up to the intent classifier."""
    found = []
    for component in yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]:
        found.append(component)
        if component["name"].rpartition(".")[2] == _LAST:
            break
    return found


def train(trial: TrialSet, components: list[dict[str, Any]], folder: Path) -> Path:
    """Trains and returns the packed model, which lies in ``folder``.

    Raises:
        RuntimeError: Rasa packed nothing.
    """
    rows = folder / "rows.json"
    rows.write_text(json.dumps(trial.train, ensure_ascii=False), encoding="utf-8")
    config = folder / "config.yml"
    importer = {"name": f"{__name__}.{RowsImporter.__name__}", "rows": str(rows)}
    settings = {
        "recipe": "default.v1",
        "assistant_id": "trial",
        "language": "en",
        "importers": [importer],
        "pipeline": components,
    }
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    model = train_nlu(str(config), str(rows), str(folder), fixed_model_name="trial")
    if not model:
        raise RuntimeError("Rasa packed no model")
    return Path(model)


def judge(agent: Agent, texts: Sequence[str], say: Say) -> list[Understood]:
    """What a packed model understands of each text."""
    processor = agent.processor
    target = processor.model_metadata.nlu_target
    found: list[Understood] = []
    for first in range(0, len(texts), _BATCH):
        batch = [UserMessage(text) for text in texts[first : first + _BATCH]]
        results = processor.graph_runner.run(inputs={PLACEHOLDER_MESSAGE: batch}, targets=[target])
        for message in results[target]:
            ranking = message.get(INTENT_RANKING_KEY) or []
            found.append(Understood(tuple(intent["name"] for intent in ranking)))
        if first // _BATCH % 10 == 9:
            say(f"  asked {len(found)} of {len(texts)}")
    return found


def run(trial: TrialSet, config: Path, say: Say) -> tuple[list[Understood], list[Understood]]:
    """Trains, packs, loads and asks: what was understood of the test and of the strangers."""
    with tempfile.TemporaryDirectory(prefix="bench-nlu-") as name:
        model = train(trial, pipeline(config), Path(name))
        agent = Agent.load(str(model))
        say(f"asking the packed model {len(trial.test) + len(trial.strangers)} texts")
        return (
            judge(agent, [text for text, _ in trial.test], say),
            judge(agent, trial.strangers, say),
        )
