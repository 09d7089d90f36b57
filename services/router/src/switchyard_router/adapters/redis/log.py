"""The event log: a Redis Stream that the scripts write and everybody reads."""

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.adapters.redis.client import RedisClient
from switchyard_router.adapters.redis.codec import event_of
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors
from switchyard_router.domain.records import StoredEvent

_BEGINNING = "0-0"


class RedisEventLog:
    """Reads the event log; positions are entry ids."""

    def __init__(self, reader: RedisClient, link: Link, keys: Keys) -> None:
        self._reader = reader
        self._link = link
        self._stream = keys.events

    async def newest(self) -> str:
        """Position of the newest entry, "0-0" when there is none."""
        with store_errors():
            entries = await self._link.call("XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        return entries[0][0].decode() if entries else _BEGINNING

    async def holds(self, position: str) -> bool:
        """Whether the entry at `position` is there; nothing is missing after the beginning."""
        with store_errors():
            if position == _BEGINNING:
                return True
            return bool(await self._link.call("XRANGE", self._stream, position, position))

    async def check(self, position: str) -> None:
        """Raise RESUME_TOKEN_EXPIRED if entries after `position` may have been trimmed."""
        with store_errors():
            oldest = await self._link.call("XRANGE", self._stream, "-", "+", "COUNT", 1)
        if position != _BEGINNING and oldest and _order(position) < _order(oldest[0][0].decode()):
            raise DomainError(
                kind=ErrorKind.OUT_OF_RANGE,
                reason="RESUME_TOKEN_EXPIRED",
                message="events after this token are gone; read the present state, then start anew",
            )

    async def after(self, position: str, at_most: int, wait_ms: int) -> list[StoredEvent]:
        """Up to `at_most` events after a position; waits up to `wait_ms` for the first one."""
        with store_errors():
            reply = await self._reader.xread({self._stream: position}, count=at_most, block=wait_ms)
        return [event_of(entry, fields) for _, entries in reply or [] for entry, fields in entries]


def _order(position: str) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number or 0)
