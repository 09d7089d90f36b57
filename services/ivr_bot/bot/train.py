"""Trains the bot if its texts have changed; otherwise says so and ends at once."""

import os
import sys
from pathlib import Path

from switchyard_bot import logs, project, quiet, settings


def main() -> int:
    """Returns the exit code."""
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    bot = project.here()
    if _is_trained(bot, wanted.models_dir):
        return 0
    logs.configure("warning")
    from switchyard_bot import training  # only now: importing Rasa takes seconds

    try:
        training.ensure_model(bot, wanted.models_dir, _say)
    except training.TrainingFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _is_trained(bot: project.Project, models_dir: Path) -> bool:
    model = models_dir / bot.model_name()
    if model.is_file():
        os.utime(model)  # the one in use is the last to be removed
        _say(f"the model is up to date: {model}")
        return True
    return False


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
