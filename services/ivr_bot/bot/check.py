"""Checks the bot: the packed model on phrases it never saw, and Rasa with and without patches.

Prints what was misunderstood, a line each; the last line is JSON.
"""

import asyncio
import json
import os
import sys

from switchyard_bot import logs, project, quiet, settings


def main() -> int:
    """Returns the exit code."""
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure("error")
    # Only now: importing Rasa reads the environment and takes seconds.
    from switchyard_bot import comparison, patches, server, understanding

    report = {"stock": comparison.behaviour()}
    patches.apply()
    report["patched"] = comparison.behaviour()
    agent = understanding.load(server.find_model(wanted))
    report["heldout"] = {}
    for language, phrases in understanding.read_heldout(project.here().heldout).items():
        score = asyncio.run(understanding.score(agent, phrases))
        report["heldout"][language] = score.summary()
        for miss in score.misses:
            print(f"{language} {miss.expected} → {miss.got} ({miss.confidence:.2f}): {miss.phrase}")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
