"""The HTTP face as an ASGI app: every route calls its RPC in this process."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import grpc
import orjson
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp
from switchyard_common.errors import DomainError, ErrorKind
from switchyard_common.local_call import LocalContext, LocalServer
from switchyard_common.settings import is_loopback

from switchyard_router.entrypoints.http.contract import find_method
from switchyard_router.entrypoints.http.messages import make_request, read_body, read_query, to_json
from switchyard_router.entrypoints.http.problems import (
    Problem,
    problem_in,
    problem_of,
    respond,
)
from switchyard_router.entrypoints.http.routes import ROUTES, Route
from switchyard_router.entrypoints.http.streams import StreamResponse, Write

MOST_BODY_BYTES = 1024 * 1024
_BODY_SECONDS = 20.0
_PASSED_ON = ("authorization", "x-request-id")
URIS = "switchyard.uris"
"""Key of the connection's scope: the URI names in the client's certificate."""

type Answered = Callable[[int], None]


class Calls(Protocol):
    """Counts answers."""

    def answered(self, status: int) -> None:
        """HTTP answered."""
        ...


@dataclass(frozen=True, slots=True)
class Documents:
    """What the face says of itself."""

    openapi: Mapping[str, Any]
    pages: Mapping[str, str]
    """By language: en, zh."""


class HttpFace:
    """Converts, calls, converts. `tenant` is tenants/{tenant}.

    `open_to_anybody`: callers are not told apart, so nobody may reach it by a name that is not this
    machine's own (DNS rebinding). Requests from pages of other sites are refused always.
    """

    def __init__(
        self,
        server: LocalServer,
        tenant: str,
        documents: Documents,
        meter: Calls,
        *,
        open_to_anybody: bool,
    ) -> None:
        self._server = server
        self._tenant = tenant
        self._documents = documents
        self._meter = meter
        self._open = open_to_anybody

    def app(self) -> ASGIApp:
        """All routes."""
        documents = self._documents

        async def openapi(_: Request) -> Response:
            return JSONResponse(documents.openapi)

        async def page(request: Request) -> Response:
            return HTMLResponse(
                documents.pages[_language(request)],
                headers={
                    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"
                },
            )

        async def health(_: Request) -> Response:
            return JSONResponse({"status": "alive"})

        return Starlette(
            routes=[
                Path("/", page),
                Path("/openapi.json", openapi),
                Path("/healthz", health),
                *(
                    Path(route.path, partial(self._serve, route), methods=[route.verb])
                    for route in ROUTES
                ),
            ],
            exception_handlers={HTTPException: self._not_a_route},
        )

    async def _serve(self, route: Route, request: Request) -> Any:
        try:
            if request.method != route.verb:
                raise _http("METHOD", f"use {route.verb}")
            self._check_site(request)
            method = find_method(route)
            message = await self._read(route, GetMessageClass(method.input_type), request)
            context = partial(_context, request)
            if method.server_streaming:
                accept = request.headers.get("accept", "")
                return StreamResponse(
                    partial(self._stream, route, message, context), accept, self._meter.answered
                )
            response = await self._unary(route, message, context)
        except _TooLarge:
            response = respond(problem_of(_http("BODY_TOO_LARGE", _TOO_LARGE)), 413)
        except _NotJson:
            response = respond(problem_of(_http("CONTENT_TYPE", "send application/json")), 415)
        except DomainError as error:
            response = respond(problem_of(error), _STATUS.get(error.reason))
        self._meter.answered(response.status_code)
        return response

    async def _unary(
        self, route: Route, message: Message, context_of: Callable[[Write], LocalContext]
    ) -> Response:
        context = context_of(_nothing_to_write)
        try:
            answer = await self._server.call(route.full_method, message, context)
        except grpc.aio.AbortError:
            return respond(problem_in(context))
        body = orjson.dumps(to_json(answer))
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    async def _stream(
        self,
        route: Route,
        message: Message,
        context_of: Callable[[Write], LocalContext],
        write: Write,
    ) -> Problem | None:
        context = context_of(write)
        try:
            await self._server.call(route.full_method, message, context)
        except grpc.aio.AbortError:
            return problem_in(context)
        return None

    async def _read(self, route: Route, message: type[Message], request: Request) -> Message:
        if route.has_body:
            document = read_body(await _body(request))
            if request.query_params:
                names = ", ".join(request.query_params)[:200]
                raise _http("UNKNOWN_FIELD", f"give {names} in the body, not in the address")
        else:
            document = read_query(message, request.query_params.multi_items())
        return make_request(message, route, self._tenant, request.path_params, document)

    def _check_site(self, request: Request) -> None:
        """Refuse what a browser was made to send by somebody else's page."""
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise _http("ORIGIN", "pages of other sites may not call; call from a program")
        if self._open and not is_loopback(urlsplit(f"//{host}").hostname or ""):
            raise _http("HOST", "call by 127.0.0.1 or localhost, or give this router tokens or TLS")

    async def _not_a_route(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        known = status == 405
        reason, message = ("METHOD", "this path takes other methods") if known else (
            "ROUTE", "there is no such path; /openapi.json lists them"
        )  # fmt: skip
        self._meter.answered(status)
        response = respond(problem_of(_http(reason, message)), status)
        allow = getattr(error, "headers", None) or {}
        response.headers.update(allow)
        return response


class _TooLarge(Exception):
    pass


class _NotJson(Exception):
    pass


_TOO_LARGE = f"a body may hold {MOST_BODY_BYTES} bytes"
_STATUS = {"METHOD": 405}
_KINDS = {
    "METHOD": ErrorKind.UNIMPLEMENTED,
    "ROUTE": ErrorKind.NOT_FOUND,
    "ORIGIN": ErrorKind.PERMISSION,
    "HOST": ErrorKind.PERMISSION,
    "BODY_TOO_LARGE": ErrorKind.OUT_OF_RANGE,
}


def _http(reason: str, message: str) -> DomainError:
    kind = _KINDS.get(reason, ErrorKind.INVALID)
    return DomainError(kind=kind, reason=reason, message=message)


def _language(request: Request) -> str:
    """What the address asks for, as on the chat page, or else the browser."""
    asked = request.query_params.get("language") or request.query_params.get("lang")
    wanted = asked or request.headers.get("accept-language", "")
    return "zh" if wanted.lower().startswith("zh") else "en"


def _context(request: Request, write: Write) -> LocalContext:
    client = request.client
    return LocalContext(
        write,
        peer=f"{client.host}:{client.port}" if client else "",
        metadata=tuple(
            (name, request.headers[name]) for name in _PASSED_ON if name in request.headers
        ),
        uris=request.scope.get(URIS, ()),
    )


async def _nothing_to_write(message: Message) -> None:
    raise TypeError(f"a unary call wrote {message.DESCRIPTOR.name}")


async def _body(request: Request) -> bytes:
    """The body, up to its cap; _NotJson if it is declared as something else."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    raise _TooLarge
    except (ClientDisconnect, TimeoutError) as error:
        problem = f"the body must come whole, within {_BODY_SECONDS:.0f} s"
        raise _http("MALFORMED_REQUEST", problem) from error
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != "application/json":
        raise _NotJson
    return bytes(body)
