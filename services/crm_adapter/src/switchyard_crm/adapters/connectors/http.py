"""HTTP with a CRM: bounded in time, connections and answers; failures as the port names them.

Nothing personal gets into logs or error texts: they hold a method, a status and the CRM's error
code, never an address, a parameter or a body.
"""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import quote

import httpx
from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.exchanges import Exchanges
from switchyard_crm.adapters.connectors.refusals import refusal
from switchyard_crm.adapters.connectors.sockets import ClosingTransport
from switchyard_crm.service.connectors import ConnectorError, Invalid, Unavailable

MAX_ANSWER_BYTES = 8 * 1024 * 1024
_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_CHATTY = ("httpx", "httpcore", "hpack")  # they log addresses with their parameters
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds on one connector's HTTP: seconds for a whole call, connections, bytes of an answer."""

    timeout_seconds: float = 10.0
    connections: int = 8
    answer_bytes: int = MAX_ANSWER_BYTES


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers (names in lower case) and the JSON (None: no content)."""

    status: int
    headers: Mapping[str, str]
    body: Any = field(repr=False)


type Headers = Callable[[], Awaitable[Mapping[str, str]]]
"""Headers of every call, for instance Authorization; awaited anew for each call."""

type ErrorCode = Callable[[Any], str]
"""The CRM's error code (never its message, which may quote data) out of an error's body."""


def no_code(_: Any) -> str:
    """For CRMs without error codes."""
    return ""


class JsonHttp:
    """Calls one CRM's HTTP API.

    `headers`, `error_code` and `meanings` may be set by the connector after construction, once.
    `meanings` are error codes that mean something else than their status.
    """

    def __init__(
        self,
        base_url: str,
        limits: HttpLimits,
        clock: Clock,
        *,
        ca_file: Path | None = None,
        headers: Headers | None = None,
        error_code: ErrorCode = no_code,
    ) -> None:
        """`ca_file`: PEM of the authorities that vouch for the CRM, instead of the usual ones."""
        quieten()
        self._limits = limits
        self._clock = clock
        self.headers = headers
        self.error_code = error_code
        self.meanings: Mapping[str, type[ConnectorError]] = {}
        self._client = httpx.AsyncClient(
            base_url=base_url,
            transport=ClosingTransport(tls_context(ca_file), limits.connections),
            timeout=limits.timeout_seconds,
            follow_redirects=False,  # they would carry credentials and personal data elsewhere
            # Calls are independent of each other; who may do what is said by `headers` alone.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,  # no proxy or .netrc of whoever started the process
            # A packed answer may unpack to any size.
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )
        self._exchanges = Exchanges(self._client, limits.connections)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] = _NOTHING,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = _NOTHING,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """One call. `path` is relative to the base address; put ids into it with `segment`.

        `body` is sent as JSON, `form` as a form. A status in `accept` is an answer, not an error.
        Raises Unauthorized, NotFound, RateLimited, Invalid, Unavailable. Cancelled, it closes its
        connection.
        """
        try:
            async with asyncio.timeout(self._limits.timeout_seconds):
                own = await self.headers() if self.headers is not None else {}
                request = self._request(method, path, params, body, form, {**own, **headers})
                status, answered, content = await self._exchange(request)
        except TimeoutError:
            raise Unavailable(f"{method}: no answer in time") from None
        return self._judge(method, status, answered, content, accept)

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any],
        body: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> httpx.Request:
        try:
            return self._client.build_request(
                method,
                path,
                params=dict(params) or None,
                json=body,
                data=dict(form) if form is not None else None,
                headers=headers,
            )
        except (httpx.InvalidURL, ValueError, TypeError):
            # Without a cause: its text quotes what could not be sent.
            raise Invalid(f"{method}: holds something that cannot be sent") from None

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        try:
            response, content = await self._exchanges.fetch(request, self._content)
        except httpx.HTTPError as error:
            _unreachable(request.method, error)
        return response.status_code, response.headers, content

    async def _content(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Invalid("answered packed content, which was not asked for")
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > self._limits.answer_bytes:
                raise Invalid(f"answered more than {self._limits.answer_bytes} bytes")
        return bytes(content)

    def _judge(
        self,
        method: str,
        status: int,
        headers: httpx.Headers,
        content: bytes,
        accept: frozenset[int],
    ) -> Answer:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status in accept:
            lowered = {name.lower(): value for name, value in headers.items()}
            return Answer(status, MappingProxyType(lowered), read_json(content, method))
        code = self._code(content)
        meaning = self.meanings.get(code)
        if meaning is not None:
            raise meaning(f"{method}: answered {status} ({code})")
        error = refusal(status, headers, self._clock.now(), code)
        error.args = (f"{method}: {error.args[0]}",)
        raise error

    def _code(self, content: bytes) -> str:
        try:
            code = self.error_code(read_json(content, ""))
        except (Invalid, LookupError, TypeError, AttributeError):
            return ""  # an error page of a proxy: the status says enough
        return code if isinstance(code, str) and _CODE.fullmatch(code) else ""

    async def close(self) -> None:
        """Give back all connections."""
        await self._exchanges.close()
        await self._client.aclose()


def segment(text: str) -> str:
    """One segment of a path: whatever an id holds, it leads nowhere else. Invalid for `.`, `..`."""
    if text in ("", ".", ".."):
        raise Invalid("an id that cannot stand in an address")
    return quote(text, safe="")


def read_json(content: bytes, method: str) -> Any:
    """The JSON of an answer, None if it is empty. Raises Invalid."""
    if not content.strip():
        return None
    try:
        told = json.loads(content, parse_constant=_no_constant)
        return _storable(told) if _UNSTORABLE.search(content) else told
    except (ValueError, RecursionError):
        raise Invalid(f"{method}: answered something that is not JSON") from None


def _storable(told: Any) -> Any:
    """Without NULs and halves of characters: JSON can escape them, no store keeps them."""
    if isinstance(told, str):
        return told.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(told, list):
        return [_storable(each) for each in told]
    if isinstance(told, dict):
        return {_storable(name): _storable(each) for name, each in told.items()}
    return told


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies the server's certificate and name, against `ca_file` or the system's authorities."""
    return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))


def quieten() -> None:
    """Keep the HTTP libraries from logging addresses, which hold what was searched for."""
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def _unreachable(method: str, error: httpx.HTTPError) -> NoReturn:
    # Without a cause: it holds the request. Its type tells what happened.
    kind = type(error).__name__
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        raise Invalid(f"{method}: cannot be sent ({kind})") from None
    raise Unavailable(f"{method}: cannot be reached ({kind})") from None
