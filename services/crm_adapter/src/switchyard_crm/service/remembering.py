"""Answers of a source, remembered: good ones are used, ageing ones renewed before they are out of
date, and old ones used when the source fails.

cashews keeps the values; its decorators are not used. Its `early` and `soft` tell neither how old
an answer is nor whether it is out of date, its single flight is cancelled for all when the first
caller leaves, and it pickles what has to be sealed here.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.context import SourceStatus
from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import ConnectorError, NotFound, Unsupported
from switchyard_crm.service.upstream import BreakerOpen, NotAsked, Upstream
from switchyard_crm.service.vault import DataKey

# An answer is renewed in the background from this share of its time on.
EARLY_SHARE = 0.5


class Part(StrEnum):
    """What a source is asked for in one call; the value stands in keys."""

    PROFILE = "profile"
    ORDERS = "orders"
    OPEN_CASES = "open-cases"
    TIMELINE = "timeline"


type Content = Profile | tuple[Order, ...] | tuple[Case, ...] | tuple[Interaction, ...] | None
"""None: the source has no such record any more."""


type AskSource = Callable[[], Coroutine[Any, Any, Content]]


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an answer is kept. Holds no personal data: `record` is our own id of it."""

    tenant: TenantId
    source: str
    record: str
    part: Part
    limit: int

    @property
    def text(self) -> str:
        """Names the slot."""
        return f"{self.tenant}:{self.source}:{self.record}:{self.part}:{self.limit}"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when the source gave it."""

    content: Content
    time: datetime


class AnswerCache(Protocol):
    """Keeps answers, sealed with the key of their record. Never raises: what fails is a miss."""

    async def get(self, slot: Slot, key: DataKey) -> Kept | None:
        """What is kept, however old."""
        ...

    async def put(self, slot: Slot, key: DataKey, kept: Kept) -> None:
        """Keep it in the place of what was there."""
        ...

    async def claim(self, slot: Slot, seconds: float) -> bool:
        """Whether it is on this process to renew it; for `seconds`, no other gets a yes."""
        ...


class CacheMeter(Protocol):
    """Counts what becomes of answers asked for."""

    def cache(self, source: str, event: str) -> None:
        """hit, miss, stale or refresh."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said, how fresh it is, and its age in seconds. None: nothing is there."""

    status: SourceStatus
    content: Content = None
    age_seconds: float = 0.0
    delivered: bool = False


class Remembering:
    """One source with its memory: `good_seconds` an answer is good for."""

    def __init__(
        self,
        upstream: Upstream,
        cache: AnswerCache,
        clock: Clock,
        good_seconds: float,
        refresh_seconds: float,
        meter: CacheMeter,
    ) -> None:
        self._upstream = upstream
        self._cache = cache
        self._clock = clock
        self._good_seconds = good_seconds
        self._refresh_seconds = refresh_seconds
        self._meter = meter
        self._refreshes: dict[Slot, asyncio.Task[None]] = {}

    async def ask(self, slot: Slot, key: DataKey, call: AskSource, end: float) -> Answer:
        """The best answer there is by `end` (monotonic). Never raises what a source can cause."""
        kept = await self._cache.get(slot, key)
        if kept is not None and self._age(kept) < self._good_seconds:
            self._meter.cache(slot.source, "hit")
            if self._age(kept) >= self._good_seconds * EARLY_SHARE:
                self._renew(slot, key, call)
            return self._answer(SourceStatus.CACHED, kept)
        self._meter.cache(slot.source, "miss")
        try:
            content = await self._ask(slot, key, call, end)
        except (ConnectorError, TimeoutError, NotAsked) as error:
            if kept is None:
                return Answer(_status(error))
            self._meter.cache(slot.source, "stale")
            return self._answer(SourceStatus.STALE, kept)
        return Answer(SourceStatus.FRESH, content, delivered=True)

    async def close(self) -> None:
        """End what is being renewed."""
        tasks = list(self._refreshes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, slot: Slot, key: DataKey, call: AskSource, end: float) -> Content:
        async def keep(content: Content) -> None:
            await self._cache.put(slot, key, Kept(content, self._clock.now()))

        return await self._upstream.call(slot.text, lambda: _asked(call), keep, end)

    def _renew(self, slot: Slot, key: DataKey, call: AskSource) -> None:
        asked = slot in self._refreshes or self._upstream.in_flight(slot.text)
        if asked or self._upstream.refuses():
            return

        async def renew() -> None:
            if not await self._cache.claim(slot, self._refresh_seconds):
                return
            self._meter.cache(slot.source, "refresh")
            end = self._clock.monotonic() + self._refresh_seconds
            try:
                await self._ask(slot, key, call, end)
            except (ConnectorError, TimeoutError, NotAsked):
                return  # counted where it was called; what is kept is still good

        task = asyncio.create_task(renew())
        self._refreshes[slot] = task
        task.add_done_callback(lambda _: self._refreshes.pop(slot))

    def _age(self, kept: Kept) -> float:
        return max((self._clock.now() - kept.time).total_seconds(), 0.0)

    def _answer(self, status: SourceStatus, kept: Kept) -> Answer:
        return Answer(status, kept.content, self._age(kept), delivered=True)


async def _asked(call: AskSource) -> Content:
    try:
        return await call()
    except (NotFound, Unsupported):
        return None  # an answer too: it is not there


def _status(error: Exception) -> SourceStatus:
    if isinstance(error, TimeoutError):
        return SourceStatus.TIMEOUT
    return SourceStatus.OPEN if isinstance(error, BreakerOpen) else SourceStatus.ERROR
