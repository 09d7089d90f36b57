"""Sound of many callers by RTP over one socket: sent every 20 ms, what comes is counted."""

import asyncio
import math
import random
import socket
import struct
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from switchyard_phone.domain.audio import FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_RATE, to_mu_law

from benchmarks.phone.pace import Ticker

type Address = tuple[str, int]
type Frames = Callable[[], bytes]

_HEAD = struct.Struct("!BBHII")
_HEAD_BYTES = _HEAD.size
_VERSION = 0x80
_PCMU, _KEYS = 0, 101
_MARKED = 0x80
_KEY = struct.Struct("!BBH")
_ENDED = 0x80
_VOLUME = 10
_PRESS_FRAMES, _GAP_FRAMES = 5, 3
_END_PACKETS = 3
_BUFFER_BYTES = 4 << 20
_KEYS_OF = {key: code for code, key in enumerate("0123456789*#")}
_SILENCE = bytes([0xFF]) * FRAME_SAMPLES
_SILENT = frozenset({0xFF, 0x7F})


def tone(hertz: float = 300.0) -> list[bytes]:
    """A second of a tone as payloads."""
    step = 2 * math.pi * hertz / SAMPLE_RATE
    sound = array("h", (int(8000 * math.sin(step * n)) for n in range(SAMPLE_RATE)))
    coded = to_mu_law(sound.tobytes())
    return [coded[at : at + FRAME_SAMPLES] for at in range(0, len(coded), FRAME_SAMPLES)]


@dataclass(slots=True)
class _Press:
    code: int
    began: int
    frames: int = 0


class Stream:
    """One caller's sound."""

    def __init__(self, target: Address, payloads: list[bytes], chance: random.Random) -> None:
        self.target = target
        self.heard = 0
        """Packets that came."""
        self.missed = 0
        """Packets that should have come between the first and the last."""
        self._said: deque[bytes] = deque()
        self._finished: asyncio.Future[float] | None = None
        self._payloads = payloads
        self._at = chance.randrange(len(payloads))
        self._source = chance.getrandbits(32)
        self._number = chance.getrandbits(15)
        self._time = chance.getrandbits(31)
        self._last: int | None = None
        self._keys: deque[str] = deque()
        self._press: _Press | None = None
        self._pause = 0
        self._pressed: asyncio.Future[float] | None = None
        self._loud: asyncio.Future[float] | None = None

    def press(self, keys: str) -> asyncio.Future[float]:
        """Press keys one after the other; when the last one was released."""
        self._keys.extend(keys)
        self._pressed = asyncio.get_running_loop().create_future()
        return self._pressed

    def say(self, coded: bytes) -> asyncio.Future[float]:
        """Say this (µ-law); when the last of it was sent."""
        payloads = (coded[at : at + FRAME_SAMPLES] for at in range(0, len(coded), FRAME_SAMPLES))
        self._said.extend(payload.ljust(FRAME_SAMPLES, b"\xff") for payload in payloads)
        self._finished = asyncio.get_running_loop().create_future()
        return self._finished

    def loud(self) -> asyncio.Future[float]:
        """When something is heard again, from now on."""
        self._loud = asyncio.get_running_loop().create_future()
        return self._loud

    def next(self) -> list[bytes]:
        """The packets of the next 20 ms."""
        self._time = (self._time + FRAME_SAMPLES) & 0xFFFFFFFF
        if self._press is None and self._keys and not self._pause:
            self._press = _Press(_KEYS_OF[self._keys.popleft()], self._time)
        if self._press is not None:
            return self._pressing(self._press)
        self._pause = max(0, self._pause - 1)
        if self._said:
            return [self._packet(_PCMU, self._time, self._saying())]
        self._at = (self._at + 1) % len(self._payloads)
        return [self._packet(_PCMU, self._time, self._payloads[self._at])]

    def take(self, packet: bytes) -> None:
        """A packet came."""
        self.heard += 1
        number = packet[2] << 8 | packet[3]
        if self._last is not None:
            gap = (number - self._last) & 0xFFFF
            self.missed += gap - 1 if 0 < gap < 1000 else 0
        self._last = number
        if self._loud is not None and not _SILENT.issuperset(packet[_HEAD_BYTES:]):
            if not self._loud.done():
                self._loud.set_result(perf_counter())
            self._loud = None

    def _saying(self) -> bytes:
        payload = self._said.popleft()
        if not self._said and self._finished is not None:
            self._finished.set_result(perf_counter())
            self._finished = None
        return payload

    def _pressing(self, press: _Press) -> list[bytes]:
        press.frames += 1
        lasted = press.frames * FRAME_SAMPLES
        if press.frames < _PRESS_FRAMES:
            body = _KEY.pack(press.code, _VOLUME, lasted)
            marked = _MARKED if press.frames == 1 else 0
            return [self._packet(_KEYS | marked, press.began, body)]
        body = _KEY.pack(press.code, _VOLUME | _ENDED, lasted)
        self._press, self._pause = None, _GAP_FRAMES
        if not self._keys and self._pressed is not None:
            self._pressed.set_result(perf_counter())
            self._pressed = None
        return [self._packet(_KEYS, press.began, body) for _ in range(_END_PACKETS)]

    def _packet(self, kind: int, time: int, payload: bytes) -> bytes:
        self._number = (self._number + 1) & 0xFFFF
        return _HEAD.pack(_VERSION, kind, self._number, time, self._source) + payload


class Sound:
    """All streams, over one socket. `start` it, `close` it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._streams: dict[Address, Stream] = {}
        self._payloads = tone()
        self._chance = random.Random(4711)
        self._ticker = Ticker(FRAME_SECONDS, self._send)
        self.port: int = self._socket.getsockname()[1]

    def start(self) -> None:
        """Begin to send and to hear."""
        asyncio.get_running_loop().add_reader(self._socket, self._receive)
        self._ticker.start()

    async def close(self) -> None:
        """Fall silent."""
        await self._ticker.stop()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def add(self, target: Address, *, speaks: bool) -> Stream:
        """A caller begins to speak to an address, or to send silence; hears what comes from it."""
        stream = Stream(target, self._payloads if speaks else [_SILENCE], self._chance)
        self._streams[target] = stream
        return stream

    def remove(self, stream: Stream) -> None:
        """A caller falls silent."""
        self._streams.pop(stream.target, None)

    def _send(self) -> None:
        for stream in self._streams.values():
            for packet in stream.next():
                try:
                    self._socket.sendto(packet, stream.target)
                except OSError:
                    break  # the other side's port is closed already, or the buffer is full

    def _receive(self) -> None:
        while True:
            try:
                packet, source = self._socket.recvfrom(2048)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            stream = self._streams.get(source)
            if stream is not None and packet[1] & 0x7F == _PCMU:
                stream.take(packet)
