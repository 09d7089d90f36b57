"""Calls of the connector `rest`: who asks, what the answer means, how more of it is asked for."""

import base64
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import Answer, JsonHttp
from switchyard_crm.adapters.connectors.paths import JsonPath, scalar
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.adapters.connectors.rest_options import (
    Auth,
    Envelope,
    Listing,
    Paging,
    Rendered,
    Request,
)
from switchyard_crm.adapters.connectors.rest_templates import Values
from switchyard_crm.service.connectors import (
    ConnectorError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

MAX_PAGES = 50
_MAX_TOKEN_CHARS = 2000
_NEXT = re.compile(r'<([^>]*)>\s*;(?:[^,<]*;)?\s*rel\s*=\s*"?(?:[^"<,]*\s)?next\b', re.I)


class RestApi:
    """One CRM's API."""

    def __init__(
        self,
        http: JsonHttp,
        clock: Clock,
        auth: Auth,
        envelope: Envelope | None,
        secrets: Mapping[str, str],
    ) -> None:
        """Raises KeyError without the secrets that `auth` needs."""
        self._http = http
        self._clock = clock
        self._envelope = envelope
        self._headers = _auth_headers(auth, secrets)
        self.skew: timedelta | None = None  # of the CRM's clock against ours, once it answered

    async def answer(self, request: Request, values: Values) -> Answer:
        """The answer to one call. Raises what the status, or the envelope, means."""
        return await self._sent(request.rendered(values))

    async def things(self, request: Request, values: Values) -> list[Any]:
        """What one call answers."""
        return listed(request.list, (await self.answer(request, values)).body)

    async def thing(self, request: Request, values: Values) -> Any:
        """The one thing that a call answers. Raises NotFound if there is none."""
        found = await self.things(request, values)
        if not found:
            raise NotFound("answered nothing")
        return found[0]

    async def page(self, request: Listing, values: Values, token: str) -> tuple[list[Any], str]:
        """One page and the token of the next one, empty on the last; empty asks for the first."""
        rendered = request.rendered(values)
        paging = request.paging
        if paging is not None:
            asked = _asked(paging, token)
            if paging.kind == "link":
                # A cursor may come from far away: what the operation itself asks stays as it is.
                asked = {name: asked[name] for name in asked.keys() - rendered.query.keys()}
            rendered.query.update(asked)
        answer = await self._sent(rendered)
        found = listed(request.list, answer.body)
        following = _following(paging, token, found, answer) if paging is not None else ""
        if following and following == token:
            raise Invalid("answered the same page again; see operations' paging")
        return found, following

    async def pages(self, request: Listing, values: Values) -> AsyncIterator[Sequence[Any]]:
        """Page after page. Raises Invalid when there are too many."""
        token = ""
        for _ in range(MAX_PAGES):
            found, token = await self.page(request, values, token)
            yield found
            if not token:
                return
        raise Invalid(f"answered more than {MAX_PAGES} pages")

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()

    async def _sent(self, rendered: Rendered) -> Answer:
        answer = await self._http.call(
            rendered.method,
            rendered.path,
            params=rendered.query,
            body=rendered.body,
            form=rendered.form,
            headers={**self._headers, **rendered.headers},
        )
        told = http_date(answer.headers.get("date", ""))
        if told is not None:
            self.skew = told - self._clock.now()
        if self._envelope is not None:
            _open_envelope(self._envelope, answer.body)
        return answer

    def now(self) -> datetime:
        """The CRM's time, as far as it told it."""
        return self._clock.now() + (self.skew or timedelta())


def listed(path: JsonPath | None, body: Any) -> list[Any]:
    """The things in an answer: the answer itself, or what `path` leads to. Raises Invalid."""
    if path is None:
        if isinstance(body, list):
            return body
        return [] if body is None else [body]
    found = path.all(body)
    if not found and "[" not in path.text:
        raise Invalid(f"answered something without {path.text}")
    things: list[Any] = []
    for value in found:
        if isinstance(value, list):
            things += value
        elif value is not None:
            things.append(value)
    return things


def _auth_headers(auth: Auth, secrets: Mapping[str, str]) -> dict[str, str]:
    match auth.kind:
        case "basic":
            pair = f"{secrets['user']}:{secrets['password']}".encode()
            return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        case "bearer":
            return {"authorization": f"Bearer {secrets['token']}"}
        case "header":
            return {auth.header: secrets["key"]}
        case _:
            return {}


def _open_envelope(envelope: Envelope, body: Any) -> None:
    found = [scalar(value) for value in envelope.path.all(body)]
    if not found:
        raise Invalid(f"answered something without {envelope.path.text}")
    code = found[0]
    if code in envelope.ok:
        return
    meanings: tuple[tuple[tuple[str, ...], type[ConnectorError]], ...] = (
        (envelope.not_found, NotFound),
        (envelope.unauthorized, Unauthorized),
        (envelope.rate_limited, RateLimited),
        (envelope.unavailable, Unavailable),
    )
    meaning = next((error for codes, error in meanings if code in codes), Invalid)
    # Only a code that the operator wrote down is told: an unknown one may be a message.
    told = code if meaning is not Invalid else "something that the envelope does not name"
    raise meaning(f"answered {told} at {envelope.path.text}")


def _asked(paging: Paging, token: str) -> dict[str, list[str]]:
    """The parameters that ask for a page. Raises Invalid for a token that is none."""
    if len(token) > _MAX_TOKEN_CHARS:
        raise Invalid("the cursor cannot be read; start without one")
    if paging.kind == "link":
        return parse_qs(token, keep_blank_values=True)
    if paging.kind == "page":
        number = token or str(paging.first)
        if not (number.isascii() and number.isdigit()):
            raise Invalid("the cursor cannot be read; start without one")
        return {paging.param: [number]}
    return {paging.param: [token]} if token else {}


def _following(paging: Paging, token: str, found: Sequence[Any], answer: Answer) -> str:
    if paging.kind == "page":
        return str(int(token or paging.first) + paging.step) if found else ""
    if paging.kind == "cursor":
        values = paging.path.all(answer.body) if paging.path is not None else []
        return scalar(values[0]) if values else ""
    match = _NEXT.search(answer.headers.get("link", ""))
    # Only its parameters count: an address from outside gets no credentials.
    return urlsplit(match[1]).query if match is not None else ""
