"""An exchange without its network: who is let in, who came, whether all have gone."""

import asyncio
from collections.abc import AsyncIterator

from switchyard_phone.adapters.legs.base import BaseLeg
from switchyard_phone.adapters.legs.inbox import Inbox
from switchyard_phone.domain.admission import Admission
from switchyard_phone.domain.calls import CallId

_WAITING = 256


class BaseExchange[Leg: BaseLeg]:
    """What every line's exchange does alike. A subclass calls `_enter` and `_gone`."""

    def __init__(self, calls_at_once: int, calls_per_second: float) -> None:
        self._admission = Admission(calls_at_once, calls_per_second)
        self._legs: dict[CallId, Leg] = {}
        self._arrivals: Inbox[Leg] = Inbox(_WAITING)
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def calls(self) -> int:
        """How many calls there are now."""
        return len(self._legs)

    async def arrivals(self) -> AsyncIterator[Leg]:
        """Calls that were let in; one may be over when it is read."""
        async for leg in self._arrivals.read():
            yield leg

    async def drain(self, seconds: float) -> bool:
        """Let nobody in any more and wait for the calls to end; whether all did, in this time."""
        self._admission.draining = True
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    def _enter(self, leg: Leg) -> None:
        self._admission.claim(leg.facts.id)
        self._legs[leg.facts.id] = leg
        self._empty.clear()
        self._arrivals.put(leg)

    def _gone(self, leg: Leg) -> None:
        self._legs.pop(leg.facts.id, None)
        self._admission.release(leg.facts.id)
        if not self._legs:
            self._empty.set()
