"""The least of HTTP/2 that gRPC calls need, so that a load generator leaves the machine to others.

grpc.aio costs about 120 µs a message here, this about 10. It speaks RFC 9113 as far as a client of
a gRPC server on the loopback needs it: header lists are written as literals and of those that come
only the status is looked for; windows for what comes are as large as they may be, and for what goes
they are kept. No TLS, no compression, no server push; messages of 16 KiB at most.
"""

import asyncio
import re
import struct
from collections import deque
from collections.abc import Callable
from typing import cast

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW, _MAX_FRAME = 1, 2, 4, 5
_MOST_WINDOW = 2**31 - 1
_FIRST_WINDOW = 65_535
_OUR_FRAME = 2**20
_GIVE_BACK = 2**28
"""Bytes received before the connection's window is opened again."""
_HEAD = struct.Struct(">IBI")
_PREFIX = struct.Struct(">BI")
_STATUS = re.compile(rb"grpc-status[\x01\x02](\d+)")
_WORDS = re.compile(rb"grpc-message(.)(.*)", re.DOTALL)


class Stream:
    """One call. `on_message` gets each message's bytes, `on_end` the status: "0", "14 …"."""

    __slots__ = ("_buffer", "_connection", "_number", "_window", "on_end", "on_message")

    def __init__(
        self,
        connection: "Connection",
        number: int,
        window: int,
        on_message: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._number = number
        self._window = window
        self._buffer = b""
        self.on_message = on_message
        self.on_end = on_end

    def send(self, message: bytes, last: bool = False) -> None:
        """One message; `last`: no more will follow."""
        data = _PREFIX.pack(0, len(message)) + message
        self._connection.send_data(self, self._number, data, _END_STREAM if last else 0)

    def feed(self, data: bytes) -> None:
        """Bytes that came."""
        if self._buffer:
            data = self._buffer + data
        at, size = 0, len(data)
        while size - at >= 5:
            end = at + 5 + _PREFIX.unpack_from(data, at)[1]
            if end > size:
                break
            self.on_message(data[at + 5 : end])
            at = end
        self._buffer = data[at:]

    def room(self, change: int) -> int:
        """Changes what may be sent before the server opens the window again; returns it."""
        self._window += change
        return self._window


class Connection(asyncio.Protocol):
    """One connection to a server, for any number of calls."""

    def __init__(self, authority: str, on_lost: Callable[[str], None]) -> None:
        self._authority = authority
        self._on_lost = on_lost
        self._streams: dict[int, Stream] = {}
        self._next = 1
        self._buffer = b""
        self._window = _FIRST_WINDOW
        self._stream_window = _FIRST_WINDOW
        self._received = 0
        self._held: deque[tuple[Stream, int, bytes, int]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello: our settings, and a window as large as can be."""
        self._transport = cast(asyncio.Transport, transport)
        ours = {
            _HEADER_TABLE_SIZE: 0,
            _ENABLE_PUSH: 0,
            _INITIAL_WINDOW: _MOST_WINDOW,
            _MAX_FRAME: _OUR_FRAME,
        }
        settings = b"".join(struct.pack(">HI", key, value) for key, value in ours.items())
        self._transport.write(_PREFACE + _frame(_SETTINGS, 0, 0, settings))
        self._open_window(_MOST_WINDOW - _FIRST_WINDOW)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, and end all calls."""
        self._on_lost(str(exc or "closed"))
        for stream in list(self._streams.values()):
            stream.on_end("14 connection lost")
        self._streams.clear()

    def call(
        self,
        path: str,
        on_message: Callable[[bytes], None],
        on_end: Callable[[str], None],
        timeout: str = "",
    ) -> Stream:
        """Begin a call; `timeout` as gRPC writes it, for instance "10S"."""
        number, self._next = self._next, self._next + 2
        stream = Stream(self, number, self._stream_window, on_message, on_end)
        self._streams[number] = stream
        headers = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": self._authority,
            "te": "trailers",
            "content-type": "application/grpc",
            **({"grpc-timeout": timeout} if timeout else {}),
        }
        block = b"".join(_literal(name, value) for name, value in headers.items())
        self._transport.write(_frame(_HEADERS, _END_HEADERS, number, block))
        return stream

    def send_data(self, stream: Stream, number: int, data: bytes, flags: int) -> None:
        """Send as soon as the windows allow it."""
        if self._held or min(self._window, stream.room(0)) < len(data):
            self._held.append((stream, number, data, flags))
            return
        self._window -= len(data)
        stream.room(-len(data))
        self._transport.write(_frame(_DATA, flags, number, data))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take frames apart."""
        if self._buffer:
            data = self._buffer + data
        at, size = 0, len(data)
        while size - at >= 9:
            head, flags, number = _HEAD.unpack_from(data, at)
            length = head >> 8
            end = at + 9 + length
            if end > size:
                break
            self._take(head & 0xFF, flags, number & _MOST_WINDOW, data[at + 9 : end])
            at = end
        self._buffer = data[at:]

    def _take(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if kind == _DATA:
            self._data(number, payload)
        elif kind == _HEADERS and flags & _END_STREAM:
            self._end(number, _status(payload))
        elif kind == _RST_STREAM:
            self._end(number, f"1 reset {int.from_bytes(payload)}")
        elif kind == _WINDOW_UPDATE:
            self._widen(number, int.from_bytes(payload) & _MOST_WINDOW)
        elif not flags & _ACK:
            self._control(kind, payload)

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self._transport.write(_frame(_PING, _ACK, 0, payload))
        elif kind == _SETTINGS:
            self._settings(payload)
        elif kind == _GOAWAY:
            self._on_lost(f"goaway {payload[8:].decode(errors='replace')}")

    def _data(self, number: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received >= _GIVE_BACK:
            self._open_window(self._received)
            self._received = 0
        stream = self._streams.get(number)
        if stream is not None:
            stream.feed(payload)

    def _end(self, number: int, status: str) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.on_end(status)

    def _settings(self, payload: bytes) -> None:
        for at in range(0, len(payload), 6):
            key, value = struct.unpack_from(">HI", payload, at)
            if key == _INITIAL_WINDOW:
                for stream in self._streams.values():
                    stream.room(value - self._stream_window)
                self._stream_window = value
        self._transport.write(_frame(_SETTINGS, _ACK, 0, b""))
        self._send_held()

    def _widen(self, number: int, more: int) -> None:
        if number == 0:
            self._window += more
        elif number in self._streams:
            self._streams[number].room(more)
        self._send_held()

    def _send_held(self) -> None:
        """What waited for room, in its order."""
        held, self._held = self._held, deque()
        for stream, number, data, flags in held:
            self.send_data(stream, number, data, flags)

    def _open_window(self, more: int) -> None:
        self._transport.write(_frame(_WINDOW_UPDATE, 0, 0, more.to_bytes(4)))


async def connect(target: str, on_lost: Callable[[str], None]) -> Connection:
    """A connection to `host:port`; OSError if nobody listens."""
    host, _, port = target.rpartition(":")
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(target, on_lost), host, int(port)
    )
    return connection


def _frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return _HEAD.pack(len(payload) << 8 | kind, flags, number) + payload


def _literal(name: str, value: str) -> bytes:
    """A header field as a literal that is not indexed (RFC 7541, 6.2.2), of at most 126 bytes."""
    parts = (part.encode() for part in (name, value))
    return b"\x00" + b"".join(bytes((len(part),)) + part for part in parts)


def _status(block: bytes) -> str:
    """Status and message as far as they are written plainly; "?" otherwise."""
    found, words = _STATUS.search(block), _WORDS.search(block)
    status = found[1].decode() if found else "?"
    if words:
        return f"{status} {words[2][: words[1][0]].decode(errors='replace')}".strip()
    return status
