"""Checks the bot: the packed model on phrases it never saw, and Rasa with and without patches.

Prints what was misunderstood, a line each; the last line is JSON.
"""

import asyncio
import json
import os
import sys
from typing import Any

from switchyard_bot import lean, logs, project, quiet, settings


def main() -> int:
    """Returns the exit code (2: settings to mend, or no model; the text says which)."""
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
    except settings.BadSettings as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure("error")
    lean.apply()
    # Only now: importing Rasa reads the environment and takes seconds.
    from switchyard_bot import comparison, patches, server, understanding

    try:
        model = server.find_model(wanted)
    except server.CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    heldout = understanding.read_heldout(project.here().heldout)
    some = [phrases[0] for intents in heldout.values() for phrases in intents.values()]
    report: dict[str, Any] = {"stock": comparison.behaviour()}
    stock = asyncio.run(comparison.understood(understanding.load(model), some))
    patches.apply()
    report["patched"] = comparison.behaviour()
    agent = understanding.load(model)
    told = asyncio.run(comparison.understood(agent, some))
    report["compared"] = len(some)
    pairs = zip(stock, told, strict=True)
    report["differ"] = [pair for pair in pairs if not comparison.alike(*pair)]
    report["heldout"] = {}
    for language, phrases in heldout.items():
        score = asyncio.run(understanding.score(agent, phrases))
        report["heldout"][language] = score.summary()
        for miss in score.misses:
            print(f"{language} {miss.expected} → {miss.got} ({miss.confidence:.2f}): {miss.phrase}")
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
