"""Calls to BottleCRM's API, with a token that works, and the shapes of its answers."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from switchyard_crm.adapters.connectors.bottlecrm_access import Access
from switchyard_crm.adapters.connectors.footers import read_marked
from switchyard_crm.adapters.connectors.http import Answer, JsonHttp
from switchyard_crm.service.connectors import Invalid, NotFound, Unauthorized

type Document = dict[str, Any]

_NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CJK = (("\u3400", "\u9fff"), ("\uf900", "\ufaff"), ("\U00020000", "\U0003ffff"))
# What a ticket's own times are; it does not tell when it changed.
_CASE_TIMES = ("created_at", "first_response_at", "resolved_at", "sla_paused_at")


class BottleApi:
    """The API under `/api/`."""

    def __init__(self, http: JsonHttp, access: Access) -> None:
        self._http = http
        self._access = access
        http.error_code = error_code

    async def call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] = _NO_PARAMETERS,
        body: Any = None,
    ) -> Answer:
        """One call. A refused token is replaced once, where there is another."""
        token = await self._access.token()
        try:
            return await self._once(method, path, params, body, token)
        except Unauthorized:
            # An expired session is answered 403 here, like a call that may not be made.
            other = await self._access.token(refused=token)
            return await self._once(method, path, params, body, other)

    async def _once(
        self, method: str, path: str, params: Mapping[str, Any], body: Any, token: str
    ) -> Answer:
        headers = {"authorization": f"Bearer {token}"}
        return await self._http.call(method, path, params=params, body=body, headers=headers)

    async def close(self) -> None:
        """Give back connections."""
        await self._access.close()
        await self._http.close()


def error_code(body: Any) -> str:
    """`module_off` and the like, or the first field that is refused."""
    code = body.get("code")
    return str(code) if code else str(next(iter(body["errors"])))


def document(body: Any, name: str) -> Document:
    """An object within an answer. Raises Invalid."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise Invalid(f"answered something without {name}")
    return found


def documents(body: Any, name: str) -> list[Document]:
    """A list of objects within an answer. Raises Invalid."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Invalid(f"answered something without {name}")
    return found


def checked_id(text: str) -> str:
    """An id in the form that BottleCRM gives them. Raises NotFound for any other text."""
    if _ID.fullmatch(text) is None:
        raise NotFound("no id of BottleCRM: those are UUIDs")
    return text


def person(row: Document) -> Document:
    """A contact with `full_name`, in the order that its script has.

    BottleCRM insists on two names; one without a letter or digit ("-") stands for none.
    """
    given = (str(row.get(field) or "").strip() for field in ("first_name", "last_name"))
    names = [name for name in given if any(letter.isalnum() for letter in name)]
    chinese = len(names) == 2 and all(_is_cjk(letter) for name in names for letter in name)
    return {**row, "full_name": "".join(names[::-1]) if chinese else " ".join(names)}


def ticket(row: Document, activities: Iterable[Document] = ()) -> Document:
    """A case with `changed_at`, as far as it is told, and what its last line carries."""
    told = [row.get(name) for name in _CASE_TIMES]
    told += [activity.get("created_at") for activity in activities]
    times = [text for text in told if isinstance(text, str)]
    changed = max(times, key=lambda text: moment(text) or _EPOCH, default="")
    marked = read_marked(str(row.get("description") or ""))
    return {**row, "changed_at": changed, "switchyard": dict(marked.fields)}


def logged(row: Document) -> Document:
    """An interaction with its `text` and what its last line carries; ours has no `author`."""
    marked = read_marked(str(row.get("body") or ""))
    said = (str(row.get("subject") or "").strip(), marked.text)
    return {
        **row,
        "text": "\n".join(filter(None, said)),
        "switchyard": dict(marked.fields),
        "author": "" if marked.key else _name(row.get("logged_by_details")),
    }


def commented(row: Document) -> Document:
    """A comment on a contact, as an interaction of the kind `comment`."""
    marked = read_marked(str(row.get("comment") or ""))
    author = row.get("commented_by")
    return {
        "id": row.get("id"),
        "kind": "comment",
        "occurred_at": row.get("commented_on"),
        "text": marked.text,
        "switchyard": dict(marked.fields),
        "author": _name(author.get("user_details") if isinstance(author, dict) else None),
    }


def moment(text: object) -> datetime | None:
    """A time as BottleCRM writes it."""
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _name(details: object) -> str:
    return str(details.get("name") or "") if isinstance(details, dict) else ""


def _is_cjk(letter: str) -> bool:
    return any(first <= letter <= last for first, last in _CJK)
