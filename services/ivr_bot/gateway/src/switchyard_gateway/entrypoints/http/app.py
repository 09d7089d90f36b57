"""The gateway's HTTP face: page, widget, health, and the chat's websocket."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from switchyard_gateway.entrypoints.http.assets import asset_routes
from switchyard_gateway.entrypoints.http.chat import ChatSession, ChatUseCases
from switchyard_gateway.entrypoints.http.demo import DemoFile
from switchyard_gateway.entrypoints.http.headers import SecurityHeaders
from switchyard_gateway.entrypoints.http.limits import AddressLimit, Bucket
from switchyard_gateway.entrypoints.http.wire import POLICY_VIOLATION, SocketCounter, Wire

# A page sends a few frames a second when somebody types fast.
_FRAMES_AT_ONCE = 60
_FRAMES_PER_SECOND = 10.0


@dataclass(frozen=True, slots=True)
class OpeningLimit:
    """New chats that one address may open: so many at once, and so many a second in the long run.

    Many people may share one address.
    """

    at_once: int = 60
    per_second: float = 1.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the process can work, and what it can reach."""

    ready: bool
    parts: dict[str, bool]


class ChatEndpoint:
    """Accepts the websockets of pages from allowed origins."""

    def __init__(
        self,
        use_cases: ChatUseCases,
        counter: SocketCounter,
        origins: frozenset[str],
        limit: OpeningLimit,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._use_cases = use_cases
        self._counter = counter
        self._origins = origins
        self._monotonic = monotonic
        self._openings = AddressLimit(limit.at_once, limit.per_second, monotonic)
        self._log = structlog.stdlib.get_logger()

    async def serve(self, socket: WebSocket) -> None:
        """One connection to its end."""
        origin = socket.headers.get("origin", "")
        if origin not in self._origins:
            self._counter.rejected("origin")
            self._log.warning("websocket_from_foreign_origin", origin=origin[:200])
            await socket.close(POLICY_VIOLATION)  # before accepting: the browser sees a 403
            return
        await socket.accept()
        address = socket.client.host if socket.client else ""
        flood = Bucket(_FRAMES_AT_ONCE, _FRAMES_PER_SECOND, self._monotonic)
        session = ChatSession(
            Wire(socket, flood, self._counter),
            self._use_cases,
            self._counter,
            partial(self._openings.take, address),
        )
        try:
            await session.serve()
        except WebSocketDisconnect:
            return


def build_app(
    chat: ChatEndpoint,
    demo: DemoFile,
    readiness: Callable[[], Awaitable[Readiness]],
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """All routes."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        state = await readiness()
        body = {"ready": state.ready, **state.parts}
        return JSONResponse(body, status_code=200 if state.ready else 503)

    def demo_texts(_: Request) -> Response:  # reads a file, so it runs in a thread
        return JSONResponse(demo.read().model_dump(), headers={"cache-control": "no-store"})

    return Starlette(
        routes=[
            *asset_routes(),
            Route("/demo.json", demo_texts),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            WebSocketRoute("/ws/chat", chat.serve),
            *more,
        ],
        middleware=[Middleware(SecurityHeaders)],
    )
