"""POSTs JSON to one server, and gets from it, over connections that are kept open.

Beside its own work a general client (httpx) costs this process 2 to 4 ms of CPU a request, more
than everything else that the gateway does for a message. The protocol itself is h11's.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import h11

from switchyard_common.certificate import client_contexts
from switchyard_common.destinations import resolved
from switchyard_common.settings import TlsFiles
from switchyard_common.tracing import request_span

_READ_BYTES = 65536
_LARGEST_ANSWER_BYTES = 1024 * 1024
_IDLE_SECONDS = 60.0

type Headers = Sequence[tuple[str, str]]


class BadAnswer(Exception):
    """What came back is no HTTP answer, or too large a one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer; after how long to ask again, if the server said so."""

    status: int
    content: bytes
    retry_after_seconds: float | None = None


class HttpPost:
    """Connections to the server of a URL, for the length of an `async with`."""

    def __init__(
        self,
        url: str,
        deadline_seconds: float,
        at_once: int,
        largest_answer_bytes: int = _LARGEST_ANSWER_BYTES,
        tls: TlsFiles | None = None,
        traced_as: str = "",
    ) -> None:
        """`tls`: for a server of our own, whose CA is trusted and that asks for a certificate.
        `traced_as`: what requests to a server of our own are called in traces, which go on there.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._context_now = _contexts(tls) if parts.scheme == "https" else lambda: None
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._authority = parts.netloc.rpartition("@")[2]
        self._deadline_seconds = deadline_seconds
        self._places = asyncio.Semaphore(at_once)
        self._largest_answer_bytes = largest_answer_bytes
        self._traced_as = traced_as
        self._idle: list[_Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._idle:
            self._idle.pop().close()

    async def post(self, path: str, body: bytes, headers: Headers = ()) -> Answer:
        """The answer. TimeoutError after the deadline, OSError without a server, BadAnswer.

        The request may reach the server twice, when a kept connection breaks: it must be one that
        can be repeated.
        """
        described = (("content-type", "application/json"), ("content-length", str(len(body))))
        if not self._traced_as:
            return await self._ask("POST", path, (*described, *headers), body)
        with request_span(self._traced_as) as trace:
            return await self._ask("POST", path, (*described, *headers, *trace), body)

    async def get(self, path: str) -> Answer:
        """The answer; raises as `post` does."""
        return await self._ask("GET", path, (), b"")

    async def _ask(self, method: str, path: str, headers: Headers, body: bytes) -> Answer:
        whole = [("host", self._authority), *headers]
        request = h11.Request(method=method, target=path, headers=whole)
        async with asyncio.timeout(self._deadline_seconds), self._places:
            while connection := self._fresh():
                try:
                    return await self._exchange(connection, request, body)
                except ConnectionError:  # closed by the server while it lay idle
                    continue
            return await self._exchange(await self._connect(), request, body)

    def _fresh(self) -> "_Connection | None":
        while self._idle:
            connection = self._idle.pop()
            if connection.usable():
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        context = self._context_now()
        name = self._host if context is not None else None
        addresses = await resolved(self._host, self._port)
        for left, address in enumerate(addresses, 1 - len(addresses)):
            try:
                return _Connection(
                    *await asyncio.open_connection(
                        address, self._port, ssl=context, server_hostname=name
                    )
                )
            except OSError:
                if left == 0:
                    raise
        raise ConnectionError("a name without an address")

    async def _exchange(
        self, connection: "_Connection", request: h11.Request, body: bytes
    ) -> Answer:
        try:
            answer = await connection.exchange(request, body, self._largest_answer_bytes)
        except h11.RemoteProtocolError as error:
            raise BadAnswer from error
        finally:
            if connection.ready_again():
                self._idle.append(connection)
            else:
                connection.close()
        return answer


def _contexts(tls: TlsFiles | None) -> Callable[[], ssl.SSLContext | None]:
    if tls is not None:
        return client_contexts(tls).current
    known_authorities = ssl.create_default_context()
    return lambda: known_authorities


class _Connection:
    """One connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)
        self._used = asyncio.get_running_loop().time()

    def usable(self) -> bool:
        """Whether the server still holds it, as far as one can know."""
        idle = asyncio.get_running_loop().time() - self._used
        return idle < _IDLE_SECONDS and not self._reader.at_eof()

    def close(self) -> None:
        """Give it up."""
        self._writer.close()

    async def exchange(self, request: h11.Request, body: bytes, largest_bytes: int) -> Answer:
        """Send and wait. ConnectionError, h11.RemoteProtocolError, BadAnswer."""
        parts = (request, h11.Data(data=body), h11.EndOfMessage())
        self._writer.write(b"".join(self._http.send(part) or b"" for part in parts))
        await self._writer.drain()
        status, content, again = 0, bytearray(), b""
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                status = event.status_code
                again = dict(event.headers).get(b"retry-after", b"")
            elif isinstance(event, h11.Data):
                content += event.data
            if len(content) > largest_bytes:
                raise BadAnswer
        return Answer(status, bytes(content), float(again) if again.isdigit() else None)

    def ready_again(self) -> bool:
        """Make it ready for the next request, if the last one went well."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._used = asyncio.get_running_loop().time()
        return True

    async def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(_READ_BYTES)
            if not data and self._http.their_state is h11.SEND_RESPONSE:
                raise ConnectionResetError("the server closed the connection")
            self._http.receive_data(data)
        return event
