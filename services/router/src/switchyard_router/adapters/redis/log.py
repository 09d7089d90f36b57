"""The event log: a Redis Stream that the scripts write and everybody reads."""

from typing import Any

from switchyard_common.errors import DomainError, ErrorKind

from switchyard_router.adapters.redis.codec import event_of, flat_to_map
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors
from switchyard_router.adapters.redis.wire import Command
from switchyard_router.domain.records import StoredEvent

_BEGINNING = "0-0"


class RedisEventLog:
    """Reads the event log; positions are entry ids.

    `follower` is a link of its own for the one reader that waits in the store (`after`): a command
    that waits there holds up all others on its connection.
    """

    def __init__(self, follower: Link, link: Link, keys: Keys) -> None:
        self._follower = follower
        self._link = link
        self._stream = keys.events
        self._mark = keys.mark
        self._history = 0

    async def newest(self) -> str:
        """Position of the newest entry, "0-0" when there is none."""
        with store_errors():
            entries = await self._link.call("XREVRANGE", self._stream, "+", "-", "COUNT", 1)
        return entries[0][0].decode() if entries else _BEGINNING

    async def holds(self, position: str) -> bool:
        """Whether nothing was lost since this was asked last, as far as anybody can know.

        The entry must be there still, and the store's history the same: a replica that was promoted
        and a server that was restarted may have lost writes that were acknowledged but not seen.
        """
        with store_errors():
            found = await self._link.call("XRANGE", self._stream, position, position)
        before, self._history = self._history, self._link.history_changes
        return before == self._history and (position == _BEGINNING or bool(found))

    async def check(self, position: str) -> None:
        """Raise RESUME_TOKEN_EXPIRED unless the entry at `position` is there.

        It may have been trimmed, or lost in a failover: what comes after it is not all there then.
        """
        with store_errors():
            found = await self._link.call("XRANGE", self._stream, position, position)
        if position != _BEGINNING and not found:
            raise _expired()

    async def after(self, position: str, at_most: int, wait_ms: int) -> list[StoredEvent]:
        """Up to `at_most` events after a position; waits up to `wait_ms` for the first one.

        Where changes wait for replicas, so do their events. Raises RESUME_TOKEN_EXPIRED as `check`.
        """
        block: Command = ("BLOCK", wait_ms)
        events = await self._read(self._follower, position, at_most, block)
        if events:
            with store_errors():
                await self._link.replicated(self._mark)
        return events

    async def read(self, position: str, at_most: int) -> list[StoredEvent]:
        """Up to `at_most` events after a position; none if there are none yet.

        Raises RESUME_TOKEN_EXPIRED as `check`.
        """
        return await self._read(self._link, position, at_most, ())

    async def _read(
        self, link: Link, position: str, at_most: int, block: Command
    ) -> list[StoredEvent]:
        place: Command = ("XRANGE", self._stream, position, position)
        news = ("XREAD", "COUNT", at_most, *block, "STREAMS", self._stream, position)
        with store_errors():
            # The connection may have been opened anew since the last read, to another writer.
            found, reply = await link.calls((place, news))
        if position != _BEGINNING and not found:
            raise _expired()
        return self._events(reply)

    def _events(self, reply: Any) -> list[StoredEvent]:
        if not reply:
            return []
        entries = reply[self._stream.encode()]
        return [event_of(entry, flat_to_map(fields)) for entry, fields in entries]


def _expired() -> DomainError:
    return DomainError(
        kind=ErrorKind.OUT_OF_RANGE,
        reason="RESUME_TOKEN_EXPIRED",
        message="events after this token are gone; read the present state, then start anew",
    )
