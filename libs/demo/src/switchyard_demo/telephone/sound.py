"""Sound of a call: µ-law packets every 20 ms, keys as telephone events (RFC 3550, 3551, 4733)."""

import asyncio
import random
import re
import struct
import wave
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import override

import numpy as np
from numpy.typing import NDArray

RATE = 8000
FRAME_SAMPLES = 160
FRAME_SECONDS = FRAME_SAMPLES / RATE
_SILENCE = b"\xff" * FRAME_SAMPLES
_BIAS, _CLIP = 132, 32635
_HEADER = struct.Struct("!BBHII")
_EVENT_FRAMES, _EVENT_ENDS, _EVENT_VOLUME = 8, 3, 10
_EVENTS = {key: number for number, key in enumerate("0123456789*#")}
_LONGEST_SECONDS = 600


def to_ulaw(samples: NDArray[np.int16]) -> bytes:
    """16 bit to µ-law (ITU-T G.711)."""
    wide = samples.astype(np.int32)
    sign = np.where(wide < 0, 0x80, 0)
    size = np.minimum(np.abs(wide), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))


def from_ulaw(data: bytes) -> NDArray[np.int16]:
    """µ-law to 16 bit."""
    code = ~np.frombuffer(data, np.uint8).astype(np.int32) & 0xFF
    size = ((((code & 0x0F) << 3) + _BIAS) << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


def write_wave(path: Path, heard: bytes) -> None:
    """What was heard, as a WAV file of 8 kHz, 16 bit; raises OSError."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(from_ulaw(heard).tobytes())


def sdp(host: str, port: int) -> str:
    """An offer or answer: PCMU and telephone events."""
    lines = (
        "v=0",
        f"o=- {random.randrange(1 << 30)} 1 IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=sendrecv",
    )
    return "\r\n".join((*lines, ""))


class Sound(asyncio.DatagramProtocol):
    """One call's packets. `open` it, `connect` it to the other side, `close` it."""

    def __init__(self) -> None:
        self.heard = bytearray()
        """µ-law, as it arrived."""
        self.port = 0
        self._said: deque[bytes] = deque()
        self._keys: deque[str] = deque()
        self._there: tuple[str, int] | None = None
        self._events = 101
        self._transport: asyncio.DatagramTransport | None = None
        self._sending: asyncio.Task[None] | None = None
        self._stream = random.randrange(1 << 32)
        self._sequence = random.randrange(1 << 15)
        self._clock = random.randrange(1 << 30)

    async def open(self, host: str) -> None:
        """Listen on a free port of this address."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def connect(self, description: str) -> bool:
        """Send to where this SDP says; whether it offers PCMU."""
        host = re.search(r"(?m)^c=IN IP4 (\S+)", description)
        media = re.search(r"(?m)^m=audio (\d+) \S+ ([\d ]+)", description)
        if host is None or media is None or "0" not in media[2].split():
            return False
        events = re.search(r"(?m)^a=rtpmap:(\d+) telephone-event/8000", description)
        self._events = int(events[1]) if events else 101
        self._there = (host[1], int(media[1]))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return True

    def say(self, ulaw: bytes) -> None:
        """Say this after what is being said."""
        for start in range(0, len(ulaw), FRAME_SAMPLES):
            self._said.append(ulaw[start : start + FRAME_SAMPLES].ljust(FRAME_SAMPLES, b"\xff"))

    def press(self, key: str) -> None:
        """Press a key for a moment."""
        self._keys.append(key)

    async def close(self) -> None:
        """Send and hear nothing more."""
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending
        if self._transport is not None:
            self._transport.close()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """A packet came."""
        if len(data) > _HEADER.size and data[1] & 0x7F == 0:
            room = _LONGEST_SECONDS * RATE - len(self.heard)
            self.heard += data[_HEADER.size :][: max(0, room)]

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._keys:
                due += await self._send_key(self._keys.popleft(), due)
            self._packet(0, self._said.popleft() if self._said else _SILENCE, self._clock)
            self._clock += FRAME_SAMPLES
            due = max(due + FRAME_SECONDS, loop.time() - 1)  # no rush after a standstill
            await asyncio.sleep(due - loop.time())

    async def _send_key(self, key: str, due: float) -> float:
        """Events of one key, the last one three times; the seconds it took."""
        loop, began = asyncio.get_running_loop(), self._clock
        ends = [False] * (_EVENT_FRAMES - 1) + [True] * _EVENT_ENDS
        for number, end in enumerate(ends):
            length = FRAME_SAMPLES * min(number + 1, _EVENT_FRAMES)
            event = struct.pack("!BBH", _EVENTS[key], (end << 7) | _EVENT_VOLUME, length)
            self._packet(self._events, event, began, first=number == 0)
            await asyncio.sleep(due + (number + 1) * FRAME_SECONDS - loop.time())
        self._clock += FRAME_SAMPLES * len(ends)
        return FRAME_SECONDS * len(ends)

    def _packet(self, kind: int, payload: bytes, clock: int, *, first: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = _HEADER.pack(
            0x80, kind | (first << 7), self._sequence, clock & 0xFFFFFFFF, self._stream
        )
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(head + payload, self._there)
