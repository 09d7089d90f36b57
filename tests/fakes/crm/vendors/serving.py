"""An HTTP API of a vendor on loopback, in this event loop."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, override

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from switchyard_common.clock import Clock
from switchyard_common.listener import listen


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. `path` is as it was sent, still quoted."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content) if self.content else None


@dataclass(frozen=True)
class Reply:
    """An answer in JSON; None is no content."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Vendor(ABC):
    """A vendor's server: its state is in the subclass, what arrived is here."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[Asked] = []

    @abstractmethod
    def answer(self, asked: Asked) -> Reply:
        """What the vendor answers; its state changes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = Asked(
            request.method,
            scope["raw_path"].decode(),
            dict(request.query_params),
            dict(request.headers),
            await request.body(),
        )
        self.asked.append(asked)
        reply = self.answer(asked)
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = {"date": format_datetime(self.clock.now(), usegmt=True), **reply.headers}
        await Response(content, reply.status, headers, "application/json")(scope, receive, send)


class _Server(uvicorn.Server):
    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield  # the test's process has handlers already


@asynccontextmanager
async def serving(vendor: Vendor) -> AsyncIterator[int]:
    """The port of a vendor's server on 127.0.0.1, a free one."""
    listener = listen("127.0.0.1", 0, "port")
    server = _Server(
        uvicorn.Config(
            vendor,
            log_config=None,
            log_level="critical",  # addresses of requests hold what was searched for
            lifespan="off",
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await task
