"""Trains the model once per state of the folder."""

import asyncio
import fcntl
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rasa

from switchyard_bot import understanding
from switchyard_bot.project import Project

_KEPT_MODELS = 2
_SAMPLES_PER_INTENT = 2
_LEAST_ACCURACY = 0.8
Say = Callable[[str], None]


class TrainingFailed(Exception):
    """No usable model came out."""


def ensure_model(project: Project, models_dir: Path, say: Say) -> Path:
    """Returns the model of the folder as it is, trained now unless it exists.

    Two processes that ask at once train once: the second waits.

    Raises:
        TrainingFailed: Rasa produced no model, or one that does not understand.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    model = models_dir / project.model_name()
    with _only_one(models_dir / ".training.lock"):
        if model.is_file():
            say(f"the model is up to date: {model}")
            os.utime(model)  # the one in use is the last to be removed
            return model
        _train(project, model, say)
    _remove_old(models_dir, keep=model)
    return model


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _train(project: Project, model: Path, say: Say) -> None:
    started = time.monotonic()
    say("training the bot; takes about half a minute")
    with tempfile.TemporaryDirectory(dir=model.parent, prefix=".training-") as folder:
        with _told(say):
            result = rasa.train(
                domain=str(project.root / "domain"),
                config=str(project.root / "config.yml"),
                training_files=[str(project.root / "data")],
                output=folder,
                fixed_model_name=model.name,
                force_training=True,
            )
        if result.code != 0 or not result.model:
            raise TrainingFailed(f"Rasa ended with code {result.code} and no model")
        trained = Path(result.model)
        say(f"trained in {time.monotonic() - started:.0f} s; asking it a few things")
        say(asyncio.run(_prove(project, trained)))
        trained.replace(model)
    say(f"saved {model}")


@contextmanager
def _told(say: Say) -> Iterator[None]:
    """Passes on which component is being trained."""
    logger = logging.getLogger("rasa.engine.training.hooks")
    handler = _Teller(say)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Teller(logging.Handler):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(f"  {record.getMessage()}")


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


def _remove_old(models_dir: Path, keep: Path) -> None:
    models = sorted(models_dir.glob("bot-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for old in models[:-_KEPT_MODELS]:
        if old != keep:
            old.unlink()
