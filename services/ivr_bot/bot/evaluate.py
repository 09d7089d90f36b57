"""Scores the packed model on the held-out phrases; the last line is JSON."""

import asyncio
import json
import os
import sys

from switchyard_bot import logs, project, quiet, settings


def main() -> int:
    """Prints misses by language, then the figures."""
    quiet.quieten(os.environ)
    wanted = settings.read(os.environ)
    logs.configure("warning")
    from switchyard_bot import server, understanding  # only now: importing Rasa takes seconds

    agent = understanding.load(server.find_model(wanted))
    figures = {}
    for language, phrases in understanding.read_heldout(project.here().heldout).items():
        score = asyncio.run(understanding.score(agent, phrases))
        for miss in score.misses:
            print(f"{language} {miss.expected} → {miss.got} ({miss.confidence:.2f}): {miss.phrase}")
        figures[language] = score.summary()
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
