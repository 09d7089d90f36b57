"""Starts the bot's server; settings are environment variables (README.md lists them)."""

import os
import sys

from switchyard_bot import lean, logs, quiet, settings, tracing


def main() -> int:
    """Runs until stopped; returns the exit code (2: it could not start, and the text says why)."""
    quiet.quieten(os.environ)
    try:
        wanted = settings.read(os.environ)
        tracing.configure(os.environ)
    except (settings.BadSettings, tracing.BadTracing) as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(wanted.log_level)
    if not wanted.stock:
        lean.apply()
    from switchyard_bot import server  # only now: importing Rasa reads the environment

    try:
        server.serve(wanted)
    except server.CannotStart as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
