"""How long to wait after failures in a row."""

import random

import structlog

_FIRST_SECONDS = 0.1


class BackOff:
    """Twice as long each time, up to `most_seconds`, with jitter; logs when it begins and ends."""

    def __init__(self, what: str, most_seconds: float) -> None:
        self._what = what
        self._most_seconds = most_seconds
        self._failures = 0
        self._log = structlog.stdlib.get_logger("switchyard.insights")

    def failed_seconds(self) -> float:
        """It failed once more: how long to wait now."""
        if self._failures == 0:
            self._log.warning("waiting_for_store", what=self._what)
        seconds: float = min(self._most_seconds, _FIRST_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 30)
        return seconds * random.uniform(0.5, 1.0)

    def worked(self) -> None:
        """It works again."""
        if self._failures:
            self._log.info("going_on", what=self._what, failures=self._failures)
        self._failures = 0
