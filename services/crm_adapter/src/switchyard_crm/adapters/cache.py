"""Answers of CRMs in Redis, or in this process: sealed with their record's key.

Deleting that key makes them unreadable wherever they are. Without Redis, and for as long as Redis
does not answer, they are kept in the process, where they are few and die with it. cashews speaks
to both; values are bytes that only we read, so nothing is ever unpickled.
"""

import asyncio
import warnings
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog
from cashews import Cache
from cashews.exceptions import CacheError
from pydantic import TypeAdapter, ValidationError
from switchyard_common.clock import Clock
from switchyard_common.redis_options import redis_options

from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.remembering import Kept, Part, Slot
from switchyard_crm.service.vault import DataKey, Unreadable

_PREFIX = "switchyard:crm:answer:"
_CLAIM = "switchyard:crm:renewing:"
_IN_PROCESS = 10_000
_SWEEP_SECONDS = 30
_REDIS_SECONDS = 0.1
"""Longest wait for Redis: asking the CRM itself takes not much longer."""
_LEFT_ALONE_SECONDS = 2.0
"""How long Redis is not asked after it failed."""
_CONNECTIONS = 32


class KeeperMeter(Protocol):
    """Counts failures of Redis."""

    def cache_failed(self) -> None:
        """Redis did not answer; the process's own memory stood in."""
        ...


class SealedCache:
    """Keeps answers for `keep_seconds`. `redis_url` None: in this process only."""

    def __init__(
        self,
        redis_url: str | None,
        keep_seconds: float,
        clock: Clock,
        meter: KeeperMeter,
        redis_seconds: float = _REDIS_SECONDS,
    ) -> None:
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._meter = meter
        self._memory = Cache()
        self._memory.setup("mem://", size=_IN_PROCESS, check_interval=_SWEEP_SECONDS)
        self._redis_seconds = redis_seconds
        self._redis = None if redis_url is None else _redis(redis_url, redis_seconds)
        self._left_alone_until = 0.0
        self._forms = _forms()
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def get(self, slot: Slot, key: DataKey) -> Kept | None:
        """What is kept, however old; None if there is nothing, or nothing that can be read."""
        sealed = await self._do(lambda cache: cache.get(_PREFIX + slot.text))
        if not isinstance(sealed, bytes):
            return None
        try:
            text = key.unseal(_field(slot), sealed)
            time, content = self._forms[slot.part].validate_json(text)
        except (Unreadable, ValidationError):
            return None  # of an erased record's earlier key, or of another version's form
        return Kept(content, time)

    async def put(self, slot: Slot, key: DataKey, kept: Kept) -> None:
        """Keep it in the place of what was there."""
        text = self._forms[slot.part].dump_json((kept.time, kept.content)).decode()
        sealed, name = key.seal(_field(slot), text), _PREFIX + slot.text
        await self._do(lambda cache: cache.set(name, sealed, expire=self._keep_seconds))

    async def claim(self, slot: Slot, seconds: float) -> bool:
        """Whether it is on this process to renew it. In the process's own memory: always."""
        if self._redis is None or not self._redis_is_asked():
            return True
        name = _CLAIM + slot.text
        won = await self._do(lambda cache: cache.set(name, b"1", expire=seconds, exist=False))
        return bool(won)

    async def close(self) -> None:
        """Give back connections."""
        await self._memory.close()
        if self._redis is not None:
            with warnings.catch_warnings():  # cashews 7.6 says close, which redis-py 8 calls aclose
                warnings.simplefilter("ignore", DeprecationWarning)
                await self._redis.close()

    async def _do(self, what: Callable[[Cache], Any]) -> Any:
        if self._redis is not None and self._redis_is_asked():
            try:
                async with asyncio.timeout(self._redis_seconds):
                    return await what(self._redis)
            except (CacheError, TimeoutError, OSError) as error:
                self._leave_alone(error)
        return await what(self._memory)

    def _redis_is_asked(self) -> bool:
        return self._clock.monotonic() >= self._left_alone_until

    def _leave_alone(self, error: Exception) -> None:
        self._meter.cache_failed()
        self._left_alone_until = self._clock.monotonic() + _LEFT_ALONE_SECONDS
        cause = type(error.__cause__ or error).__name__
        self._log.warning("cache_lost", cause=cause, retry_seconds=_LEFT_ALONE_SECONDS)


def _forms() -> dict[Part, TypeAdapter[Any]]:
    """Read and write the JSON of what is kept, by part."""
    return {
        Part.PROFILE: TypeAdapter(tuple[datetime, Profile | None]),
        Part.ORDERS: TypeAdapter(tuple[datetime, tuple[Order, ...] | None]),
        Part.OPEN_CASES: TypeAdapter(tuple[datetime, tuple[Case, ...] | None]),
        Part.TIMELINE: TypeAdapter(tuple[datetime, tuple[Interaction, ...] | None]),
    }


def _redis(url: str, seconds: float) -> Cache:
    cache = Cache()
    cache.setup(
        url,
        suppress=False,  # else a failure looks like a miss, and costs its wait each time
        pickle_type="null",
        check_repr=False,
        max_connections=_CONNECTIONS,
        wait_for_connection_timeout=seconds,
        client_name="switchyard-crm",
        **redis_options(seconds),
    )
    return cache


def _field(slot: Slot) -> str:
    return f"cache.{slot.source}.{slot.part}"
