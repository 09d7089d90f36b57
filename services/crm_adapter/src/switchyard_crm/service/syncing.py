"""Following what changes in a CRM, so that its people are known here before they call.

Searching a CRM cannot be trusted: one does not find "+86 139 1234 5678" by E.164. What is read here
fills the local index, where every notation is one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from switchyard_common.clock import Clock
from switchyard_common.errors import DomainError

from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.connectors import Changes, Connector, ConnectorError, RateLimited
from switchyard_crm.service.upstream import Bucket

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 300.0
_TURN_SECONDS = 60.0
"""Longest wait for the source's rate to allow the next page."""

type Wake = Callable[[], None]
"""Tells that records were written, so that somebody finds out whose they are."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A source of a tenant, as it is followed."""

    tenant: TenantId
    source: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a source was read: its own mark, and when nothing more was to be read (None: never
    yet).
    """

    position: str = ""
    caught_up_time: datetime | None = None


class SyncStore(Protocol):
    """Stores what changed together with how far that is. All raise StoreUnavailable."""

    async def claim(
        self, followed: Followed, holder: str, now: datetime, until: datetime
    ) -> Mark | None:
        """Where to go on, if nobody else is following the source; nobody else will till then."""
        ...

    async def take(
        self, followed: Followed, holder: str, before: str, changes: Changes, now: datetime
    ) -> bool:
        """Store a page that was read from `before`, and its cursor, in one transaction.

        False, and nothing is stored, when somebody else went on from there. Records that are
        removed are marked, those that come again no longer are. Raises WriteConflict.
        """
        ...

    async def caught_up(self, followed: Followed, holder: str, now: datetime) -> None:
        """Nothing more is to be read for now."""
        ...


class SyncMeter(Protocol):
    """Shows how following goes."""

    def synced(self, source: str, changed: int, removed: int) -> None:
        """A page was stored."""
        ...

    def sync_failed(self, source: str, error: str) -> None:
        """A step failed, for this kind of reason."""
        ...

    def sync_lag(self, source: str, since: Callable[[], float]) -> None:
        """`since` tells the seconds since nothing more was to be read."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks when nothing more is to be read, records on a page, and the most
    seconds for reading one.
    """

    every_seconds: float
    page: int = 200
    page_seconds: float = 60.0


class FollowSource:
    """Follows one source, for as long as the process lives."""

    def __init__(
        self,
        followed: Followed,
        connector: Connector,
        bucket: Bucket,
        store: SyncStore,
        wake: Wake,
        holder: str,
        clock: Clock,
        pace: Pace,
        meter: SyncMeter,
    ) -> None:
        """`holder` names this process among those that share the store."""
        self._followed = followed
        self._connector = connector
        self._bucket = bucket
        self._store = store
        self._wake = wake
        self._holder = holder
        self._clock = clock
        self._pace = pace
        self._meter = meter
        self._caught_up_time = clock.now()  # of a source never read, since the start
        self._failures = 0
        self._log = structlog.stdlib.get_logger("switchyard.crm").bind(source=followed.source)
        meter.sync_lag(followed.source, self._lag)

    async def run(self) -> None:
        """Never returns; ends by being cancelled."""
        while True:
            pause = await self.step()
            await asyncio.sleep(pause)

    async def step(self) -> float:
        """Read and store one page; the seconds to wait before the next."""
        try:
            more = await self._page()
        except (ConnectorError, DomainError, TimeoutError) as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001  # logged with its traceback, and tried again
            # What one CRM answers must not end the service for all others.
            self._log.exception("following_crashed")
            return self._failed(error)
        if self._failures:
            self._failures = 0
            self._log.info("source_followed_again")
        return 0.0 if more else self._pace.every_seconds

    async def _page(self) -> bool:
        """Whether there is more now."""
        now = self._clock.now()
        until = now + timedelta(seconds=self._held_seconds)
        mark = await self._store.claim(self._followed, self._holder, now, until)
        if mark is None:
            return False  # another process follows it; should that one stop, the next look claims
        self._caught_up_time = mark.caught_up_time or self._caught_up_time
        await self._take_turn()
        async with asyncio.timeout(self._pace.page_seconds):
            changes = await self._connector.changes(mark.position, self._pace.page)
        if changes.profiles or changes.removed or changes.cursor != mark.position:
            await self._keep(mark, changes)
        if changes.more:
            return True
        now = self._clock.now()
        await self._store.caught_up(self._followed, self._holder, now)
        self._caught_up_time = now
        return False

    async def _keep(self, mark: Mark, changes: Changes) -> None:
        kept = await self._store.take(
            self._followed, self._holder, mark.position, changes, self._clock.now()
        )
        if not kept:
            return
        self._meter.synced(self._followed.source, len(changes.profiles), len(changes.removed))
        if changes.profiles:
            self._wake()

    async def _take_turn(self) -> None:
        seconds = self._bucket.reserve(_TURN_SECONDS)
        if seconds is None:
            raise RateLimited("its rate is used up", _TURN_SECONDS)
        await asyncio.sleep(seconds)

    @property
    def _held_seconds(self) -> float:
        """Past the end of this page, and past the next look."""
        return 2 * (_TURN_SECONDS + self._pace.page_seconds) + self._pace.every_seconds

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        kind = type(error).__name__
        self._meter.sync_failed(self._followed.source, kind)
        pause = min(
            _FIRST_PAUSE_SECONDS * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_SECONDS
        )
        if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
            pause = max(pause, min(error.retry_after_seconds, _LONGEST_PAUSE_SECONDS))
        self._log.warning("source_not_followed", error=kind, retry_seconds=pause)
        return pause

    def _lag(self) -> float:
        return max((self._clock.now() - self._caught_up_time).total_seconds(), 0.0)
