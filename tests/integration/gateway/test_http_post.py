"""Kept connections to a real server: reuse, breaks, slowness, nonsense."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from switchyard_common.http_post import Answer, BadAnswer, HttpPost

pytestmark = pytest.mark.integration

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Says to each connection what the test wants; counts connections and keeps requests."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[Server]:
    server = Server(talk)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield server


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


def saying(*answers: bytes) -> Talk:
    """Answers one request after the other, then closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await read_request(reader)
            writer.write(answer)
            await writer.drain()

    return talk


async def test_one_connection_serves_many_requests() -> None:
    async with serving(saying(OK, OK, OK)) as server, HttpPost(server.url, 5, 4) as http:
        for _ in range(3):
            assert await http.post("/x", b"{}") == Answer(200, b"ok")
        assert server.connections == 1


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    async with serving(saying(OK)) as server, HttpPost(server.url, 5, 4) as http:
        for _ in range(3):
            assert await http.post("/x", b"{}") == Answer(200, b"ok")
        assert server.connections == 3


async def test_a_new_connection_that_breaks_is_an_error() -> None:
    async with serving(saying()) as server, HttpPost(server.url, 5, 4) as http:
        with pytest.raises(OSError, match=r"."):
            await http.post("/x", b"{}")


async def test_chunks_are_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    async with serving(saying(chunked, OK)) as server, HttpPost(server.url, 5, 4) as http:
        assert (await http.post("/x", b"{}")).content == b"abc"
        assert (await http.post("/x", b"{}")).content == b"ok"
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort"]
)
async def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    async with serving(saying(answer)) as server, HttpPost(server.url, 5, 4) as http:
        with pytest.raises(BadAnswer):
            await http.post("/x", b"{}")


async def test_an_endless_answer_is_cut_off() -> None:
    large = b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + b"x" * 2_000_000

    async with serving(saying(large)) as server, HttpPost(server.url, 5, 4) as http:
        with pytest.raises(BadAnswer):
            await http.post("/x", b"{}")


async def test_a_slow_server_ends_with_the_deadline_and_its_connection_is_not_used_again() -> None:
    slow = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await slow.wait()
        writer.write(OK)

    async with serving(talk) as server, HttpPost(server.url, 2, 4) as http:
        with pytest.raises(TimeoutError):
            await http.post("/x", b"{}")
        slow.set()
        assert await http.post("/x", b"{}") == Answer(200, b"ok")
        assert server.connections == 2


async def test_nobody_there_is_an_error_at_once() -> None:
    async with HttpPost("http://127.0.0.1:1", 5, 4) as http:
        with pytest.raises(ConnectionRefusedError):
            await http.post("/x", b"{}")


async def test_no_more_connections_than_allowed() -> None:
    now = most = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        while True:
            await read_request(reader)
            now, most = now + 1, max(most, now + 1)
            await asyncio.sleep(0.02)
            now -= 1
            writer.write(OK)

    async with serving(talk) as server, HttpPost(server.url, 5, 2) as http:
        await asyncio.gather(*(http.post("/x", b"{}") for _ in range(10)))
        assert most == 2
        assert server.connections == 2
