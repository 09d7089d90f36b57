"""Keeps the leases of desktops and platform nodes that are heard of, all in one step a second."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_router.domain.records import LostLease

HEARTBEAT_SECONDS = 5.0
LEASE_SECONDS = 15.0
_ROUND_SECONDS = 1.0
_BATCH = 500

type Key = tuple[str, str, int]
type OnLost = Callable[[str], None]


class LeaseStore(Protocol):
    """Renews leases."""

    async def renew_leases(
        self, leases: Sequence[tuple[str, str, int]], lease_ms: int
    ) -> list[LostLease]:
        """Renew (kind, id, epoch); returns those that are lost."""
        ...


class LeaseKeeper:
    """Holders are (kind, id, epoch); only those heard of since the last round are renewed."""

    def __init__(self, store: LeaseStore) -> None:
        self._store = store
        self._holders: dict[Key, OnLost] = {}
        self._heard: set[Key] = set()
        self._log = structlog.stdlib.get_logger()

    def hold(self, key: Key, on_lost: OnLost) -> None:
        """Begin to keep a lease; `on_lost` is told why it ended."""
        self._holders[key] = on_lost

    def drop(self, key: Key) -> None:
        """Keep a lease no longer; it lapses by itself."""
        self._holders.pop(key, None)
        self._heard.discard(key)

    def heard(self, key: Key) -> None:
        """The holder showed that it lives."""
        if key in self._holders:
            self._heard.add(key)

    async def run(self) -> None:
        """Renew until cancelled; what was heard during an outage is renewed after it."""
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            try:
                await self.renew()
            except DomainError as error:
                self._log.warning("lease_renewal_failed", reason=error.reason)

    async def renew(self) -> None:
        """One round."""
        heard = list(self._heard)
        for start in range(0, len(heard), _BATCH):
            batch = heard[start : start + _BATCH]
            for lost in await self._store.renew_leases(batch, int(LEASE_SECONDS * 1000)):
                on_lost = self._holders.pop((lost.kind, lost.id, lost.epoch), None)
                if on_lost is not None:
                    on_lost(lost.why)
            self._heard.difference_update(batch)
