"""Keeps the outbox small and tells how full it is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from switchyard_common.clock import Clock

from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict
from switchyard_crm.service.outbox import DeliveryWatch, Depth, OutboxKeeper, Room
from switchyard_crm.service.requests import KeptRequests, sweep_before

_SWEPT_AT_ONCE = 500
_BETWEEN_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """How long things are kept and how often that is looked after.

    `kept_days`: requests and what has been delivered; `dead_days`: what was given up.
    """

    kept_days: float = 7.0
    dead_days: float = 30.0
    measure_seconds: float = 5.0
    sweep_seconds: float = 3600.0


class Keeping:
    """Measures every few seconds, sweeps now and then, for as long as the process lives."""

    def __init__(
        self,
        outbox: OutboxKeeper,
        requests: KeptRequests,
        watch: DeliveryWatch,
        room: Room,
        clock: Clock,
        rules: KeepingRules,
    ) -> None:
        self._outbox = outbox
        self._requests = requests
        self._watch = watch
        self._room = room
        self._clock = clock
        self._rules = rules
        self._shown = set[str]()
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self) -> None:
        """Never returns; ends by being cancelled."""
        next_sweep = self._clock.monotonic()
        while True:
            try:
                await self.measure()
                if self._clock.monotonic() >= next_sweep:
                    await self.sweep()
                    next_sweep = self._clock.monotonic() + self._rules.sweep_seconds
            except (StoreUnavailable, WriteConflict) as error:
                self._log.warning("outbox_not_kept", reason=error.reason)
            await asyncio.sleep(self._rules.measure_seconds)

    async def measure(self) -> None:
        """Show how much waits, per source. Raises StoreUnavailable."""
        depths = {each.source: each for each in await self._outbox.depths()}
        self._room.measured(sum(each.pending + each.dead for each in depths.values()))
        now = self._clock.now()
        self._shown |= depths.keys()
        for source in self._shown:
            depth = depths.get(source, Depth(source))
            oldest = depth.oldest_time or now
            self._watch.depth(depth, max((now - oldest).total_seconds(), 0.0))

    async def sweep(self) -> None:
        """Forget what is old, in steps that hold nobody up. Raises StoreUnavailable."""
        now = self._clock.now()
        before = sweep_before(now, self._rules.kept_days)
        dead_before = now - timedelta(days=self._rules.dead_days)
        await self._sweep(lambda: self._requests.sweep(before, _SWEPT_AT_ONCE))
        await self._sweep(lambda: self._outbox.sweep(before, dead_before, _SWEPT_AT_ONCE))

    async def _sweep(self, step: Callable[[], Awaitable[int]]) -> None:
        """Step by step, until a step finds less than it might have taken."""
        swept = await step()
        while swept == _SWEPT_AT_ONCE:
            await asyncio.sleep(_BETWEEN_SECONDS)  # others want to write as well
            swept = await step()
