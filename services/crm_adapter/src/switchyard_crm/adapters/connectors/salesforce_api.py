"""Salesforce's REST API: queries, describe, composite, upsert by external id.

Behaviour relied on, and where it is from (developer.salesforce.com/docs/platform/api-rest):

- errors are a list of `errorCode` and `message`: "Status Codes and Error Responses". 403
  REQUEST_LIMIT_EXCEEDED is a limit, not a lack of rights
- upsert by PATCH .../sobjects/Case/Key__c/value makes a record or updates the one there is: "Insert
  or Update (Upsert) a Record Using an External ID". Two at once may answer DUPLICATE_VALUE, for a
  unique field (salesforce.stackexchange.com/q/197382); the record is there then
- composite: up to 25 requests in one, all or none; 200 with a status for each
- a query answers up to 2000 rows and a locator; address and headers have 16384 bytes together
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import Answer, JsonHttp, segment
from switchyard_crm.adapters.connectors.refusals import http_date, refusal
from switchyard_crm.adapters.connectors.salesforce_tokens import Tokens
from switchyard_crm.service.connectors import (
    ConnectorError,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

type Row = dict[str, Any]


class SessionEnded(Unauthorized):
    """The token is too old."""


class AlreadyThere(Invalid):
    """Somebody else made a record with the same external id at the same moment."""


_MEANINGS: Mapping[str, type[ConnectorError]] = {
    "INVALID_SESSION_ID": SessionEnded,
    "REQUEST_LIMIT_EXCEEDED": RateLimited,
    "DUPLICATE_VALUE": AlreadyThere,
    "UNABLE_TO_LOCK_ROW": Unavailable,
    "QUERY_TIMEOUT": Unavailable,
    "SERVER_UNAVAILABLE": Unavailable,
    "ENTITY_IS_DELETED": NotFound,
    "INVALID_CROSS_REFERENCE_KEY": NotFound,
}


@dataclass(frozen=True, slots=True)
class Described:
    """What an object has: fields that this user sees, external ids, parents, children."""

    fields: frozenset[str]
    external_ids: frozenset[str]
    parents: frozenset[str]
    children: frozenset[str]

    def has(self, path: str) -> bool:
        """Whether a field, or a field of a parent, can be asked for."""
        first, _, rest = path.partition(".")
        return first in (self.parents if rest else self.fields)


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a composite one; `path` is relative to the version's address."""

    method: str
    path: str
    body: Any = None


class SalesforceApi:
    """Calls one org."""

    def __init__(self, http: JsonHttp, tokens: Tokens, version: str, clock: Clock) -> None:
        self._http = http
        self._tokens = tokens
        self._base = f"services/data/v{version}/"
        self._clock = clock
        self._described: dict[str, Described] = {}
        self._now: datetime | None = None
        http.error_code = _error_code
        http.meanings = _MEANINGS

    @property
    def now(self) -> datetime:
        """Salesforce's time as it last told it, ours if it never did."""
        return self._now or self._clock.now()

    async def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None
    ) -> Answer:
        """One call, with a new token if the session has ended. Raises ConnectorError."""
        token = await self._tokens.current()
        try:
            return await self._sent(token, method, path, body, params)
        except SessionEnded:
            token = await self._tokens.renewed(token)
            return await self._sent(token, method, path, body, params)

    async def query(self, soql: str, *, deleted: bool = False) -> list[Row]:
        """All rows of a query, which has to have a LIMIT; deleted ones only if asked for."""
        body = (await self.call("GET", "queryAll" if deleted else "query", params={"q": soql})).body
        rows = _rows(body)
        while not body.get("done", True):
            path = str(body.get("nextRecordsUrl") or "")
            if not path.startswith(f"/{self._base}"):
                raise Invalid("query: answered a locator that is none")
            body = (await self.call("GET", path.removeprefix(f"/{self._base}"))).body
            rows += _rows(body)
        return rows

    async def describe(self, name: str) -> Described:
        """An object as this org and user have it; asked once."""
        if name not in self._described:
            told = (await self.call("GET", f"sobjects/{segment(name)}/describe")).body
            self._described[name] = _described(told)
        return self._described[name]

    async def composite(self, parts: Sequence[Part]) -> list[Any]:
        """The bodies of several requests that succeed or fail as one."""
        asked = [
            {
                "method": part.method,
                "url": f"/{self._base}{part.path}",
                "referenceId": f"part{number}",
                **({"body": part.body} if part.body is not None else {}),
            }
            for number, part in enumerate(parts)
        ]
        body = {"allOrNone": True, "compositeRequest": asked}
        answer = (await self.call("POST", "composite", body)).body
        told = answer.get("compositeResponse") if isinstance(answer, dict) else None
        if not isinstance(told, list) or len(told) != len(parts):
            raise Invalid("composite: answered no list of answers")
        for one in told:
            self._judge(one)
        return [one.get("body") for one in told]

    def _judge(self, one: Any) -> None:
        status = one.get("httpStatusCode") if isinstance(one, dict) else None
        if not isinstance(status, int):
            raise Invalid("composite: answered a part without a status")
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return
        code = _error_code(one.get("body"))
        if code == "PROCESSING_HALTED":
            return  # undone because of another part, whose error tells why
        meaning = _MEANINGS.get(code)
        if meaning is not None:
            raise meaning(f"composite: a part answered {status} ({code})")
        raise refusal(status, {}, self._clock.now(), code)

    async def _sent(
        self,
        token: str,
        method: str,
        path: str,
        body: Any,
        params: Mapping[str, str] | None,
    ) -> Answer:
        answer = await self._http.call(
            method,
            self._base + path,
            params=params or {},
            body=body,
            headers={"authorization": f"Bearer {token}"},
        )
        self._now = http_date(answer.headers.get("date", "")) or self._clock.now()
        return answer

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()


def external_id(key: str) -> str:
    """The external id of a key: such fields ignore case, and have few characters."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def query_path(soql: str) -> str:
    """A query as the address of a part."""
    return f"query/?q={quote(soql, safe='')}"


def _error_code(body: Any) -> str:
    code = body[0]["errorCode"] if isinstance(body, list) and body else ""
    return code if isinstance(code, str) else ""


def _rows(body: Any) -> list[Row]:
    rows = body.get("records") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid("query: answered no rows")
    return list(rows)


def _described(told: Any) -> Described:
    try:
        fields = told["fields"]
        return Described(
            frozenset(one["name"] for one in fields),
            frozenset(one["name"] for one in fields if one.get("externalId")),
            frozenset(one["relationshipName"] for one in fields if one.get("relationshipName")),
            frozenset(one["relationshipName"] for one in told.get("childRelationships", ())),
        )
    except (LookupError, TypeError, AttributeError):
        raise Invalid("describe: answered no fields") from None
