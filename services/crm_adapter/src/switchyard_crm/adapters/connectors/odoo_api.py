"""Odoo's JSON-2 API: POST /json/2/<model>/<method> with named arguments and an API key.

Behaviour relied on, and where it is from:

- headers, body, errors with `name`:
  odoo.com/documentation/19.0/developer/reference/external_api.html
- 404 for an unknown database, model or method as well as for a missing record, told apart by the
  exception's name: `odoo/http` Json2Dispatcher and `addons/rpc/controllers/json2.py`
- `load` makes a record and its external id in one transaction and finds it again by that id. With
  `mode: update` and `noupdate` it leaves alone what is there. It answers 200 with `ids: false` for
  rows it refuses, and reads times in the time zone of the context: `BaseModel.load` and
  `_load_records` in `odoo/orm/models.py`, `ir_fields.py`
- which fields a database has depends on its modules and custom fields: `fields_get`
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.http import Answer, JsonHttp
from switchyard_crm.adapters.connectors.refusals import http_date
from switchyard_crm.service.connectors import Invalid, NotFound, Unavailable

STAMP = "%Y-%m-%d %H:%M:%S"
MAX_ID = 2**31 - 1
_EXTERNAL_MODULE = "__switchyard__"  # no module's name: Odoo cleans up only those of modules
# Labels in English, whatever language the user has; `load` would read times in the user's zone.
_CONTEXT = MappingProxyType({"lang": "en_US", "tz": "UTC"})
_ONCE = MappingProxyType({"mode": "update", "noupdate": True})
_RACES = ("could not serialize", "duplicate key", "deadlock")

type Document = dict[str, Any]
type Domain = Sequence[Any]


class OdooApi:
    """Calls methods of models."""

    def __init__(self, http: JsonHttp, clock: Clock, api_key: str, database: str) -> None:
        """`database` may be empty where the address tells it."""
        self._http = http
        self._clock = clock
        named = {"x-odoo-database": database} if database else {}
        self._headers = {"authorization": f"bearer {api_key}", **named}
        self._fields: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self._now: datetime | None = None
        http.error_code = _error_name

    @property
    def now(self) -> datetime:
        """Odoo's time as it last told it, ours if it never did."""
        return self._now or self._clock.now()

    async def call(
        self, model: str, method: str, context: Mapping[str, Any] = _CONTEXT, **arguments: Any
    ) -> Any:
        """One method, in a transaction of its own. Raises ConnectorError."""
        answer = await self._http.call(
            "POST",
            f"{model}/{method}",
            body={**arguments, "context": dict(context)},
            headers=self._headers,
            accept=frozenset((HTTPStatus.NOT_FOUND,)),
        )
        self._now = http_date(answer.headers.get("date", "")) or self._clock.now()
        if answer.status == HTTPStatus.NOT_FOUND:
            raise _missing(answer, model, method)
        return answer.body

    async def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Iterable[str],
        limit: int,
        order: str,
        *,
        archived: bool = False,
    ) -> list[Document]:
        """Records that a domain fits; archived ones only if asked for."""
        context = {**_CONTEXT, "active_test": not archived}
        found = await self.call(
            model,
            "search_read",
            context,
            domain=list(domain),
            fields=sorted(fields),
            limit=limit,
            order=order,
        )
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise Invalid(f"{model}.search_read answered no list of records")
        return found

    async def fields(self, model: str) -> Mapping[str, Mapping[str, Any]]:
        """The fields of a model as this database has them; asked once."""
        if model not in self._fields:
            told = await self.call(
                model, "fields_get", attributes=["type", "relation", "selection"]
            )
            if not isinstance(told, dict) or "id" not in told:
                raise Invalid(f"{model}.fields_get answered no fields")
            self._fields[model] = told
        return self._fields[model]

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()

    async def present(self, model: str, names: Iterable[str]) -> frozenset[str]:
        """Those of the names that are fields of a model, and `id`."""
        known = await self.fields(model)
        return frozenset(names) & known.keys() | {"id"}

    async def exists(self, model: str, domain: Domain) -> bool:
        """Whether there is such a record, archived or not."""
        return bool(await self.search_read(model, domain, ("id",), 1, "id", archived=True))

    async def partner(self, source_id: str) -> int:
        """The id of a partner that exists, archived or not. Raises NotFound."""
        partner = record_id(source_id)
        if not await self.exists("res.partner", [["id", "=", partner]]):
            raise NotFound("there is no such partner")
        return partner

    async def create_once(self, model: str, key: str, values: Mapping[str, str]) -> int:
        """The id of the one record with this key; what exists stays as it is.

        `values` are texts, as in an import file: `partner_id/.id` takes a record's id.
        """
        names = ("id", *values)
        done = await self.call(
            model,
            "load",
            {**_CONTEXT, **_ONCE},
            fields=list(names),
            data=[[f"{_EXTERNAL_MODULE}.{external_name(model, key)}", *values.values()]],
        )
        made = done.get("ids") if isinstance(done, dict) else None
        if isinstance(made, list) and len(made) == 1 and isinstance(made[0], int):
            return made[0]
        if any(race in str(done).lower() for race in _RACES):
            raise Unavailable(f"{model}.load ran into somebody else's write")
        raise Invalid(f"{model}.load refused the values")


def number(record: Mapping[str, Any], name: str = "id") -> int:
    """An id of a record. Raises Invalid."""
    value = record.get(name)
    if isinstance(value, int):
        return value
    raise Invalid(f"answered a record without {name}")


def moment(record: Mapping[str, Any], name: str) -> datetime:
    """A time of a record. Raises Invalid."""
    try:
        return datetime.strptime(record[name], STAMP).replace(tzinfo=UTC)
    except (LookupError, TypeError, ValueError):
        raise Invalid(f"answered a record without a readable {name}") from None


def external_name(model: str, key: str) -> str:
    """The external id of a key: letters and digits only, different for every key."""
    digest = hashlib.sha256(f"{model}\0{key}".encode()).hexdigest()
    return f"{model.replace('.', '_')}_{digest[:40]}"


def record_id(text: str) -> int:
    """A database id. Raises NotFound for what cannot be one."""
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= MAX_ID:
        raise NotFound("not an id of Odoo")
    return int(text)


def stamp(time: datetime) -> str:
    """A moment as Odoo writes it: UTC, in seconds."""
    return time.strftime(STAMP)


def pattern(text: str) -> str:
    """A text in a pattern of `ilike`, standing for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _error_name(body: Any) -> str:
    name = body["name"]
    return name if isinstance(name, str) else ""


def _missing(answer: Answer, model: str, method: str) -> NotFound | Invalid:
    body = answer.body if isinstance(answer.body, dict) else {}
    if body.get("name") == "odoo.exceptions.MissingError":
        return NotFound(f"{model}.{method}: there is no such record")
    return Invalid(f"{model}.{method}: not there; check url, database and installed modules")
