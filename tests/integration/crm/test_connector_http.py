"""HTTP with a CRM that is slow, hostile or somebody else."""

import asyncio
import gc
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from switchyard_common.clock import SystemClock
from switchyard_crm.adapters.connectors.http import HttpLimits, JsonHttp, segment
from switchyard_crm.service.connectors import Invalid, NotFound, Unavailable

from tests.fakes.certificates import Authority
from tests.fakes.crm.faults import Canned

pytestmark = pytest.mark.integration

SECRET = "19912345678"

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """Says what it is told to; keeps the heads of requests."""

    talk: Talk
    heads: list[str] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    url: str = ""

    def url_by(self, scheme: str) -> str:
        return f"{scheme}:{self.url.partition(':')[2]}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, which some tests are about
        finally:
            self.open -= 1
            writer.close()


def says(canned: Canned) -> Talk:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(canned.written())
        await writer.drain()

    return talk


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(talk)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/base/"
    async with listening:
        yield server


@asynccontextmanager
async def silent() -> AsyncIterator[Server]:
    """Takes what comes and says nothing, not even in a TLS handshake."""
    server = Server(says(Canned()))

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.open += 1
        server.most_open = max(server.most_open, server.open)
        try:
            while await reader.read(4096):
                continue
        except ConnectionError:
            pass  # the client went away, which is waited for
        finally:
            server.open -= 1
            writer.close()

    listening = await asyncio.start_server(listen, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    async with listening:
        yield server


@asynccontextmanager
async def client(
    url: str, limits: HttpLimits | None = None, ca_file: Path | None = None
) -> AsyncIterator[JsonHttp]:
    http = JsonHttp(url, limits or HttpLimits(), SystemClock(), ca_file=ca_file)
    try:
        yield http
    finally:
        await http.close()


def tls_server(authority: Authority) -> ssl.SSLContext:
    files = authority.server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    return context


async def test_speaks_json_below_the_base_address() -> None:
    canned = Canned(200, '{"name": "王芳"}'.encode(), {"x-page": "2"})
    async with serving(says(canned)) as server, client(server.url) as http:
        answer = await http.call("GET", f"people/{segment('a/../b?c')}", params={"q": "ä&b"})
    assert answer.body == {"name": "王芳"}
    assert answer.headers["x-page"] == "2"
    assert server.heads[0].startswith("GET /base/people/a%2F..%2Fb%3Fc?q=%C3%A4%26b HTTP/1.1")
    assert "accept-encoding: identity" in server.heads[0].lower()


async def test_no_content_is_none() -> None:
    async with serving(says(Canned(204, b""))) as server, client(server.url) as http:
        assert (await http.call("DELETE", "people/1")).body is None


async def test_a_status_that_is_expected_is_an_answer() -> None:
    async with serving(says(Canned(404, b"[]"))) as server, client(server.url) as http:
        assert (await http.call("GET", "x", accept=frozenset({404}))).status == 404
        with pytest.raises(NotFound):
            await http.call("GET", "x")


async def test_trusts_only_certificates_of_its_authorities(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "one"), Authority(tmp_path / "other")
    ca = authority.server("again").ca
    async with serving(says(Canned()), tls_server(authority)) as server:
        async with client(server.url, ca_file=ca) as http:
            assert (await http.call("GET", "x")).status == 200
        for wrong in (None, other.server().ca):
            async with client(server.url, ca_file=wrong) as http:
                with pytest.raises(Unavailable):
                    await http.call("GET", f"x?q={SECRET}")


async def test_checks_the_name_in_the_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    files = authority.client("crm", "spiffe://test/crm")  # names nobody by address
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert, files.key)
    async with (
        serving(says(Canned()), context) as server,
        client(server.url, ca_file=files.ca) as http,
    ):
        with pytest.raises(Unavailable):
            await http.call("GET", "x")


async def test_plain_http_where_tls_was_expected_is_unavailable(tmp_path: Path) -> None:
    async with (
        serving(says(Canned())) as server,
        client(server.url_by("https"), HttpLimits(timeout_seconds=1.0)) as http,
    ):
        with pytest.raises(Unavailable):
            await http.call("GET", "x")


async def test_follows_nobody_elsewhere() -> None:
    async with serving(says(Canned())) as elsewhere:
        moved = Canned(307, headers={"location": elsewhere.url})
        async with serving(says(moved)) as server, client(server.url) as http:
            http.headers = _with_token
            with pytest.raises(Invalid, match="redirect"):
                await http.call("POST", "x", body={"q": SECRET})
        assert elsewhere.heads == []


async def _with_token() -> dict[str, str]:
    return {"authorization": "Bearer token"}


async def test_keeps_no_cookies() -> None:
    canned = Canned(headers={"set-cookie": "session=1; Path=/"})
    async with serving(says(canned)) as server, client(server.url) as http:
        await http.call("GET", "x")
        await http.call("GET", "x")
    assert "cookie" not in server.heads[1].lower()


async def test_an_answer_that_drips_ends_at_the_time_limit_of_the_whole_call() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(Canned(missing=10**6).written())
        while True:
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.write(b" ")

    limits = HttpLimits(timeout_seconds=0.3)
    async with serving(drip) as server, client(server.url, limits) as http:
        with pytest.raises(Unavailable, match="in time"):
            await http.call("GET", "x")


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_cancelled_calls_leave_no_connection_and_take_no_place(scheme: str) -> None:
    gc.disable()  # whoever relies on it leaks meanwhile
    limits = HttpLimits(timeout_seconds=0.5, connections=4)
    try:
        async with silent() as server, client(server.url_by(scheme), limits) as http:
            for _ in range(10):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await http.call("GET", "x")
            async with asyncio.timeout(60):
                while server.open:
                    await asyncio.sleep(0.005)
            assert 1 <= server.most_open <= limits.connections
    finally:
        gc.enable()


async def test_opens_no_more_connections_than_agreed() -> None:
    async def slowly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(Canned().written())
        await writer.drain()

    limits = HttpLimits(connections=2)
    async with serving(slowly) as server, client(server.url, limits) as http:
        await asyncio.gather(*(http.call("GET", "x") for _ in range(12)))
        assert server.most_open == 2


async def test_calls_beyond_the_connections_wait_only_as_long_as_a_call_may_take() -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    limits = HttpLimits(timeout_seconds=0.2, connections=1)
    async with serving(never) as server, client(server.url, limits) as http:
        calls = (http.call("GET", "x") for _ in range(5))
        ended = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in ended} == {Unavailable}


@pytest.mark.parametrize(
    "canned",
    [
        Canned(headers={"content-encoding": "gzip"}),
        Canned(body=b"x" * 2000),
        Canned(body=b'{"a": NaN}'),
        Canned(body=b"\xff\xfe"),
        Canned(body=b"9" * 900),
    ],
    ids=["packed", "long", "no-number", "no-utf-8", "number"],
)
async def test_what_is_no_answer_is_invalid(canned: Canned) -> None:
    limits = HttpLimits(answer_bytes=1000)
    async with serving(says(canned)) as server, client(server.url, limits) as http:
        if canned.body.isdigit():
            assert (await http.call("GET", "x")).body == int(canned.body)
            return
        with pytest.raises(Invalid):
            await http.call("GET", "x")


@pytest.mark.parametrize("name", ["bad\r\nname", "bäd"])
async def test_what_cannot_be_sent_is_invalid_and_is_not_quoted(name: str) -> None:
    async with serving(says(Canned())) as server, client(server.url) as http:
        with pytest.raises(Invalid) as caught:
            await http.call("GET", "x", headers={name: SECRET}, params={"q": SECRET})
        assert SECRET not in f"{caught.value!r}{caught.value.__cause__!r}"
        assert server.heads == []


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_some_texts_are_no_segments(text: str) -> None:
    with pytest.raises(Invalid):
        segment(text)


async def test_says_nothing_of_addresses_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        canned = Canned(500, SECRET.encode())
        async with serving(says(canned)) as server, client(server.url) as http:
            http.error_code = lambda body: str(body)
            with pytest.raises(Unavailable) as caught:
                await http.call("GET", f"people/{SECRET}", params={"q": SECRET})
    assert SECRET not in caplog.text
    assert SECRET not in str(caught.value)


async def test_an_error_code_is_told_if_it_looks_like_one() -> None:
    canned = Canned(400, b'{"code": "INVALID_FIELD"}')
    async with serving(says(canned)) as server, client(server.url) as http:
        http.error_code = lambda body: body["code"]
        with pytest.raises(Invalid, match="INVALID_FIELD"):
            await http.call("GET", "x")
