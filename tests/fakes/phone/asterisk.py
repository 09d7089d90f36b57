"""Asterisk's side of an AudioSocket connection, as its res_audiosocket speaks it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from switchyard_phone.adapters.audiosocket.wire import Kind, encode, read
from switchyard_phone.domain.audio import FRAME_SECONDS, SILENCE, frames_of

_PATIENCE_SECONDS = 30


class AsteriskCall:
    """A call that the dialplan has handed over."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        name: uuid.UUID,
        says: bytes,
    ) -> None:
        self._reader, self._writer = streams
        self._saying = frames_of(says)
        self._heard = bytearray()
        self._first = asyncio.Event()
        self._over = asyncio.Event()
        self.id = str(name)
        self.hung_up_by_peer = False

    async def connected(self) -> None:
        """Asterisk answers before; sound comes at once."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._first.wait()

    async def press(self, keys: str) -> None:
        for key in keys:
            self._writer.write(encode(Kind.DIGIT, key.encode()))
        await self._writer.drain()

    def say(self, sound: bytes) -> None:
        """Say this now, and then nothing."""
        self._saying = frames_of(sound)

    def heard(self) -> bytes:
        return bytes(self._heard)

    async def hang_up(self) -> None:
        with suppress(OSError):
            self._writer.write(encode(Kind.HANGUP))
            await self._writer.drain()

    async def over(self) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await self._over.wait()

    async def listen(self) -> None:
        """Take what comes, until the end."""
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, payload = await read(self._reader)
                if kind == Kind.SOUND:
                    self._first.set()
                    self._heard += payload
                elif kind == Kind.HANGUP:
                    self.hung_up_by_peer = True
                    break
        self._over.set()

    async def speak(self) -> None:
        """Say it, then nothing, a frame every 20 ms."""
        with suppress(OSError):
            while not self._over.is_set():
                self._writer.write(encode(Kind.SOUND, next(self._saying, SILENCE)))
                await self._writer.drain()
                await asyncio.sleep(FRAME_SECONDS)


@asynccontextmanager
async def asterisk_call(
    port: int, says: bytes = b"", name: uuid.UUID | None = None
) -> AsyncIterator[AsteriskCall]:
    """A call for the length of the block."""
    streams = await asyncio.open_connection("127.0.0.1", port)
    name = name or uuid.uuid4()
    streams[1].write(encode(Kind.UUID, name.bytes))
    call = AsteriskCall(streams, name, says)
    tasks = [asyncio.create_task(call.listen()), asyncio.create_task(call.speak())]
    try:
        yield call
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        streams[1].close()
        with suppress(OSError):
            await streams[1].wait_closed()
