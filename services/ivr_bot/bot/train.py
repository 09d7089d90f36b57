"""Trains the bot if its texts have changed; otherwise says so and ends at once."""

import os
import sys
from pathlib import Path

from switchyard_bot import logs, project, quiet, settings
from switchyard_bot.shelf import ModelShelf


def main() -> int:
    """Returns the exit code."""
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    bot, shelf = project.here(), ModelShelf(wanted.models_dir)
    if shelf.refused(bot.model_name()):
        return _refused(shelf.serving(bot.model_name()))
    if model := shelf.take(bot.model_name()):
        _say(f"the model is up to date: {model}")
        return 0
    logs.configure("warning")
    from switchyard_bot import training  # only now: importing Rasa takes seconds

    try:
        _say(f"saved {training.ensure_model(bot, shelf, _say)}")
    except training.TrainingFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _refused(last: Path | None) -> int:
    """What was refused is not trained again to be served all the same."""
    if last:
        _say(f"the model of the folder as it is was refused; served is the last shipped: {last}")
        return 0
    print(
        "the model of the folder as it is was refused, and the one shipped before is gone; "
        "mend the data, or run ship.py --force",
        file=sys.stderr,
    )
    return 1


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
