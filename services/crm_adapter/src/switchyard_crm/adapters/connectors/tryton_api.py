"""Tryton's REST interface (trytond 8, `user application` keys), as far as the connector uses it.

Behaviour relied on, from trytond's own documentation and its `protocols/rest.py`:

- `POST /{database}/rest/model/{model}/{method}` calls a method with the body's keyword arguments,
  so that what is searched for stands in the body and in no access log;
- `POST …/{model}` makes a record, `PUT …/{model}/{id}` changes one in one transaction,
  `DELETE …/{model}/{id}` removes one; a record that is not there is 404;
- moments and decimals are objects with `__class__`; moments are in UTC and have no zone;
- fields of related records come under the field's name with a dot behind it;
- `X-Tryton-Context` is JSON in URL-safe base64; `active_test: false` shows inactive records too.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import Answer, JsonHttp, segment
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.service.connectors import Invalid, NotFound

type Document = dict[str, Any]
type Domain = list[Any]
"""Tryton's notation of a condition: a list of lists."""

MAX_ID = 2**31 - 1
_EVERYTHING = base64.urlsafe_b64encode(json.dumps({"active_test": False}).encode()).decode()
_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


class TrytonApi:
    """One database of one server."""

    def __init__(self, http: JsonHttp, clock: Clock, database: str) -> None:
        self._http = http
        self._clock = clock
        self._base = f"{segment(database)}/rest/model/"

    async def search(
        self,
        model: str,
        domain: Domain,
        fields: frozenset[str] | Sequence[str],
        *,
        limit: int,
        order: Sequence[tuple[str, str]],
        inactive: bool = False,
    ) -> list[Document]:
        """Records that fit a condition, in this order. Raises ConnectorError."""
        answer = await self._post(
            f"{model}/search_read",
            {
                "domain": domain,
                "limit": limit,
                "order": [list(by) for by in order],
                "fields_names": sorted({"id", *fields}),
            },
            inactive,
        )
        return _documents(answer.body)

    async def create(self, model: str, values: Document) -> int:
        """Make a record; its id. Raises ConnectorError."""
        return _id((await self._post(model, values)).body)

    async def write(self, model: str, record: int, values: Document) -> None:
        """Change a record, active or not. Raises ConnectorError."""
        await self._http.call(
            "PUT", f"{self._base}{model}/{record}", body=values, headers=_context(True)
        )

    async def delete(self, model: str, record: int) -> None:
        """Remove a record; one that is not there is none. Raises ConnectorError."""
        try:
            await self._http.call("DELETE", f"{self._base}{model}/{record}")
        except NotFound:
            return

    async def time(self) -> datetime:
        """The server's time, by a call that needs credentials. Raises ConnectorError."""
        answer = await self._post(
            "party.party/search_read",
            {"domain": [["id", "=", -1]], "limit": 1, "fields_names": ["id"]},
        )
        _documents(answer.body)
        return http_date(answer.headers.get("date", "")) or self._clock.now()

    async def _post(self, path: str, body: Document, inactive: bool = False) -> Answer:
        try:
            return await self._http.call(
                "POST", self._base + path, body=body, headers=_context(inactive)
            )
        except NotFound:
            raise Invalid("POST: there is no such database; see options.database") from None


def moment(time: datetime) -> Document:
    """A moment as Tryton writes it."""
    utc = time.astimezone(UTC)
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(utc, part) for part in parts}}


def like(text: str) -> str:
    """A text for `like` and `ilike` in which no letter is a wildcard."""
    return text.translate(_LIKE)


def record_id(text: str) -> int:
    """A record's id out of a text. Raises NotFound for what cannot be one."""
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:11]) <= MAX_ID:
        raise NotFound("that is no id of a record")
    return int(text[:11])


def time_of(document: Document, field: str) -> datetime | None:
    """A moment in a document that `search` returned; None if there is none."""
    text = document.get(field)
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _context(inactive: bool) -> Mapping[str, str]:
    return {"X-Tryton-Context": _EVERYTHING} if inactive else {}


def _documents(body: Any) -> list[Document]:
    if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
        raise Invalid("POST: answered something else than records")
    return [_plain(one) for one in body]


def _id(body: Any) -> int:
    if not isinstance(body, dict) or not isinstance(body.get("id"), int):
        raise Invalid("POST: answered something else than a record")
    made: int = body["id"]
    return made


def _plain(value: Any) -> Any:
    """Without Tryton's classes and dots: moments and decimals as texts."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind is not None:
        return _text(kind, value)
    plain = {name: inner for name, inner in value.items() if not name.endswith(".")}
    related = {name[:-1]: inner for name, inner in value.items() if name.endswith(".")}
    return {name: _plain(inner) for name, inner in (plain | related).items()}


def _text(kind: str, value: Document) -> str:
    try:
        if kind == "Decimal":
            return str(value["decimal"])
        day = f"{value['year']:04}-{value['month']:02}-{value['day']:02}"
        if kind == "date":
            return day
        if kind == "datetime":
            clock = f"{value['hour']:02}:{value['minute']:02}:{value['second']:02}"
            return f"{day}T{clock}.{value['microsecond']:06}+00:00"
    except (LookupError, TypeError, ValueError):
        raise Invalid("POST: answered a value that cannot be read") from None
    return ""
