"""A CRM's or a channel's address in the settings reaches nothing inside."""

import asyncio
import socket
from typing import Any

import pytest
from switchyard_common.clock import SystemClock
from switchyard_common.destinations import ForbiddenDestination
from switchyard_common.http_post import HttpPost
from switchyard_crm.adapters.connectors.http import HttpLimits, JsonHttp
from switchyard_crm.service.connectors import Unavailable

pytestmark = pytest.mark.integration

METADATA = "http://169.254.169.254"


class Inside:
    """A server on this machine that counts who connects, and a name that leads to it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connections = 0
        loop = asyncio.get_running_loop()
        really = loop.getaddrinfo

        async def told(host: str, port: int, **options: Any) -> Any:
            if host != "crm.example":
                return await really(host, port, **options)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(loop, "getaddrinfo", told, raising=False)

    async def count(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


@pytest.mark.parametrize("url", [METADATA, "http://crm.example:{port}"])
async def test_a_connector_is_led_nowhere_inside(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    inside = Inside(monkeypatch)
    async with await asyncio.start_server(inside.count, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        http = JsonHttp(url.format(port=port), HttpLimits(60.0), SystemClock())
        with pytest.raises(Unavailable, match="cannot be reached"):
            await http.call("GET", "/latest/meta-data")
        await http.close()
    assert inside.connections == 0


@pytest.mark.parametrize("url", [METADATA, "http://crm.example:{port}"])
async def test_a_channel_is_led_nowhere_inside(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    inside = Inside(monkeypatch)
    async with await asyncio.start_server(inside.count, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with HttpPost(url.format(port=port), 60.0, 1) as post:
            with pytest.raises(ForbiddenDestination):
                await post.post("/hook", b"{}")
    assert inside.connections == 0
