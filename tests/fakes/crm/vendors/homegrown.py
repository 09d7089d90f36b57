"""Pinedesk, an invented CRM of a company's own, as services/crm_adapter/examples/pinedesk has it.

Nobody offers it. It has the habits of such systems: it answers 200 with a code of its own in the
body, has Chinese words for states, counts pages from 1, numbers in fen and milliseconds, and of
contacts it makes a second entry when a request is repeated. All below `/api/v2/`:

    GET  ping
    GET  customers?digits=|mail=|app=&openid=   page, size
    GET  customers/ID                           DELETE too
    GET  customers/ID/contacts                  page, size, ref; newest first     POST: one more
    GET  tickets?customer=                      page, size                        POST: one more
    GET  tickets/NR      tickets/NR/changes     POST: a change
    GET  orders?customer=
    GET  changes?since=                         after, size; oldest change first, removed ones too
"""

import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from switchyard_common.clock import Clock

from tests.fakes.crm.vendors.serving import Asked, Reply, Vendor

KEY = "pinedesk-key-for-tests"
_BASE = "/api/v2/"
_SIZE = 20
_MAX_SIZE = 100
CLOSED = "已关闭"

type Row = dict[str, Any]


class _Refused(Exception):
    def __init__(self, code: int, status: int = 200) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class PinedeskFake(Vendor):
    """Its state, and what it answers."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.customers: dict[str, Row] = {}
        self.removed: dict[str, Row] = {}
        self.contacts: list[Row] = []
        self.tickets: dict[str, Row] = {}
        self.ticket_changes: list[Row] = []
        self.orders: list[Row] = []
        self._last = 1000

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-desk-key") != KEY:
            return Reply(401, {"code": 401, "msg": "key"})
        try:
            return Reply(200, {"code": 0, "data": self._data(asked)})
        except _Refused as refused:
            # It quotes what it was asked, as such systems do.
            return Reply(refused.status, {"code": refused.code, "msg": unquote(asked.path)})
        except json.JSONDecodeError:
            return Reply(400, {"code": 400, "msg": "json"})

    def new_id(self) -> str:
        self._last += 1
        return str(self._last)

    def now_ms(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def add_customer(self, **fields: Any) -> str:
        id_, now = self.new_id(), self.now_ms()
        self.customers[id_] = {"id": id_, "created_ms": now, "updated_ms": now, **fields}
        return id_

    def remove_customer(self, id_: str) -> None:
        gone = self.customers.pop(id_, None)
        if gone is None:
            raise _Refused(404)
        self.removed[id_] = {"id": id_, "updated_ms": self.now_ms(), "deleted": True}
        self.contacts = [row for row in self.contacts if row["customer"] != id_]

    def add_contact(self, customer: str, **fields: Any) -> Row:
        row = {"id": self.new_id(), "customer": customer, **fields}
        self.contacts.append(row)
        return row

    def add_ticket(self, customer: str, **fields: Any) -> Row:
        now = self.now_ms()
        row = {
            "nr": f"T{self.new_id()}",
            "customer": customer,
            "status": "待处理",
            "urgency": "中",
            "created_ms": now,
            "updated_ms": now,
            **fields,
        }
        self.tickets[row["nr"]] = row
        return row

    def _data(self, asked: Asked) -> Any:
        if not asked.path.startswith(_BASE):
            raise _Refused(404, 404)
        parts = [unquote(part) for part in asked.path.removeprefix(_BASE).split("/")]
        if parts[0] == "customers":
            return self._customers(asked, parts)
        if parts[0] == "tickets":
            return self._tickets(asked, parts)
        match (asked.method, parts):
            case ("GET", ["ping"]):
                return {"time": self.now_ms() // 1000}
            case ("GET", ["changes"]):
                return self._changes(asked.query)
            case ("GET", ["orders"]):
                mine = [row for row in self.orders if row["customer"] == asked.query["customer"]]
                return {"items": mine}
            case _:
                raise _Refused(404, 404)

    def _customers(self, asked: Asked, parts: Sequence[str]) -> Any:
        match (asked.method, parts):
            case ("GET", ["customers"]):
                return self._paged(self._found(asked.query), asked.query)
            case ("GET", ["customers", id_]):
                return self._customer(id_)
            case ("DELETE", ["customers", id_]):
                return self.remove_customer(id_)
            case (_, ["customers", id_, "contacts"]):
                return self._contacts(asked, id_)
            case _:
                raise _Refused(404, 404)

    def _tickets(self, asked: Asked, parts: Sequence[str]) -> Any:
        match (asked.method, parts):
            case ("GET", ["tickets"]):
                mine = [
                    row
                    for row in self.tickets.values()
                    if row["customer"] == asked.query["customer"]
                ]
                return self._paged(mine, asked.query)
            case ("POST", ["tickets"]):
                return self._opened(asked.json)
            case ("GET", ["tickets", number]):
                return self._ticket(number)
            case ("GET", ["tickets", number, "changes"]):
                self._ticket(number)
                return {"items": [row for row in self.ticket_changes if row["nr"] == number]}
            case ("POST", ["tickets", number, "changes"]):
                return self._changed(number, asked.json)
            case _:
                raise _Refused(404, 404)

    def _customer(self, id_: str) -> Row:
        if id_ not in self.customers:
            raise _Refused(404)
        return self.customers[id_]

    def _ticket(self, number: str) -> Row:
        if number not in self.tickets:
            raise _Refused(404)
        return self.tickets[number]

    def _found(self, query: Any) -> list[Row]:
        if "digits" in query:
            return [row for row in self.customers.values() if _holds(row, query["digits"])]
        if "mail" in query:
            wanted = query["mail"].lower()
            return [
                row for row in self.customers.values() if wanted in map(str.lower, row["mails"])
            ]
        if "openid" in query:
            return [
                row
                for row in self.customers.values()
                if row.get("wechat", {}).get("openid") == query["openid"]
            ]
        raise _Refused(400)

    def _contacts(self, asked: Asked, id_: str) -> Any:
        self._customer(id_)
        if asked.method == "POST":
            given = asked.json
            if not given.get("at"):
                raise _Refused(400)
            return self.add_contact(id_, **given)
        mine = [row for row in self.contacts if row["customer"] == id_]
        if "ref" in asked.query:
            # A search for texts, which finds more than was asked for.
            mine = [row for row in mine if row.get("ref", "").startswith(asked.query["ref"][:5])]
        mine.sort(key=lambda row: datetime.fromisoformat(row["at"]), reverse=True)
        return self._paged(mine, asked.query)

    def _opened(self, given: Row) -> Row:
        self._customer(given["customer"])
        for row in self.tickets.values():
            if row.get("client_ref") == given["client_ref"]:
                return row
        return self.add_ticket(**given)

    def _changed(self, number: str, given: Row) -> None:
        ticket = self._ticket(number)
        if "status" in given:
            ticket["status"] = given["status"]
        ticket["updated_ms"] = self.now_ms()
        self.ticket_changes.append({"nr": number, **given})

    def _changes(self, query: Any) -> Any:
        since = int(query["since"]) * 1000
        rows = [*self.customers.values(), *self.removed.values()]
        rows = [row for row in rows if row["updated_ms"] >= since]
        rows.sort(key=lambda row: (row["updated_ms"], int(row["id"])))
        if "after" in query:
            time, _, id_ = query["after"].partition("-")
            after = (int(time), int(id_))
            rows = [row for row in rows if (row["updated_ms"], int(row["id"])) > after]
        page = rows[: _size(query)]
        more = len(rows) > len(page)
        return {
            "items": page,
            "next": f"{page[-1]['updated_ms']}-{page[-1]['id']}" if more else "",
        }

    def _paged(self, rows: Sequence[Row], query: Any) -> Any:
        size, page = _size(query), int(query.get("page", "1"))
        return {"items": list(rows[(page - 1) * size : page * size]), "total": len(rows)}


def _size(query: Any) -> int:
    return max(1, min(int(query.get("size", _SIZE)), _MAX_SIZE))


def _holds(row: Row, digits: str) -> bool:
    return any(digits in _digits(phone["number"]) for phone in row["phones"])


def _digits(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if letter.isdigit())


def stamp(time: datetime) -> str:
    """A time as Pinedesk writes it."""
    return time.astimezone(UTC).isoformat()
