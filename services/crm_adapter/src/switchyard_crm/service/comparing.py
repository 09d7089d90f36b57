"""Keeps comparing records that were written, for as long as the process lives."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from switchyard_crm.domain.errors import StoreUnavailable, WriteConflict
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.identities import Identities
from switchyard_crm.service.relinking import Relinked

# Another process may be in the middle of the same; it is done when it is done.
_TRIES = 5
_RETRY_SECONDS = 0.2
# Counting reviews takes longer the more there are; when nothing happens it can wait.
_LOOKS_PER_COUNT = 30


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a batch, and how many records waited when comparing began."""

    done: Relinked
    waited: int


class Batch(Protocol):
    """Compares some of the records that wait."""

    async def run(self, tenant: TenantId) -> Relinked:
        """What became of them; `compared` is 0 when none waits.

        Raises StoreUnavailable, WriteConflict.
        """
        ...


class IdentityWatch(Protocol):
    """Is told what happens to identities."""

    def relinked(self, done: Relinked) -> None:
        """A batch was compared."""
        ...

    def backlog(self, records: int) -> None:
        """So many records wait to be compared."""
        ...

    def open_reviews(self, reviews: int) -> None:
        """So many suspected duplicates wait for a person."""
        ...


class Comparing:
    """Compares what waits: at once after `wake`, and every `poll_seconds` what others wrote."""

    def __init__(
        self, identities: Identities, batch: Batch, watch: IdentityWatch, poll_seconds: float
    ) -> None:
        self._identities = identities
        self._batch = batch
        self._watch = watch
        self._poll_seconds = poll_seconds
        self._awake = asyncio.Event()
        self._looks = 0
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    def wake(self) -> None:
        """Something was written or decided."""
        self._looks = 0
        self._awake.set()

    async def run(self) -> None:
        """Never returns; ends by being cancelled."""
        while True:
            self._awake.clear()
            try:
                await self.look()
            except (StoreUnavailable, WriteConflict) as error:
                self._log.warning("records_not_compared", reason=error.reason)
            except Exception:  # noqa: BLE001  # logged with its traceback, and tried again
                # Who cannot be compared can still be looked up: the service goes on.
                self._log.exception("comparing_crashed")
            try:
                await asyncio.wait_for(self._awake.wait(), self._poll_seconds)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Compare what waits in any tenant. Raises StoreUnavailable, WriteConflict."""
        waiting = await self._backlog()
        for tenant in waiting:
            await self.relink(tenant)
        if waiting:
            await self._backlog()
        if waiting or self._looks % _LOOKS_PER_COUNT == 0:
            self._watch.open_reviews(await self._identities.count_open_reviews())
        self._looks += 1

    async def relink(self, tenant: TenantId) -> Relinked:
        """Compare all that waits in a tenant. Raises StoreUnavailable, WriteConflict."""
        total = Relinked()
        while (done := await _persistently(self._batch, tenant)).compared:
            total = total.plus(done)
            self._watch.relinked(done)
        return total

    async def _backlog(self) -> Mapping[TenantId, int]:
        waiting = await self._identities.waiting()
        self._watch.backlog(sum(waiting.values()))
        return waiting


async def compare_waiting(
    identities: Identities, batch: Batch, tenant: TenantId
) -> AsyncIterator[Compared]:
    """Compare all that waits in a tenant, telling after each batch, for a command.

    Raises StoreUnavailable, WriteConflict: batches told of before are stored.
    """
    waited = (await identities.waiting()).get(tenant, 0)
    while (done := await _persistently(batch, tenant)).compared:
        yield Compared(done, waited)


async def _persistently(batch: Batch, tenant: TenantId) -> Relinked:
    for _ in range(1, _TRIES):
        try:
            return await batch.run(tenant)
        except WriteConflict:
            await asyncio.sleep(_RETRY_SECONDS)
    return await batch.run(tenant)
