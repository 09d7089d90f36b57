"""One open connection, as fast as it goes: bytes out, replies in, nothing in between.

redis-py opens the connection (address, credentials, TLS, RESP3); then this takes its transport
over. redis-py's own way of one command costs two tasks, two timeouts and a buffer, and with them
four times the processor time of the command itself (docs/benchmarks.md).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hiredis
from redis._parsers import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse

_NOTHING = object()

type Argument = str | bytes | int | float
type Command = Sequence[Argument]


class Wire(asyncio.Protocol):
    """A connection to a Redis server.

    `on_reply` gets every reply in order, errors of the server as ResponseErrors; `on_lost` is told
    once, when the connection ends.
    """

    def __init__(
        self,
        connection: Any,
        on_reply: Callable[[Any], None],
        on_lost: Callable[[BaseException], None],
    ) -> None:
        self._connection = connection
        self._on_reply = on_reply
        self._on_lost = on_lost
        self._replies = hiredis.Reader(
            notEnoughData=_NOTHING, protocolError=InvalidResponse, replyError=BaseParser.parse_error
        )
        # redis-py offers no public way to its transport; a test sees it if the name changes.
        self._transport: asyncio.Transport = connection._writer.transport
        self._transport.set_protocol(self)

    def write(self, commands: Iterable[Command]) -> None:
        """Send commands, in one write."""
        pack: Callable[[Any], bytes] = hiredis.pack_command
        self._transport.write(b"".join([pack(tuple(command)) for command in commands]))

    async def aclose(self) -> None:
        """Close the connection; nobody is told of it."""
        self._on_lost = _told_nobody
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """As asyncio calls it."""
        self._replies.feed(data)
        try:
            while (reply := self._replies.gets()) is not _NOTHING:
                self._on_reply(reply)
        except InvalidResponse as error:
            self._on_lost(error)
            self._transport.abort()

    def eof_received(self) -> bool:
        """As asyncio calls it: nothing is sent to a server that hung up."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """As asyncio calls it."""
        self._on_lost(error or RedisConnectionError("the server closed the connection"))
        self._on_lost = _told_nobody


def _told_nobody(error: BaseException) -> None:
    """The end of a connection that was given up."""
