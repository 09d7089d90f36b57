"""A line on which packets of sound are lost, doubled, late, or come from an unexpected port.

Stands between a caller and the phone: passes SIP on, puts itself into both descriptions of the
sound, and treats what the caller sends as it is told. What the phone sends is left alone.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import override

from tests.fakes.phone.sipp import free_port
from tests.fakes.phone.sounds import from_pcmu

type Address = tuple[str, int]
_LOOPBACK = "127.0.0.1"
_AUDIO = re.compile(rb"(?m)^m=audio (\d+)")
_ROUTE = re.compile(rb"(?mi)^Record-Route:.*\n")
_CONTACT = re.compile(rb"(?mi)^(Contact: <sip:\w+@[\d.]+:)\d+")
"""Left as they are, a caller would renegotiate past this line."""
_RTP_HEAD = 12
_LENGTH = re.compile(rb"(?mi)^(Content-Length|l)\s*:\s*\d+")


@dataclass(frozen=True)
class Weather:
    """Shares of the caller's packets, 0 to 1; `elsewhere`: they come from a port nobody named."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    elsewhere: bool = False
    seed: int = 7


class LossyLine:
    """One call at a time. `port` is where the caller dials."""

    def __init__(self, phone: Address, weather: Weather) -> None:
        self._phone = phone
        self._weather = weather
        self._rng = random.Random(weather.seed)
        self._caller: Address | None = None
        self._ends: dict[str, Address] = {}
        self._held: bytes | None = None
        self._sockets: dict[str, asyncio.DatagramTransport] = {}
        self._rtp: dict[str, int] = {}
        self.port = 0
        self._heard = bytearray()

    async def open(self, undo: ExitStack) -> None:
        """Take ports: two for SIP, and for each side two for sound, like everybody's."""
        self.port = await self._listen("from_caller", self._sip_from_caller, undo)
        await self._listen("to_phone", self._sip_from_phone, undo)
        for side, receive in (("caller", self._from_caller), ("phone", self._from_phone)):
            self._rtp[side] = await self._listen(side, receive, undo)
        await self._listen("elsewhere", self._from_phone, undo)

    async def _listen(
        self, name: str, receive: Callable[[bytes, Address], None], undo: ExitStack
    ) -> int:
        port = free_port()
        loop = asyncio.get_running_loop()
        for offset, hears in ((0, receive), (1, _ignore)):
            transport, _ = await loop.create_datagram_endpoint(
                lambda hears=hears: _Side(hears),  # type: ignore[misc]
                local_addr=(_LOOPBACK, port + offset),
            )
            undo.callback(transport.close)
            if not offset:
                self._sockets[name] = transport
        return port

    def _sip_from_caller(self, data: bytes, source: Address) -> None:
        self._caller = source
        self._sockets["to_phone"].sendto(self._between(data, "caller", "phone"), self._phone)

    def _sip_from_phone(self, data: bytes, source: Address) -> None:
        if self._caller is not None:
            message = self._between(data, "phone", "caller")
            message = _ROUTE.sub(b"", message)
            message = _CONTACT.sub(rb"\g<1>%d" % self.port, message)
            self._sockets["from_caller"].sendto(message, self._caller)

    def _between(self, data: bytes, sender: str, receiver: str) -> bytes:
        """The message with this line as the end of the sound, if it describes any."""
        head, blank, body = data.partition(b"\r\n\r\n")
        found = _AUDIO.search(body)
        if found is None:
            return data
        self._ends[sender] = (_LOOPBACK, int(found[1]))
        body = _AUDIO.sub(b"m=audio %d" % self._rtp[receiver], body)
        return _LENGTH.sub(rb"\1: %d" % len(body), head) + blank + body

    def heard(self) -> bytes:
        """What the phone said, if that was PCMU: frames of 16 bit, 8 kHz."""
        return from_pcmu(bytes(self._heard))

    def _from_phone(self, data: bytes, source: Address) -> None:
        self._heard += data[_RTP_HEAD:]
        if "caller" in self._ends:
            self._sockets["caller"].sendto(data, self._ends["caller"])

    def _from_caller(self, data: bytes, source: Address) -> None:
        """Lost, or sent once or twice, or only after the next one."""
        chance = self._rng.random()
        if chance < self._weather.lost:
            return
        if self._held is None and chance < self._weather.lost + self._weather.late:
            self._held = data
            return
        for packet in (data, data) if self._rng.random() < self._weather.doubled else (data,):
            self._send(packet)
        if self._held is not None:
            held, self._held = self._held, None
            self._send(held)

    def _send(self, packet: bytes) -> None:
        way = "elsewhere" if self._weather.elsewhere else "phone"
        if "phone" in self._ends:
            self._sockets[way].sendto(packet, self._ends["phone"])


class _Side(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        self._receive(data, (str(addr[0]), int(addr[1])))


def _ignore(data: bytes, source: Address) -> None:
    """RTCP: nobody needs it here."""


@asynccontextmanager
async def lossy_line(phone_port: int, weather: Weather) -> AsyncIterator[LossyLine]:
    """A bad line to the phone, for the length of the block."""
    line = LossyLine((_LOOPBACK, phone_port), weather)
    with ExitStack() as undo:
        await line.open(undo)
        yield line
