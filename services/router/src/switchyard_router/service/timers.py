"""Runs what is due: offers that lapse, wrap-up that ends, lost leases, contacts that expire."""

import asyncio
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.refusals import StepFailed
from switchyard_router.service.store_clock import StoreClock

_BATCH = 200
_LONGEST_SLEEP_SECONDS = 0.1
_SHORTEST_SLEEP_SECONDS = 0.005
_RETRY_SECONDS = 0.5


class TimerStore(Protocol):
    """Holds the timers and runs due ones, each in one atomic step."""

    async def run_timers(self, at_most: int) -> tuple[int, int | None, int]:
        """Run due timers: (how many, when the next is due in ms, the store's now in ms)."""
        ...


class Timers:
    """Every replica runs them: what one has run, another no longer finds."""

    def __init__(self, store: TimerStore, clock: StoreClock) -> None:
        self._store = store
        self._clock = clock
        self._log = structlog.stdlib.get_logger()

    async def run(self) -> None:
        """Run timers until cancelled."""
        while True:
            try:
                delay = await self.tick()
            except DomainError as error:
                self._log.warning("timers_paused", reason=error.reason)
                delay = _RETRY_SECONDS
            except StepFailed as error:
                # The broken timer is disarmed already; the others must not wait for it.
                self._log.error("timer_failed", problem=str(error))
                delay = _SHORTEST_SLEEP_SECONDS
            await asyncio.sleep(delay)

    async def tick(self) -> float:
        """Run what is due now; returns the seconds until it is worth looking again."""
        ran, due_ms, now_ms = await self._store.run_timers(_BATCH)
        self._clock.observe(now_ms)
        if ran == _BATCH:
            return 0.0
        until_due = _LONGEST_SLEEP_SECONDS if due_ms is None else (due_ms - now_ms) / 1000
        return min(_LONGEST_SLEEP_SECONDS, max(_SHORTEST_SLEEP_SECONDS, until_due))
