"""New certificates under running servers and channels: nothing that is open breaks."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from prometheus_client import CollectorRegistry
from pydantic_settings import SettingsConfigDict
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from switchyard_common.certificate import certificate_of
from switchyard_common.grpc_channel import open_channel
from switchyard_common.grpc_server import GrpcServer
from switchyard_common.http_post import HttpPost
from switchyard_common.http_server import HttpServer
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.metrics import RpcMetrics
from switchyard_common.settings import ServiceSettings, TlsFiles

from tests.fakes.certificates import Authority

pytestmark = pytest.mark.integration

TICKER = "test.v1.Ticker"
WHO = "x509_pem_cert"
PATIENCE_SECONDS = 60

type Context = grpc.aio.ServicerContext[Any, Any]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="THING_")

    port: int = 0
    metrics_port: int = 0
    drain_seconds: float = 1


class Ticker:
    """Answers every tick with the serial number of the certificate that the client has shown."""

    async def tick(self, requests: Any, context: Context) -> AsyncIterator[bytes]:
        shown = serial_of(next(iter((context.auth_context() or {})[WHO])))
        async for _ in requests:
            yield shown

    def add(self, server: grpc.aio.Server) -> None:
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Tick": grpc.stream_stream_rpc_method_handler(self.tick)
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(TICKER, handlers),))


def serial_of(pem: bytes) -> bytes:
    return b"%d" % x509.load_pem_x509_certificate(pem).serial_number


def serial_in(files: TlsFiles) -> bytes:
    return serial_of(files.cert.read_bytes())


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "one")


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return authority.server("server")


def settings_of(tls: TlsFiles) -> Settings:
    return Settings(tls_cert=tls.cert, tls_key=tls.key, tls_ca=tls.ca)


@asynccontextmanager
async def ticking(files: TlsFiles) -> AsyncIterator[GrpcServer]:
    metrics = RpcMetrics(CollectorRegistry(), "test")
    async with GrpcServer(settings_of(files), [Ticker().add], [TICKER], metrics) as server:
        yield server


class Stream:
    """A stream that stays open; each tick tells by which certificate the server knows it."""

    def __init__(self, channel: Any) -> None:
        self._call = channel.stream_stream(f"/{TICKER}/Tick")()

    async def tick(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._call.write(b"tick")
            answer: bytes = await self._call.read()
        return answer

    def end(self) -> None:
        self._call.cancel()


def replace(mine: TlsFiles, theirs: TlsFiles) -> None:
    for part in ("key", "cert", "ca"):
        target: Path = getattr(mine, part)
        target.write_bytes(getattr(theirs, part).read_bytes())


async def shown_by(port: int, client: TlsFiles) -> bytes:
    """The serial number of the certificate that a new connection is shown."""
    context = ssl.create_default_context(cafile=client.ca)
    context.load_cert_chain(client.cert, client.key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.close()
    return b"%d" % x509.load_der_x509_certificate(der).serial_number


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await holds():
            await asyncio.sleep(0.05)


async def test_a_server_shows_new_connections_the_new_one_and_streams_live_on(
    authority: Authority, files: TlsFiles
) -> None:
    client = authority.client("client")
    async with ticking(files) as server, open_channel(server.target, client) as channel:
        stream = Stream(channel)
        await stream.tick()
        assert await shown_by(server.port, client) == serial_in(files)
        authority.server("server")
        expected = serial_in(files)

        async def rotated() -> bool:
            return await shown_by(server.port, client) == expected

        await until(rotated)
        assert await stream.tick() == serial_in(client)
        stream.end()


async def test_a_clients_new_calls_show_the_new_one_and_its_streams_live_on(
    authority: Authority, files: TlsFiles
) -> None:
    client = authority.client("client")
    before = serial_in(client)
    async with ticking(files) as server, open_channel(server.target, client) as channel:
        old = Stream(channel)
        assert await old.tick() == before
        authority.client("client")

        async def rotated() -> bool:
            fresh = Stream(channel)
            shown = await fresh.tick()
            fresh.end()
            return shown == serial_in(client)

        await until(rotated)
        assert await old.tick() == before
        old.end()


async def test_a_new_ca_is_trusted_by_both_once_both_have_it(
    authority: Authority, files: TlsFiles, tmp_path: Path
) -> None:
    client = authority.client("client")
    other = Authority(tmp_path / "two")
    async with ticking(files) as server, open_channel(server.target, client) as channel:
        stream = Stream(channel)
        await stream.tick()
        replace(files, other.server("new server"))
        replace(client, other.client("new client"))

        async def rotated() -> bool:
            fresh = Stream(channel)
            try:
                return await fresh.tick() == serial_in(client)
            except grpc.aio.AioRpcError:  # one of the two has looked already, the other has not
                return False

        await until(rotated)
        assert await stream.tick()
        stream.end()


async def test_a_file_that_cannot_be_read_keeps_the_old_one_in_use(
    authority: Authority, files: TlsFiles
) -> None:
    client = authority.client("client")
    async with ticking(files) as server:
        before = serial_in(files)
        files.key.write_bytes(b"not a key")

        async def noticed() -> bool:
            assert await shown_by(server.port, client) == before
            return certificate_of(files).refused == 1

        await until(noticed)
        assert await shown_by(server.port, client) == before


@asynccontextmanager
async def paging(files: TlsFiles, open_paths: Sequence[str] = ()) -> AsyncIterator[HttpServer]:
    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("page")

    app = Starlette(routes=[Route("/page", page), Route("/health", page)])
    lifecycle = Lifecycle()
    async with HttpServer(app, settings_of(files), lifecycle, open_paths) as server:
        yield server


async def test_http_shows_new_connections_the_new_one_and_old_ones_live_on(
    authority: Authority, files: TlsFiles
) -> None:
    client = authority.client("client")
    async with paging(files) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with HttpPost(url, PATIENCE_SECONDS, 1, tls=client) as http:
            assert (await http.get("/page")).status == 200
            authority.server("server")
            expected = serial_in(files)

            async def rotated() -> bool:
                return await shown_by(server.port, client) == expected

            await until(rotated)
            assert (await http.get("/page")).status == 200


async def test_http_lets_strangers_see_open_paths_and_nothing_else(
    authority: Authority, files: TlsFiles
) -> None:
    context = ssl.create_default_context(cafile=files.ca)

    async def asked(path: str) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE_SECONDS):
            first = await reader.readline()
        writer.close()
        return first

    async with paging(files, ["/health"]) as server:
        assert b" 200 " in await asked("/health")
        assert b" 401 " in await asked("/page")


async def test_http_turns_away_who_another_ca_has_signed(files: TlsFiles, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "two").client("stranger")
    stranger.ca.write_bytes(files.ca.read_bytes())
    async with paging(files, ["/page"]) as server:
        url = f"https://127.0.0.1:{server.port}"
        async with HttpPost(url, PATIENCE_SECONDS, 1, tls=stranger) as http:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await http.get("/page")
