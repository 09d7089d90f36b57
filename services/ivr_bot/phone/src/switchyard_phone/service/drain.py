"""The process is to stop: nobody new, and nobody who is here is simply cut off."""

import asyncio
from collections.abc import Sequence

import structlog

from switchyard_phone.service.calls import Calls
from switchyard_phone.service.leg import Exchange

_GOODBYE_SECONDS = 20.0
"""Long enough for the last words of a call, in either language."""


class Drain:
    """Brings all lines to their end. `execute` it once.

    Callers talk to the bot for `seconds` more; whoever is then in the middle of something gets a
    person, others hear goodbye. Those who wait for an agent keep their place until
    `waiting_seconds` after the beginning; who is here even then hears goodbye.
    """

    def __init__(
        self, lines: Sequence[Exchange], calls: Calls, seconds: float, waiting_seconds: float
    ) -> None:
        self._lines = lines
        self._calls = calls
        self._seconds = seconds
        self._waiting_seconds = max(0.0, waiting_seconds - seconds)
        self._log = structlog.stdlib.get_logger()
        self.begun = False

    async def execute(self) -> None:
        """Returns when no call is left, or the last words have been said."""
        self.begun = True
        if self._here:
            self._log.info("drain_begins", calls=self._here)
        if await self._emptied(self._seconds):
            return
        self._calls.close(last=False)
        if await self._emptied(self._waiting_seconds):
            return
        self._log.warning("calls_said_goodbye_to", calls=self._here)
        self._calls.close(last=True)
        if not await self._emptied(_GOODBYE_SECONDS):
            self._log.warning("calls_cut_short", calls=self._here)

    @property
    def _here(self) -> int:
        return sum(line.calls for line in self._lines)

    async def _emptied(self, seconds: float) -> bool:
        return all(await asyncio.gather(*(line.drain(seconds) for line in self._lines)))
