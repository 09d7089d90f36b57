"""HubSpot's CRM API v3: objects, search, associations; by the token of a private app.

Behaviour relied on, and where it is from (developers.hubspot.com/docs):

- errors have `category`, and for limits `policyName`, all optional: "Error handling", "API usage
  guidelines". A 429 without Retry-After says by its policy how long (as HubSpot's own client does,
  @hubspot/api-client RetryDecorator: a second, or ten)
- search: at most 5 filter groups, 200 rows a page, 10,000 rows in all, 5 requests a second for the
  whole account, and its index follows writes after moments: "Search the CRM". So keys are never
  searched for: reading by `idProperty` asks the database
- a property with `hasUniqueValue` refuses a second object with its value (VALIDATION_ERROR,
  CONFLICTING_UNIQUE_VALUE); creating takes associations with it, in one request: "Properties",
  "Associate records during creation"
- properties that an account does not have are left out of answers, without an error
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import Answer, JsonHttp, segment
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.service.connectors import ConnectorError, Invalid, NotFound, RateLimited

BATCH = 100
_OBJECTS = "crm/v3/objects"
_FOUND = frozenset((HTTPStatus.NOT_FOUND,))

type Document = dict[str, Any]
type Filter = Mapping[str, Any]


class SecondlyLimit(RateLimited):
    """Too many requests within a second: the limit of search."""

    def __init__(self, message: str, retry_after_seconds: float | None = 1.0) -> None:
        super().__init__(message, retry_after_seconds)


class TenSecondlyLimit(RateLimited):
    """Too many requests within ten seconds."""

    def __init__(self, message: str, retry_after_seconds: float | None = 10.0) -> None:
        super().__init__(message, retry_after_seconds)


class DailyLimit(RateLimited):
    """The day's allowance is spent; it comes back at midnight of the account's time zone."""

    def __init__(self, message: str, retry_after_seconds: float | None = 3600.0) -> None:
        super().__init__(message, retry_after_seconds)


_MEANINGS: Mapping[str, type[ConnectorError]] = {
    "SECONDLY": SecondlyLimit,
    "TEN_SECONDLY_ROLLING": TenSecondlyLimit,
    "DAILY": DailyLimit,
}


class HubspotApi:
    """Calls one account."""

    def __init__(self, http: JsonHttp, token: str, key_property: str, clock: Clock) -> None:
        """`key_property` is the unique property that holds the keys of our writes."""
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}
        self._key_property = key_property
        self._clock = clock
        self._now: datetime | None = None
        http.error_code = _error_code
        http.meanings = _MEANINGS

    @property
    def now(self) -> datetime:
        """HubSpot's time as it last told it, ours if it never did."""
        return self._now or self._clock.now()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """One call. Raises ConnectorError."""
        answer = await self._http.call(
            method, path, params=params or {}, body=body, headers=self._headers, accept=accept
        )
        self._now = http_date(answer.headers.get("date", "")) or self._clock.now()
        return answer

    async def read(
        self, kind: str, object_id: str, properties: Iterable[str], *links: str
    ) -> Document:
        """One object that is not archived, with the ids of what `links` name. NotFound."""
        params = {"properties": ",".join(sorted(properties)), "associations": ",".join(links)}
        answer = await self.call(
            "GET",
            f"{_OBJECTS}/{kind}/{segment(object_id)}",
            params={name: text for name, text in params.items() if text},
        )
        return _document(answer.body)

    async def read_all(
        self, kind: str, ids: Sequence[str], properties: Iterable[str]
    ) -> list[Document]:
        """Objects by their ids, archived ones left out, in any order."""
        found: list[Document] = []
        for start in range(0, len(ids), BATCH):
            inputs = [{"id": one} for one in ids[start : start + BATCH]]
            body = {"inputs": inputs, "properties": sorted(properties)}
            answer = await self.call("POST", f"{_OBJECTS}/{kind}/batch/read", body)
            found += _results(answer.body)
        return found

    async def search(
        self,
        kind: str,
        groups: Sequence[Sequence[Filter]],
        properties: Iterable[str],
        limit: int,
        sort: str,
    ) -> list[Document]:
        """Objects that all filters of one group fit, first by `sort`, from the search index."""
        body = {
            "filterGroups": [{"filters": list(filters)} for filters in groups],
            "properties": sorted(properties),
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "limit": limit,
        }
        return _results((await self.call("POST", f"{_OBJECTS}/{kind}/search", body)).body)

    async def with_key(self, kind: str, key: str) -> str:
        """The id of the object with a key, empty if there is none."""
        answer = await self.call(
            "GET",
            f"{_OBJECTS}/{kind}/{unique_value(key)}",
            params={"idProperty": self._key_property},
            accept=_FOUND,
        )
        missing = answer.status == HTTPStatus.NOT_FOUND
        return "" if missing else str(_document(answer.body)["id"])

    async def create_once(
        self,
        kind: str,
        key: str,
        properties: Mapping[str, Any],
        links: Sequence[tuple[str, int]],
    ) -> str:
        """The id of the one object with this key; `links` are ids and HubSpot's types of links.

        What exists stays as it is. The links are made with the object, in one request.
        """
        known = await self.with_key(kind, key)
        if known:
            return known
        body = {
            "properties": {**properties, self._key_property: unique_value(key)},
            "associations": [
                {
                    "to": {"id": other},
                    "types": [
                        {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": link}
                    ],
                }
                for other, link in links
            ],
        }
        try:
            answer = await self.call("POST", f"{_OBJECTS}/{kind}", body)
        except Invalid:
            # Somebody else with the same key may have been faster; otherwise it is the content.
            known = await self.with_key(kind, key)
            if not known:
                raise
            return known
        return str(_document(answer.body)["id"])

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()


def unique_value(key: str) -> str:
    """A key as the value of a unique property, which ignores case and has few characters."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def object_id(text: str) -> str:
    """An id as HubSpot has it. Raises NotFound for what cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) > 0):
        raise NotFound("not an id of HubSpot")
    return text


def linked_ids(document: Document, kind: str) -> list[str]:
    """The ids of linked objects, each once, newest first as far as ids tell."""
    links = (document.get("associations") or {}).get(kind) or {}
    try:
        ids = {str(one["id"]) for one in links.get("results", ())}
    except (LookupError, TypeError, AttributeError):
        raise Invalid("answered links without ids") from None
    return sorted(ids, key=lambda one: (len(one), one), reverse=True)


def _document(body: Any) -> Document:
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise Invalid("answered no object")
    if not isinstance(body.get("id"), str):
        raise Invalid("answered an object without an id")
    return body


def _results(body: Any) -> list[Document]:
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        raise Invalid("answered no list of objects")
    return [_document(one) for one in results]


def _error_code(body: Any) -> str:
    code = body.get("policyName") or body.get("category")
    return code if isinstance(code, str) else ""
