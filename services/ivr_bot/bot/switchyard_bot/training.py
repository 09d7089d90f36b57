"""Trains the model once per state of the folder."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rasa

from switchyard_bot import progress, understanding
from switchyard_bot.project import Project
from switchyard_bot.shelf import WORKING, ModelShelf

_SAMPLES_PER_INTENT = 2
_LEAST_ACCURACY = 0.8
Say = Callable[[str], None]


class TrainingFailed(Exception):
    """No usable model came out."""


def ensure_model(project: Project, shelf: ModelShelf, say: Say) -> Path:
    """Returns the model of the folder as it is, trained now unless it exists.

    Two processes that ask at once train once: the second waits.

    Raises:
        TrainingFailed: Rasa produced no model, or one that does not understand.
    """
    name = project.model_name()
    with shelf.one_at_a_time():
        return shelf.take(name) or _train(project, shelf, name, say)


def _train(project: Project, shelf: ModelShelf, name: str, say: Say) -> Path:
    started = time.monotonic()
    say("training the bot; takes about half a minute")
    with tempfile.TemporaryDirectory(dir=shelf.folder, prefix=WORKING) as folder:
        with progress.told(say):
            result = rasa.train(
                domain=str(project.root / "domain"),
                config=str(project.root / "config.yml"),
                training_files=[str(project.root / "data")],
                output=folder,
                fixed_model_name=name,
                force_training=True,
            )
        if result.code != 0 or not result.model:
            raise TrainingFailed(f"Rasa ended with code {result.code} and no model")
        say(f"trained in {time.monotonic() - started:.0f} s; asking it a few things")
        say(asyncio.run(_prove(project, Path(result.model))))
        return shelf.put(Path(result.model), name)


async def _prove(project: Project, model: Path) -> str:
    """Parses a few held-out phrases: Rasa's classifier loads without a word even when it cannot."""
    agent = understanding.load(model)
    report = []
    for language, phrases_by_intent in understanding.read_heldout(project.heldout).items():
        few = {intent: found[:_SAMPLES_PER_INTENT] for intent, found in phrases_by_intent.items()}
        score = await understanding.score(agent, few)
        if score.accuracy < _LEAST_ACCURACY:
            raise TrainingFailed(
                f"the packed model understands {score.accuracy:.0%} of {score.phrases} phrases "
                f"in {language}; something did not load"
            )
        report.append(f"{language} {score.accuracy:.0%}")
    return f"it understands: {', '.join(report)}"
