"""A caller whom Asterisk hands over by AudioSocket: answered before it comes here."""

import asyncio
import time
from collections.abc import Callable, Mapping

from switchyard_phone.adapters.audiosocket.wire import Kind, encode, read
from switchyard_phone.adapters.legs.base import BaseLeg
from switchyard_phone.domain.audio import FRAME_BYTES, SILENCE, Framer
from switchyard_phone.domain.calls import CallFacts, Ended, Quality, Transfer, Transferred

_STALLED_BYTES = 2 * 16_000
"""Two seconds that the other side has not taken: it is not listening any more."""


class AudioSocketLeg(BaseLeg):
    """One connection. `tick` sends its sound, `run` reads what comes."""

    goes_on = True

    def __init__(
        self,
        facts: CallFacts,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        on_end: Callable[["AudioSocketLeg"], None],
    ) -> None:
        super().__init__(facts)
        self._reader, self._writer = streams
        self._on_end = on_end
        self._framer = Framer()
        self._received = 0
        self._sent = 0
        self._last = time.monotonic()

    async def answer(self) -> None:
        """Asterisk has answered."""
        self._must_live()

    async def refuse(self, status: int) -> None:
        """Asterisk goes on in its dialplan; it is not told the status."""
        self._must_live()
        self._leave(Ended.REFUSED)

    async def hang_up(self, cause: Ended = Ended.HERE) -> None:
        """End the connection; Asterisk goes on in its dialplan."""
        self._leave(cause)

    def flush(self) -> float:
        """Stop speaking at once."""
        return self._speech.flush()

    async def blind_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """Not on this line: the dialplan transfers after the connection has ended."""
        self._must_live()
        return Transferred(Transfer.UNSUPPORTED, lives=True)

    async def attended_transfer(
        self, target: str, headers: Mapping[str, str], seconds: float
    ) -> Transferred:
        """Not on this line."""
        return await self.blind_transfer(target, headers, seconds)

    def quality(self) -> Quality:
        """TCP loses nothing: only what was sent, received and not fetched."""
        return Quality(sent=self._sent, received=self._received, dropped=self._frames.dropped)

    async def run(self) -> None:
        """Read until the call is over."""
        try:
            while self._ended is None:
                kind, payload = await read(self._reader)
                self._last = time.monotonic()
                self._take(kind, payload)
        except (asyncio.IncompleteReadError, OSError):
            self._finish(Ended.CALLER)

    def tick(self, due: int, silence_seconds: float) -> None:
        """Send so many frames: Asterisk drops a call that is silent for two seconds."""
        if self._ended is not None:
            return
        silent = silence_seconds and time.monotonic() - self._last > silence_seconds
        if silent or self._writer.transport.get_write_buffer_size() > _STALLED_BYTES:
            self._leave(Ended.LOST)
        else:
            self._send(due)

    def _send(self, due: int) -> None:
        messages = []
        for _ in range(due):
            frame = self._speech.take()
            messages.append(encode(Kind.SOUND, SILENCE if frame is None else frame))
        self._sent += due
        self._writer.write(b"".join(messages))
        self._speech.sent(self._speech.taken)

    def _take(self, kind: int, payload: bytes) -> None:
        match kind:
            case Kind.SOUND:
                self._received += max(1, len(payload) // FRAME_BYTES)
                for frame in self._framer.push(payload):
                    self._frames.put(frame)
            case Kind.DIGIT:
                self.tell_keys((key, 0.0) for key in payload.decode("ascii", "ignore"))
            case Kind.HANGUP:
                self._finish(Ended.CALLER)
            case Kind.ERROR:
                self._finish(Ended.LOST)
            case _:
                pass  # newer versions may say more than is understood here

    def _leave(self, cause: Ended) -> None:
        if self._ended is None:
            self._writer.write(encode(Kind.HANGUP))
            self._finish(cause)

    def _finish(self, cause: Ended) -> None:
        if self._ended is None:
            self._end(cause)
            self._writer.close()
            self._on_end(self)
