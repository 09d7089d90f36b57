"""The proxy before the bots, run as deployed, and bots that say which of them was asked."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from switchyard_common.settings import TlsFiles

from tests.fakes.deploy.mount import Mount
from tests.fakes.ports import free_port

SETTINGS = Path(__file__).resolve().parents[3] / "deploy/k8s/base/settings"
_PATIENCE_SECONDS = 20


class Bots:
    """Servers on one port of several loopback addresses; each answers with its address."""

    def __init__(self, files: TlsFiles, addresses: tuple[str, ...]) -> None:
        self.port = free_port()
        self.addresses = addresses
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.ca)
        self._context.load_cert_chain(files.cert, files.key)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._servers: dict[str, asyncio.Server] = {}
        self._writers: dict[str, set[asyncio.StreamWriter]] = {each: set() for each in addresses}

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """All of them, until the end."""
        try:
            for address in self.addresses:
                await self.start(address)
            yield
        finally:
            await self.stop_all()

    async def start(self, address: str) -> None:
        """Let a bot answer."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(address, reader, writer)

        self._servers[address] = await asyncio.start_server(
            serve, address, self.port, ssl=self._context
        )

    async def stop(self, address: str) -> None:
        """Let a bot die: it hangs up on everybody, and nobody listens there any more."""
        server = self._servers.pop(address)
        server.close()
        for writer in list(self._writers[address]):
            writer.transport.abort()
        await server.wait_closed()

    async def stop_all(self) -> None:
        """Let all die."""
        for address in list(self._servers):
            await self.stop(address)

    async def _serve(
        self, address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers[address].add(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = address.encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the proxy hung up, or the bot died
        finally:
            self._writers[address].discard(writer)
            writer.close()


def _settings(bots: Bots, config: Path, tls: Path, port: int) -> Any:
    """The deployed settings, with the places of this machine."""
    for path in SETTINGS.glob("envoy*.yaml"):
        text = path.read_text().replace("/tls/", f"{tls}/").replace("path: /tls", f"path: {tls}")
        (config / path.name).write_text(text.replace("/config/", f"{config}/"))
    settings = yaml.safe_load((config / "envoy.yaml").read_text())
    resources = settings["static_resources"]
    resources["listeners"][0]["address"]["socket_address"] = {
        "address": "127.0.0.1",
        "port_value": port,
    }
    (endpoints,) = resources["clusters"][0]["load_assignment"]["endpoints"]
    (bot,) = endpoints["lb_endpoints"]
    assert bot["endpoint"]["address"]["socket_address"] == {"address": "bot", "port_value": 7105}
    endpoints["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": each, "port_value": bots.port}}}}
        for each in bots.addresses
    ]
    return settings


@asynccontextmanager
async def balancer(bots: Bots, folder: Path, mount: Mount) -> AsyncIterator[str]:
    """Run the proxy before the bots; gives its address."""
    config, port = folder / "config", free_port()
    config.mkdir()
    settings = _settings(bots, config, mount.folder, port)
    (config / "envoy.yaml").write_text(yaml.safe_dump(settings))
    with (folder / "envoy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("envoy"),
            *("--config-path", config / "envoy.yaml", "--log-level", "warning"),
            *("--concurrency", "1", "--use-dynamic-base-id"),
            stdout=log,
            stderr=log,
            env=os.environ | {"TMPDIR": str(folder)},
        )
        try:
            await _listens(port, process, folder / "envoy.log")
            yield f"https://127.0.0.1:{port}"
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _listens(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            if process.returncode is not None:
                raise RuntimeError(await asyncio.to_thread(log.read_text))
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def caller(target: str, files: TlsFiles | None, ca: Path) -> httpx.AsyncClient:
    """A client with a certificate, or without."""
    context = ssl.create_default_context(cafile=ca)
    if files is not None:
        context.load_cert_chain(files.cert, files.key)
    return httpx.AsyncClient(base_url=target, verify=context, timeout=_PATIENCE_SECONDS)
