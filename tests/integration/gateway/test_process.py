"""The gateway as a process: how it starts, stops, and what it writes to its log."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from switchyard_common.embedded import EmbeddedValkey
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.main import running as run_gateway
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.fakes.gateway.bot import ScriptedBot, channel
from tests.fakes.gateway.contact_service import FakeContactService
from tests.fakes.gateway.router import FakeRouter
from tests.fakes.gateway.running import (
    NOBODY,
    OpenPage,
    RunningGateway,
    gateway,
    http,
    settings,
)
from tests.fakes.ports import free_port

pytestmark = pytest.mark.integration

START_SECONDS, STOP_SECONDS = 120.0, 120.0  # imports alone take seconds on a busy machine
SECRETS = ("my card number is 4111", "SY20480001", "c0002")


@asynccontextmanager
async def process(**environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m switchyard_gateway.main`, ended when the block is left."""
    inherited = {name: value for name, value in os.environ.items() if "GATEWAY_" not in name}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "switchyard_gateway.main",
        env=inherited | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


def environment(redis_url: str, bot_url: str, **changes: str) -> dict[str, str]:
    return {
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_GRPC_PORT": str(free_port()),
        "GATEWAY_METRICS_PORT": str(free_port()),
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_BOT_URL": bot_url,
        "GATEWAY_ROUTER_TARGET": NOBODY,
        **changes,
    }


async def ready(port: str) -> None:
    async with (
        asyncio.timeout(START_SECONDS),
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
    ):
        while True:
            try:
                answer = await client.get(f"http://127.0.0.1:{port}/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == httpx.codes.OK:
                return
            await asyncio.sleep(0.05)


async def last_words(child: asyncio.subprocess.Process) -> tuple[int, str]:
    output, _ = await asyncio.wait_for(child.communicate(), STOP_SECONDS)
    assert child.returncode is not None
    return child.returncode, output.decode()


async def test_stops_when_told_and_keeps_customers_words_out_of_its_log(redis_url: str) -> None:
    bot = ScriptedBot()
    async with http(channel(bot)) as bot_url:
        values = environment(redis_url, bot_url)
        async with process(**values) as child:
            port = values["GATEWAY_PORT"]
            await ready(port)
            url, origin = f"ws://127.0.0.1:{port}/ws/chat", f"http://127.0.0.1:{port}"
            async with connect(url, origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
                page = OpenPage(socket)
                await page.send(type="hello", language="en")
                token = (await page.next())["token"]
                await page.says(SECRETS[0])
                await page.hears("You said")
                await page.says("a person, please")  # hands over with slots and a customer
                await page.hears("router_down")
                child.send_signal(signal.SIGTERM)
                with pytest.raises(ConnectionClosed) as closed:
                    await page.hears("nothing more")
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1012, "a page knows by it to come back"
            code, output = await last_words(child)
    assert code == 0
    lines = [orjson.loads(line) for line in output.splitlines()]
    events = {line["event"] for line in lines}
    assert {"http_listening", "turn_ended", "contact_refused", "process_stopped"} <= events
    ended = next(line for line in lines if line["event"] == "turn_ended")
    assert ended["conversation"]
    assert ended["service"] == "gateway"
    for secret in (*SECRETS, token, "bringing in", "/ws/chat"):
        assert secret not in output


async def test_a_busy_port_is_a_clear_message(redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("GATEWAY_PORT", "GATEWAY_GRPC_PORT", "GATEWAY_METRICS_PORT"):
            values = environment(redis_url, "http://127.0.0.1:1", **{name: port})
            async with process(**values) as child:
                code, output = await last_words(child)
            assert code == 2
            assert name in output
            assert "Traceback" not in output


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"GATEWAY_BIND": "0.0.0.0"}, "GATEWAY_TLS_CERT"),
        ({"GATEWAY_QUEUES": "orders"}, "GATEWAY_QUEUES"),
        ({"GATEWAY_MESSAGE_BURST": "0"}, "GATEWAY_MESSAGE_BURST"),
    ],
)
async def test_bad_settings_are_named(changes: dict[str, str], named: str) -> None:
    values = environment("redis://127.0.0.1:1/0", "http://127.0.0.1:1", **changes)
    async with process(**values) as child:
        code, output = await last_words(child)
    assert code == 2
    assert named in output


async def test_without_a_store_it_is_alive_and_not_ready() -> None:
    bot = ScriptedBot()
    async with http(channel(bot)) as bot_url:
        wanted = settings("redis://127.0.0.1:1/0", bot_url, NOBODY)
        async with (
            run_gateway(Lifecycle(), wanted) as ports,
            httpx.AsyncClient(trust_env=False, timeout=60) as client,
        ):
            base = f"http://127.0.0.1:{ports.http}"
            assert (await client.get(f"{base}/healthz")).status_code == 200
            answer = await client.get(f"{base}/readyz")
            assert answer.status_code == 503
            assert answer.json() == {"ready": False, "store": False, "router": False}


def _is_error_or_says(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "error" or text in frame.get("text", "")


async def test_a_store_that_is_gone_for_a_while_loses_nothing(tmp_path: Path) -> None:
    bot = ScriptedBot()
    router = FakeRouter()
    async with EmbeddedValkey(data_dir=tmp_path, aof=True) as first:
        port, url = first.port, first.url
        async with http(channel(bot)) as bot_url:
            lifecycle = Lifecycle()
            wanted = settings(url, bot_url, NOBODY)
            async with run_gateway(lifecycle, wanted) as ports:
                running = RunningGateway(ports, bot, router, FakeContactService(router))
                async with running.page("zh") as page:
                    await page.says("one")
                    await page.hears("You said: one")
                    await first.__aexit__(None, None, None)
                    await page.says("two", "id-two")
                    told = await page.error("STATE_STORE_DOWN")
                    assert "重发" in told["text"]
                    async with EmbeddedValkey(port=port, data_dir=tmp_path, aof=True):
                        answer = told
                        while answer["type"] == "error":  # sent again, as the page does
                            await page.says("two", "id-two")
                            answer = await page.until(_is_error_or_says("You said: two"))
            assert not lifecycle.failed


async def test_pages_and_assets_are_served_as_the_browser_expects(redis_url: str) -> None:
    async with (
        gateway(redis_url) as running,
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
    ):
        page = await client.get(f"{running.origin}/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        widget = await client.get(f"{running.origin}/widget.js")
        assert widget.headers["content-type"] == "text/javascript; charset=utf-8"
        assert widget.headers["access-control-allow-origin"] == "*"
        tag = {"if-none-match": widget.headers["etag"]}
        again = await client.get(f"{running.origin}/widget.js", headers=tag)
        assert (again.status_code, again.content) == (304, b"")
        for path in ("/nothing", "/widget/../settings.py", "/static/widget.js", "/index.py"):
            assert (await client.get(f"{running.origin}{path}")).status_code == 404
        assert (await client.post(f"{running.origin}/")).status_code == 405


async def test_examples_come_from_the_file_when_it_is_there(redis_url: str, tmp_path: Path) -> None:
    file = tmp_path / "examples.json"
    async with (
        gateway(redis_url, examples_file=file) as running,
        httpx.AsyncClient(trust_env=False, timeout=60) as client,
    ):

        async def examples() -> list[str]:
            answer = await client.get(f"{running.origin}/demo.json")
            shown: list[str] = answer.json()["examples"]["en"]
            return shown

        assert await examples() == ["Where is my order?", "I would like to talk to a person"]
        file.write_text('{"examples": {"zh": ["一"], "en": ["one"]}, "more": 1}')
        assert await examples() == ["one"]
        file.write_text('{"examples": 7')
        assert len(await examples()) == 2
