"""Trains what `make bench-bot` compares the bot with, into a folder: ``train_stock.py FOLDER``."""

import os
import sys
from pathlib import Path

from switchyard_bot import logs, project, quiet


def main() -> int:
    """Returns the exit code; the last line printed is the model."""
    quiet.quieten(os.environ)
    logs.configure("error")
    from switchyard_bot import stock, training  # only now: importing Rasa takes seconds

    try:
        print(stock.train(project.here(), Path(sys.argv[1])), flush=True)
    except training.TrainingFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
