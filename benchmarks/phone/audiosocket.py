"""Callers by AudioSocket, as Asterisk hands them over: a connection each, a frame every 20 ms."""

import asyncio
import uuid
from typing import cast, override

from switchyard_phone.adapters.audiosocket.wire import Kind, encode
from switchyard_phone.domain.audio import FRAME_BYTES, FRAME_SECONDS

from benchmarks.phone.pace import Ticker

_MESSAGE_BYTES = FRAME_BYTES + 3
_FRAME = encode(Kind.SOUND, bytes(range(160)) * 2)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport | None = None
        self.bytes_heard = 0

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast(asyncio.WriteTransport, transport)
        self.transport.write(encode(Kind.UUID, uuid.uuid4().bytes))

    @override
    def data_received(self, data: bytes) -> None:
        self.bytes_heard += len(data)


class AudioSocketCallers:
    """Everybody whom Asterisk hands over to one port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._calls: list[_Connection] = []
        self._ticker = Ticker(FRAME_SECONDS, self._send)

    async def open(self, calls: int) -> None:
        """So many calls at once; they speak from now on."""
        loop = asyncio.get_running_loop()
        for _ in range(calls):
            _, made = await loop.create_connection(_Connection, "127.0.0.1", self._port)
            self._calls.append(made)
        self._ticker.start()

    @property
    def heard(self) -> int:
        """Frames that came so far, of all calls."""
        return sum(call.bytes_heard for call in self._calls) // _MESSAGE_BYTES

    async def close(self) -> None:
        """Hang up."""
        await self._ticker.stop()
        for call in self._calls:
            if call.transport is not None:
                call.transport.write(encode(Kind.HANGUP))
                call.transport.close()
        self._calls.clear()

    def _send(self) -> None:
        for call in self._calls:
            if call.transport is not None and not call.transport.is_closing():
                call.transport.write(_FRAME)
