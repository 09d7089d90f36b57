"""The page behind a reset link: a form of two fields, without any script.

Opening it spends nothing, since messengers open links to show a preview; only sending the form
does. The secret stands in the address: no referrer, no cache, no log.
"""

import time
from collections.abc import Callable
from html import escape
from typing import Protocol
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from switchyard_gateway.domain.notices import spoken
from switchyard_gateway.entrypoints.http.limits import AddressLimit
from switchyard_gateway.entrypoints.http.reset_page import ResetPage
from switchyard_gateway.service.reset_pin import NewPin, ResetOutcome, SetNewPin, is_token

_TRIES_AT_ONCE = 10
_TRIES_PER_SECOND = 0.1
_LARGEST_FORM_BYTES = 1024
_STATUS = {
    ResetOutcome.DONE: 200,
    ResetOutcome.LINK_OVER: 410,
    ResetOutcome.UNAVAILABLE: 503,
}
_HEADERS = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
}


class RefusalCounter(Protocol):
    """Counts what an address sent too fast."""

    def rejected(self, reason: str) -> None:
        """Something was refused."""
        ...


class ResetEndpoint:
    """Shows the form and takes it."""

    def __init__(
        self,
        set_new_pin: SetNewPin,
        page: ResetPage,
        counter: RefusalCounter,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._set_new_pin = set_new_pin
        self._page = page
        self._counter = counter
        self._limit = AddressLimit(_TRIES_AT_ONCE, _TRIES_PER_SECOND, monotonic)

    def routes(self) -> list[Route]:
        """The page's address."""
        return [Route("/reset/{token}", self.serve, methods=["GET", "POST"])]

    async def serve(self, request: Request) -> Response:
        """The form, or what came of it."""
        language = _language(request)
        if request.method == "POST":
            return await self._take(request, language)
        outcome = None if is_token(request.path_params["token"]) else ResetOutcome.LINK_OVER
        return self._show(language, outcome)

    async def _take(self, request: Request, language: str) -> Response:
        if not _own(request):
            return Response(status_code=403)
        if not self._limit.take(request.client.host if request.client else ""):
            return self._too_fast(language)
        form = parse_qs((await _small_body(request)).decode("utf-8", "replace"))
        new = NewPin(
            request.path_params["token"], form.get("pin", [""])[0], form.get("again", [""])[0]
        )
        return self._show(language, await self._set_new_pin.execute(new))

    def _too_fast(self, language: str) -> Response:
        self._counter.rejected("rate_limited")
        shown = self._show(language, ResetOutcome.UNAVAILABLE, status=429)
        shown.headers["retry-after"] = str(round(1 / _TRIES_PER_SECOND))
        return shown

    def _show(
        self, language: str, outcome: ResetOutcome | None, status: int | None = None
    ) -> Response:
        code = 200 if outcome is None else _STATUS.get(outcome, 422)
        return HTMLResponse(
            self._page.render(language, outcome), status_code=status or code, headers=_HEADERS
        )


async def _small_body(request: Request) -> bytes:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > _LARGEST_FORM_BYTES:
            return b""  # no form of ours: two empty fields
    return bytes(received)


def _own(request: Request) -> bool:
    """Whether the form was sent from this page: browsers say so, and other sites cannot lie."""
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _language(request: Request) -> str:
    asked = request.query_params.get("language") or request.headers.get("accept-language", "")
    return spoken(escape(asked.split(",")[0]))
