"""Keeps the health answer true: serving while the log and the history answer, and only then."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

type Ping = Callable[[], Awaitable[None]]
type SetServing = Callable[[bool], Awaitable[None]]


class AnswerMeter(Protocol):
    """Tells whether something answers."""

    def answers(self, what: str, *, up: bool) -> None:
        """Whether `what` answered just now."""
        ...


class Watch:
    """Pings everything that is needed every `interval_seconds` and passes on what changes."""

    def __init__(
        self,
        pings: Mapping[str, Ping],
        set_serving: SetServing,
        meter: AnswerMeter,
        interval_seconds: float,
    ) -> None:
        self._pings = pings
        self._set_serving = set_serving
        self._meter = meter
        self._interval_seconds = interval_seconds
        self._serving: bool | None = None
        self._log = structlog.stdlib.get_logger("switchyard.insights")

    async def run(self) -> None:
        """Never returns."""
        while True:
            await self.check()
            await asyncio.sleep(self._interval_seconds)

    async def check(self) -> None:
        """Ping once."""
        found = [await self._answers(what, ping) for what, ping in self._pings.items()]
        serving = all(found)
        if serving is self._serving:
            return
        self._serving = serving
        self._log.info("ready" if serving else "not_ready")
        await self._set_serving(serving)

    async def _answers(self, what: str, ping: Ping) -> bool:
        try:
            await ping()
        except DomainError:
            self._meter.answers(what, up=False)
            return False
        self._meter.answers(what, up=True)
        return True
