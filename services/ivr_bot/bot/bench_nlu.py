"""Trains the bot's pipeline on any labelled set and measures it; the last line is JSON.

The set is a file ``{"train": [[text, label], …], "test": […], "oos_test": [text, …]}``. The last,
texts that belong to no class, is optional, ``oos_train`` and ``oos_val`` as well.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from switchyard_bot import logs, project, quiet, trial

_MOST_THREADS = 2  # solving for thousands of examples is worth a second one, unlike serving


def main() -> int:
    """Returns the exit code (2: the file is not usable, and the text says why)."""
    wanted = _arguments()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(min(_MOST_THREADS, os.cpu_count() or 1)))
    quiet.quieten(os.environ)
    logs.configure("warning")
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - started:6.0f} s  {text}", flush=True)

    try:
        data = trial.read(wanted.data)
    except trial.BadData as error:
        print(error, file=sys.stderr)
        return 2
    say(f"{len(data.train)} texts to learn {data.classes} classes from, {len(data.test)} to test")
    from switchyard_bot import progress, trial_rasa  # only now: importing Rasa takes seconds

    with progress.told(say):
        known, strangers = trial_rasa.run(data, wanted.config, say)
    result = trial.figures(data, known, strangers)
    print(json.dumps({**result, "seconds": round(time.monotonic() - started, 1)}))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the labelled set, a JSON file")
    parser.add_argument(
        "--config",
        type=Path,
        default=project.here().root / "config.yml",
        help="whose pipeline (default: the bot's)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
