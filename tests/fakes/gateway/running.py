"""A real gateway on free ports, a scripted bot over HTTP, and pages that use it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, override
from urllib.request import urlopen

import orjson
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp
from switchyard.conversation.v1.conversation_service_pb2_grpc import ConversationServiceStub
from switchyard_common.clock import Clock, SystemClock
from switchyard_common.grpc_channel import open_channel
from switchyard_common.lifecycle import Lifecycle
from switchyard_gateway.main import Ports, running
from switchyard_gateway.settings import GatewaySettings
from websockets.asyncio.client import ClientConnection, connect

from tests.fakes.gateway.bot import ScriptedBot, channel
from tests.fakes.gateway.contact_service import FakeContactService, serving
from tests.fakes.gateway.router import FakeRouter

PATIENCE_SECONDS = 120.0
NOBODY = "127.0.0.1:1"


class Page:
    """A chat page without a browser: sends frames, keeps what it gets."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self._numbers = 0

    async def send(self, **frame: Any) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def says(self, text: str, message_id: str = "") -> str:
        self._numbers += 1
        message_id = message_id or f"m{id(self)}-{self._numbers}"
        await self.send(type="message", id=message_id, text=text)
        return message_id

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            frame: dict[str, Any] = orjson.loads(await self.socket.recv())
        self.received.append(frame)
        return frame

    async def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame from now on that fits."""
        while not fits(frame := await self.next()):
            continue
        return frame

    async def hears(self, part: str, role: str = "") -> dict[str, Any]:
        """The next message that holds a text or has it as its notice."""
        return await self.until(
            lambda f: (
                f["type"] == "message"
                and (part in f["text"] or part == f["notice"])
                and role in ("", f["role"])
            )
        )

    def texts(self, role: str) -> list[str]:
        """What somebody has said so far."""
        return [f["text"] for f in self.received if f["type"] == "message" and f["role"] == role]

    async def state(self, state: str) -> dict[str, Any]:
        return await self.until(lambda f: f["type"] == "state" and f["state"] == state)

    async def error(self, code: str) -> dict[str, Any]:
        return await self.until(lambda f: f["type"] == "error" and f["code"] == code)


class NoTime(SystemClock):
    """A clock on which nothing that is counted per second ever recovers."""

    @override
    def monotonic(self) -> float:
        return 0.0


@dataclass
class RunningGateway:
    """A gateway and what is around it."""

    ports: Ports
    bot: ScriptedBot
    router: FakeRouter
    service: FakeContactService
    stub: Any = None
    channel: Any = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.ports.http}"

    @asynccontextmanager
    async def socket(self, origin: str | None = "") -> AsyncIterator[ClientConnection]:
        """A websocket that has said nothing yet."""
        url = f"ws://127.0.0.1:{self.ports.http}/ws/chat"
        own = self.origin if origin == "" else origin
        async with connect(url, origin=own, proxy=None, max_size=None) as socket:  # type: ignore[arg-type]
            yield socket

    @asynccontextmanager
    async def page(
        self, language: str = "en", resume: "OpenPage | None" = None, last_id: str = ""
    ) -> AsyncIterator["OpenPage"]:
        """A page that has said hello; `resume` goes on with another page's conversation."""
        async with self.socket() as socket:
            page = OpenPage(socket)
            hello = {"type": "hello", "language": language, "last_id": last_id}
            if resume is not None:
                hello |= {"conversation": resume.conversation, "token": resume.token}
            await page.send(**hello)
            page.welcome = await page.until(lambda f: f["type"] == "welcome")
            page.conversation = page.welcome["conversation"]
            page.token = page.welcome["token"] or (resume.token if resume else "")
            yield page

    def metrics(self) -> dict[str, float]:
        """Samples by name and labels, as a scraper sees them."""
        with urlopen(f"http://127.0.0.1:{self.ports.metrics}/metrics") as response:
            lines = response.read().decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in samples}


class OpenPage(Page):
    """A page with a conversation."""

    conversation: str = ""
    token: str = ""
    welcome: dict[str, Any]

    @property
    def name(self) -> str:
        return f"tenants/demo/conversations/{self.conversation}"


@asynccontextmanager
async def http(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """An app on a port; its URL."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        server = _Quiet(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


def settings(redis_url: str, bot_url: str, router: str, **changes: Any) -> GatewaySettings:
    """Settings for tests: free ports and short times."""
    values: dict[str, Any] = {
        "port": 0,
        "grpc_port": 0,
        "metrics_port": 0,
        "redis_url": SecretStr(redis_url),
        "bot_url": bot_url,
        "bot_deadline_seconds": PATIENCE_SECONDS,
        "wechat_answer_seconds": 60.0,
        "router_target": router,
        "router_timeout_seconds": 400.0,
        "crm_timeout_seconds": 60.0,
        "queues": {"order_status": "orders"},
        "drain_seconds": 1.0,
        "message_burst": 100,
        "greets": False,
        "bot_patience_seconds": 2.0,
    }
    return GatewaySettings(**{**values, **changes})


@asynccontextmanager
async def gateway(
    redis_url: str, clock: Clock | None = None, **changes: Any
) -> AsyncIterator[RunningGateway]:
    """A gateway with a scripted bot and a fake router service, for the length of the block.

    `clock`: another than the machine's, for instance one on which no limit recovers.
    """
    bot, router = ScriptedBot(), FakeRouter()
    service = FakeContactService(router)
    async with AsyncExitStack() as stack:
        bot_url = await stack.enter_async_context(http(channel(bot)))
        port = await stack.enter_async_context(serving(service))
        wanted = settings(redis_url, bot_url, f"127.0.0.1:{port}", **changes)
        lifecycle = Lifecycle()
        stack.push_async_callback(lifecycle.end_all)
        ports = await stack.enter_async_context(running(lifecycle, wanted, clock))
        chan = await stack.enter_async_context(open_channel(f"127.0.0.1:{ports.grpc}"))
        yield RunningGateway(ports, bot, router, service, ConversationServiceStub(chan), chan)
        assert not lifecycle.failed


async def eventually(check: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not check():
            await asyncio.sleep(0.01)
