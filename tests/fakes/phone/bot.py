"""A bot over HTTP that answers from a list and keeps what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_common.http_server import HttpServer
from switchyard_common.lifecycle import Lifecycle
from switchyard_common.settings import ServiceSettings

ORDER = "The order has been delivered."
ONE_MOMENT = "One moment."


@dataclass
class KeyedBot:
    """Tells the state of an order, and hands over whoever asks for a person in words.

    The next `away` requests are answered with 503, as by a bot that restarts; nobody is answered
    before it is let `go`. `steps`: where an intent leads to, such as `ask.pin`.
    """

    away: int = 0
    steps: dict[str, str] = field(default_factory=dict)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.go.set()

    async def message(self, request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        await self.go.wait()
        if self.away:
            self.away -= 1
            return JSONResponse({"error": "unavailable"}, 503)
        self.asked.append(body)
        language = body["metadata"]["language"]
        step = self.steps.get(body.get("keys", {}).get("intent", ""), "done")
        turn = {"intent": "order_status", "language": language, "step": step, "outcome": "done"}
        messages: list[dict[str, Any]] = [{"text": ORDER}]
        if "message" in body:
            notice: dict[str, Any] = {"type": "handover", "reason": "asked"}
            notice |= {"intent": "order_status"}
            notice |= {"summary": "Asked about an order.", "slots": {"order_number": "SY1"}}
            messages = [{"text": ONE_MOMENT}, {"custom": {"switchyard": notice}}]
        return JSONResponse({"messages": messages, "turn": turn})

    @property
    def keyed(self) -> list[dict[str, Any]]:
        """What keys told it."""
        return [body["keys"] for body in self.asked if "keys" in body]


@asynccontextmanager
async def serving_bot(bot: KeyedBot) -> AsyncIterator[str]:
    """Its address, for the length of the block."""
    app = Starlette(routes=[Route("/webhooks/switchyard/message", bot.message, methods=["POST"])])
    lifecycle = Lifecycle()
    settings = ServiceSettings(port=0, metrics_port=0, drain_seconds=1.0)
    async with HttpServer(app, settings, lifecycle) as server:
        yield f"http://127.0.0.1:{server.port}"
        bot.go.set()
        lifecycle.stop("the test is over")
