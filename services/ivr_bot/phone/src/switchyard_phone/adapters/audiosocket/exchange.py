"""The AudioSocket line: a TCP server that Asterisk connects to, once for each call."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from switchyard_common.errors import StartError

from switchyard_phone.adapters.audiosocket.leg import AudioSocketLeg
from switchyard_phone.adapters.audiosocket.wire import Kind, encode, read
from switchyard_phone.adapters.legs.clock import beat
from switchyard_phone.adapters.legs.exchange import BaseExchange
from switchyard_phone.domain.admission import Verdict
from switchyard_phone.domain.calls import CallFacts, CallId, Ended, Line

_HELLO_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class AudioSocketLine:
    """How the line is set up."""

    host: str
    port: int
    may_call: Callable[[str], bool]
    calls_at_once: int = 100
    calls_per_second: float = 20.0
    silence_seconds: float = 60.0


class AudioSocketExchange(BaseExchange[AudioSocketLeg]):
    """Takes calls by AudioSocket. `start` it, read `arrivals`, `close` it."""

    def __init__(self, line: AudioSocketLine, on_refused: Callable[[str], None]) -> None:
        super().__init__(line.calls_at_once, line.calls_per_second)
        self._line = line
        self._on_refused = on_refused
        self._server: asyncio.Server | None = None
        self._clock: asyncio.Task[None] | None = None
        self._log = structlog.stdlib.get_logger()
        self.port = 0
        """The TCP port that Asterisk connects to."""

    async def start(self) -> None:
        """Begin to take calls; raises StartError when the port is taken."""
        host, port = self._line.host, self._line.port
        try:
            self._server = await asyncio.start_server(self._connected, host, port)
        except OSError as error:
            problem = f"TCP {host}:{port} is not free ({error.strerror})"
            raise StartError(f"{problem}; set PHONE_AUDIOSOCKET_PORT") from error
        self.port = self._server.sockets[0].getsockname()[1]
        self._clock = asyncio.create_task(beat(self._tick))

    async def close(self) -> None:
        """End what is left, and stop."""
        self._admission.draining = True
        self._arrivals.close()
        for leg in tuple(self._legs.values()):
            await leg.hang_up(Ended.STOPPED)
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.wait((self._clock,))
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _tick(self, due: int) -> None:
        for leg in tuple(self._legs.values()):
            leg.tick(due, self._line.silence_seconds)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            facts = await self._greet(reader, writer)
            if facts is not None:
                await self._serve(AudioSocketLeg(facts, (reader, writer), self._gone))
        finally:
            writer.close()

    async def _greet(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> CallFacts | None:
        """The call that a connection is, if it is one and is let in."""
        peer = str(writer.get_extra_info("peername")[0])
        call = await self._named(reader) if self._line.may_call(peer) else None
        if call is None:
            self._on_refused("unlisted" if not self._line.may_call(peer) else "not_audiosocket")
            return None
        verdict = self._admission.admit(call, time.monotonic())
        if verdict is not Verdict.IN or call in self._legs:
            self._on_refused("twice" if call in self._legs else verdict.value)
            writer.write(encode(Kind.HANGUP))
            return None
        return CallFacts(id=call, line=Line.AUDIOSOCKET, peer=peer)

    async def _named(self, reader: asyncio.StreamReader) -> CallId | None:
        """The UUID that the dialplan gave the call."""
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                kind, payload = await read(reader)
        except (TimeoutError, asyncio.IncompleteReadError, OSError):
            return None
        if kind != Kind.UUID or len(payload) != 16:
            return None
        return CallId(str(uuid.UUID(bytes=payload)))

    async def _serve(self, leg: AudioSocketLeg) -> None:
        self._enter(leg)
        await leg.run()
