"""The other sides of channels: an operator's system, and WeChat's servers."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from switchyard_gateway.domain.signatures import check

from tests.fakes.gateway.running import http


@dataclass
class Operator:
    """Takes deliveries; `statuses` are its next answers, then it takes everything."""

    secret: str
    url: str = ""
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    got: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0

    async def take(self, request: Request) -> Response:
        body = await request.body()
        check(self.secret, request.headers["x-switchyard-signature"], body, time.time(), 60)
        self.tries += 1
        if self.statuses:
            headers = {"retry-after": self.retry_after} if self.retry_after else {}
            return Response(status_code=self.statuses.pop(0), headers=headers)
        self.got.append(await request.json())
        return Response(status_code=204)

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.got]


@asynccontextmanager
async def operator(secret: str) -> AsyncIterator[Operator]:
    """An operator's system on a port; its `url` is set."""
    side = Operator(secret)
    async with http(Starlette(routes=[Route("/in", side.take, methods=["POST"])])) as origin:
        side.url = f"{origin}/in?from=switchyard"
        yield side


@dataclass
class WeChat:
    """The server interface. `codes` are the next return codes of messages, then 0.

    A token is good until `tokens` counts one more.
    """

    url: str = ""
    codes: list[int] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    tokens: int = 0
    pictures: dict[str, bytes] = field(default_factory=dict)

    async def token(self, request: Request) -> Response:
        wanted = await request.json()
        if wanted["secret"] != "the-app-secret":
            return JSONResponse({"errcode": 40125, "errmsg": "invalid appsecret"})
        self.tokens += 1
        return JSONResponse({"access_token": f"token-{self.tokens}", "expires_in": 7200})

    async def send(self, request: Request) -> Response:
        if request.query_params["access_token"] != f"token-{self.tokens}":
            return JSONResponse({"errcode": 42001, "errmsg": "access_token expired"})
        code = self.codes.pop(0) if self.codes else 0
        if code == 0:
            self.raw.append(await request.body())
            self.sent.append(await request.json())
        return JSONResponse({"errcode": code, "errmsg": "ok" if code == 0 else "no"})

    async def picture(self, request: Request) -> Response:
        content = self.pictures.get(request.query_params["media_id"])
        if content is None:
            return JSONResponse({"errcode": 40007, "errmsg": "invalid media_id"})
        return Response(content, media_type="image/jpeg")

    @property
    def texts(self) -> list[str]:
        return [each["text"]["content"] for each in self.sent]


@asynccontextmanager
async def wechat() -> AsyncIterator[WeChat]:
    """WeChat's server interface on a port; its `url` is set."""
    side = WeChat()
    routes = [
        Route("/cgi-bin/stable_token", side.token, methods=["POST"]),
        Route("/cgi-bin/message/custom/send", side.send, methods=["POST"]),
        Route("/cgi-bin/media/get", side.picture),
    ]
    async with http(Starlette(routes=routes)) as origin:
        side.url = origin
        yield side
