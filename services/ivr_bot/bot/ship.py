"""Trains the bot with all checks: `make bot-train`.

Data validation, training, examination of the packed model on what it never saw, comparison with the
model shipped last. Exit codes: 0 shipped, 1 no usable model, 2 settings or data to mend, 3 refused
because it is worse than the last (`--force` ships it all the same). The last line is JSON.
"""

import argparse
import json
import os
import sys

from switchyard_bot import logs, project, quiet, settings, validation
from switchyard_bot.shelf import ModelShelf


def main() -> int:
    """Returns the exit code."""
    force = _arguments().force
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    bot = project.here()
    _say("checking the data")
    if wrong := validation.problems(bot):
        print("\n".join(wrong), file=sys.stderr)
        return 2
    logs.configure("warning")
    from switchyard_bot import shipping, training  # only now: importing Rasa takes seconds

    try:
        shipped = shipping.run(bot, ModelShelf(wanted.models_dir), force, _say)
    except training.TrainingFailed as error:
        print(error, file=sys.stderr)
        return 1
    for reason in shipped.refused:
        print(f"refused: {reason}", file=sys.stderr)
    _say(f"report: {shipped.report}")
    print(json.dumps({"model": shipped.model.name, **shipped.figures}))
    return 3 if shipped.refused else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="ship it though it is worse")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
