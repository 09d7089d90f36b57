"""Looks after the CRMs while nobody calls: whether each works, and how far its clock is off."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from switchyard_common.clock import Clock

from switchyard_crm.service.connectors import Connector, ConnectorError, RateLimited
from switchyard_crm.service.upstream import Bucket


class ConnectorMeter(Protocol):
    """Shows how the CRMs are."""

    def connector(self, source: str, up: bool) -> None:
        """Whether it worked when it was last asked."""
        ...

    def clock_skew(self, source: str, seconds: float) -> None:
        """How much its clock is ahead of ours."""
        ...


@dataclass(frozen=True, slots=True)
class Watched:
    """A CRM, and the bucket that counts all calls to it."""

    connector: Connector
    bucket: Bucket


class ConnectorWatch:
    """Asks every CRM for its health every `interval_seconds`, each at most `call_seconds`.

    It has no influence on calls, which have their breakers: it tells operators that a CRM refuses
    the credentials or is gone before somebody needs it.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        meter: ConnectorMeter,
        clock: Clock,
        interval_seconds: float,
        call_seconds: float,
    ) -> None:
        self._watched = tuple(watched)
        self._meter = meter
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._call_seconds = call_seconds
        self._troubles: dict[str, str] = {}
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def run(self) -> None:
        """Never returns."""
        while True:
            await self.check()
            await asyncio.sleep(self._interval_seconds)

    async def check(self) -> None:
        """Ask each once; those whose rate is used up by calls are left out."""
        await asyncio.gather(*(self._check(watched) for watched in self._watched))

    async def _check(self, watched: Watched) -> None:
        if watched.bucket.reserve(0.0) is None:
            return
        name = watched.connector.name
        try:
            async with asyncio.timeout(self._call_seconds):
                theirs = await watched.connector.health()
        except TimeoutError:
            self._tell(name, "TimeoutError")
        except RateLimited as error:
            watched.bucket.pause(error.retry_after_seconds or 0.0)  # it works, only not now
        except ConnectorError as error:
            self._tell(name, type(error).__name__)
        except Exception as error:  # noqa: BLE001  # logged with its traceback; others go on
            self._log.exception("connector_crashed", source=name)
            self._tell(name, type(error).__name__)
        else:
            self._meter.clock_skew(name, (theirs - self._clock.now()).total_seconds())
            self._tell(name, "")

    def _tell(self, name: str, trouble: str) -> None:
        self._meter.connector(name, up=not trouble)
        before = self._troubles.get(name)
        self._troubles[name] = trouble
        if trouble and trouble != before:
            self._log.error("connector_fails", source=name, error=trouble)
        elif not trouble and before != "":
            self._log.info("connector_works", source=name)
