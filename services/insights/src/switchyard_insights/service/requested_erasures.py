"""Erases customers for whom another service has asked it, until it is done."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_insights.service.backing_off import BackOff
from switchyard_insights.service.forgetting import EraseCustomer

_AT_ONCE = 100
_LOOK_SECONDS = 1.0


class Requests(Protocol):
    """Who is to be erased. Methods raise LogUnavailable."""

    async def some(self, limit: int) -> list[str]:
        """At most so many keys of customers who wait, any of them."""
        ...

    async def count(self) -> int:
        """How many wait."""
        ...

    async def done(self, customer_key: str, now_ms: int) -> None:
        """This one is erased: whoever asked may know."""
        ...


class ErasureMeter(Protocol):
    """Counts erasures that were asked for."""

    def erased(self) -> None:
        """One is done."""
        ...

    def erasures_waiting(self, count: int) -> None:
        """So many are not."""
        ...

    def erasure_failed(self) -> None:
        """One could not be done now; it is tried again."""
        ...


class EraseRequested:
    """Erases one customer after the other, and says so once it is done.

    The request stays until then, so whatever fails is done later, by this process or another; an
    erasure that is done twice changes nothing. Costs one small read a second while nobody waits.
    """

    def __init__(
        self,
        requests: Requests,
        erase: EraseCustomer,
        tenant: str,
        meter: ErasureMeter,
        pause: BackOff,
        now_ms: Callable[[], int],
    ) -> None:
        self._requests = requests
        self._erase = erase
        self._tenant = tenant
        self._meter = meter
        self._pause = pause
        self._now_ms = now_ms
        self._log = structlog.stdlib.get_logger("switchyard.insights")

    async def run(self) -> None:
        """Never returns."""
        while True:
            try:
                while await self.look():
                    pass
                self._pause.worked()
                await asyncio.sleep(_LOOK_SECONDS)
            except (DomainError, OSError) as error:
                self._log.warning("erasure_waits", error=type(error).__name__)
                await self._put_off()
            except Exception:  # noqa: BLE001  # logged with its traceback; logs are read on
                self._log.exception("erasing_crashed")
                await self._put_off()

    async def _put_off(self) -> None:
        self._meter.erasure_failed()
        await asyncio.sleep(self._pause.failed_seconds())

    async def look(self) -> int:
        """Erase some of those who wait; how many. Raises DomainError and OSError."""
        self._meter.erasures_waiting(await self._requests.count())
        waiting = await self._requests.some(_AT_ONCE)
        for customer_key in waiting:
            await self._erase.run(self._tenant, customer_key)
            await self._requests.done(customer_key, self._now_ms())
            self._meter.erased()
        return len(waiting)
