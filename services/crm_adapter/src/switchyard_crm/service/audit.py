"""The trail of who read personal data: kept for every read, without slowing it down."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from switchyard_common.actor import ACTOR
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.names import CustomerId, TenantId

MOST_UNWRITTEN = 10_000
_BATCH = 1_000
_FLUSH_SECONDS = 0.2
_RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Access:
    """One read: `actor` is role and subject (`agent/1007`), `detail` what was read; no values.

    `customer` is empty when nobody was found.
    """

    id: str
    time: datetime
    tenant: TenantId
    actor: str
    rpc: str
    customer: str
    detail: str


class AccessLog(Protocol):
    """Keeps accesses. All methods raise StoreUnavailable."""

    async def add(self, accesses: Sequence[Access]) -> None:
        """Keep them; those that are kept already are left alone."""
        ...

    async def of(
        self, tenant: TenantId, customers: Sequence[CustomerId], limit: int
    ) -> Sequence[Access]:
        """Who read the data of these customers, latest first, at most `limit`."""
        ...

    async def sweep(self, before: datetime, limit: int) -> int:
        """Forget at most `limit` accesses before a time; how many."""
        ...


class AuditMeter(Protocol):
    """Exports the state of the trail."""

    def unwritten(self, accesses: int) -> None:
        """So many wait to be written."""
        ...

    def unkept(self) -> None:
        """One could not be kept in the store, and went to the log instead."""
        ...


class AuditTrail:
    """Notes reads at once and writes them in batches a moment later.

    A process that is killed loses at most the last fifth of a second. While the store does not
    answer, accesses wait, at most `MOST_UNWRITTEN`; further ones go to the process's log, whole.
    """

    def __init__(self, log: AccessLog, ids: IdFactory, clock: Clock, meter: AuditMeter) -> None:
        self._store = log
        self._ids = ids
        self._clock = clock
        self._meter = meter
        self._unwritten: list[Access] = []
        self._news = asyncio.Event()
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    def note(self, rpc: str, tenant: TenantId, customer: str, detail: str = "") -> None:
        """Somebody (ACTOR) reads now."""
        access = Access(
            self._ids.new(), self._clock.now(), tenant, ACTOR.get(), rpc, customer, detail
        )
        if len(self._unwritten) >= MOST_UNWRITTEN:
            self._meter.unkept()
            self._log.error(
                "access_not_kept", rpc=rpc, actor=access.actor, customer=customer, detail=detail
            )
            return
        self._unwritten.append(access)
        self._meter.unwritten(len(self._unwritten))
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.sleep(_FLUSH_SECONDS)
            try:
                await self.flush()
            except DomainError as error:
                await self._wait(error.reason)
            except Exception:  # noqa: BLE001  # logged with its traceback
                # Whatever it was: the trail goes on, and what waits is not lost.
                self._log.exception("accesses_not_written")
                await self._wait("UNFORESEEN")

    async def _wait(self, reason: str) -> None:
        self._log.warning("accesses_wait", reason=reason, waiting=len(self._unwritten))
        await asyncio.sleep(_RETRY_SECONDS)
        self._news.set()

    async def flush(self) -> None:
        """Write what waits. Raises StoreUnavailable; what was not written waits on."""
        while batch := self._unwritten[:_BATCH]:
            await self._store.add(batch)
            del self._unwritten[: len(batch)]
            self._meter.unwritten(len(self._unwritten))

    async def close(self) -> None:
        """Write what waits, or say in the log what could not be."""
        try:
            await self.flush()
        except DomainError:
            for access in self._unwritten:
                self._meter.unkept()
                self._log.error(
                    "access_not_kept", rpc=access.rpc, actor=access.actor,
                    customer=access.customer, detail=access.detail,
                )  # fmt: skip
