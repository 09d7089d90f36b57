"""A proxy between a connector and its CRM that breaks what it is told to break.

Every connection of a connector is closed after one answer, so that whatever is still open was
left behind.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

_HEAD_END = b"\r\n\r\n"
_DROPPED = (b"connection", b"keep-alive", b"accept-encoding")
_MAX_HEAD = 256 * 1024


@dataclass(frozen=True)
class Seen:
    """A request as it passed."""

    method: str
    target: str
    body: bytes


type Picks = Callable[[Seen], bool]


@dataclass(frozen=True)
class Canned:
    """An answer that does not come from the CRM. `missing` bytes are promised and not sent."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0

    def written(self) -> bytes:
        phrase = HTTPStatus(self.status).phrase
        lines = [f"HTTP/1.1 {self.status} {phrase}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"content-length: {len(self.body) + self.missing}", "connection: close"]
        return "\r\n".join(lines).encode() + _HEAD_END + self.body


def _everything(_: Seen) -> bool:
    return True


class FaultyCrm:
    """Passes everything on until told otherwise; `heal` ends every fault."""

    def __init__(self, host: str, port: int) -> None:
        self._upstream = (host, port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.seen: list[Seen] = []
        self.open = 0
        self.most_open = 0
        self.held = asyncio.Event()
        self.heal()

    def heal(self) -> None:
        """Pass everything on again."""
        self._picks: Picks = _everything
        self._canned: Canned | None = None
        self._hanging = False
        self._losing = False
        self._holding = False
        self.held = asyncio.Event()

    def answer(self, canned: Canned, picks: Picks = _everything) -> None:
        """Answer in the CRM's place."""
        self._canned, self._picks = canned, picks

    def hang(self) -> None:
        """Take requests and say nothing."""
        self._hanging = True

    def lose_answers(self, picks: Picks) -> None:
        """The CRM gets the request and does it; its answer gets lost."""
        self._losing, self._picks = True, picks

    def hold_answers(self, picks: Picks) -> None:
        """The CRM has done it and its answer never comes; `held` is set then."""
        self._holding, self._picks = True, picks

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}/"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=_MAX_HEAD)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def none_open(self, within_seconds: float = 60.0) -> None:
        """Wait until nobody is connected. TimeoutError if somebody stays."""
        async with asyncio.timeout(within_seconds):
            while self.open:
                await asyncio.sleep(0.005)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the connector went away, or the test is over
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(_HEAD_END)
        body = await reader.readexactly(_length(head))
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        request = Seen(method, target, body)
        self.seen.append(request)
        picked = self._picks(request)
        if self._hanging:
            await _gone(reader)
        elif self._canned is not None and picked:
            writer.write(self._canned.written())
            await writer.drain()
        else:
            answered = await self._forward(head, body)
            if picked and self._losing:
                return
            if picked and self._holding:
                self.held.set()
                await _gone(reader)
                return
            writer.write(answered)
            await writer.drain()

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        try:
            writer.write(_closing(head) + body)
            await writer.drain()
            answered = await reader.read()
        finally:
            writer.close()
        first, _, rest = answered.partition(_HEAD_END)
        return _closing(first + _HEAD_END) + rest


async def _gone(reader: asyncio.StreamReader) -> None:
    """Return when the other side has closed."""
    while await reader.read(4096):
        continue


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def _closing(head: bytes) -> bytes:
    lines = head.removesuffix(_HEAD_END).split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].lower() not in _DROPPED]
    return b"\r\n".join([*kept, b"Connection: close"]) + _HEAD_END


@asynccontextmanager
async def faulty(host: str, port: int) -> AsyncIterator[FaultyCrm]:
    """A proxy before a CRM, for the length of a block."""
    proxy = FaultyCrm(host, port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
