"""Reads a stretch of the event log, page by page."""

from collections.abc import AsyncIterator

from switchyard_router.adapters.redis.codec import event_of, flat_to_map
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors
from switchyard_router.domain.records import StoredEvent

_PAGE = 1000


class RedisHistory:
    """The event log from a time on; entries are named by the time they were written."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._stream = keys.events

    async def since(self, from_ms: int, at_most: int) -> AsyncIterator[StoredEvent]:
        """Events from a time on, in order, at most so many; a page is one short read."""
        start, read = f"{from_ms}", 0
        while read < at_most:
            count = min(_PAGE, at_most - read)
            with store_errors():
                entries = await self._link.call("XRANGE", self._stream, start, "+", "COUNT", count)
            for entry, fields in entries:
                yield event_of(entry, flat_to_map(fields))
            if len(entries) < count:
                return
            start, read = f"({entries[-1][0].decode()}", read + count

    async def bounds(self) -> tuple[int, int] | None:
        """Times (ms) of the oldest and the newest entry; None for an empty log."""
        with store_errors():
            oldest, newest = await self._link.calls(
                (
                    ("XRANGE", self._stream, "-", "+", "COUNT", 1),
                    ("XREVRANGE", self._stream, "+", "-", "COUNT", 1),
                )
            )
        return (_ms(oldest[0][0]), _ms(newest[0][0])) if oldest else None


def _ms(entry: bytes) -> int:
    return int(entry.partition(b"-")[0])
