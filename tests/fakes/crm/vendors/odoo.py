"""Odoo 19's external JSON-2 API on loopback, with the models that the connector uses.

Documentation: odoo.com/documentation/19.0/developer/reference/external_api.html (headers, body,
errors with name, message, arguments, context and debug; each call one transaction). Sources:
`addons/rpc/controllers/json2.py` (404 for models and methods, 422 for arguments that do not fit and
for ids given to a method of the model), `odoo/http.py` Json2Dispatcher (statuses of exceptions).
"""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

from switchyard_common.clock import Clock

from tests.fakes.crm.vendors.odoo_records import (
    Database,
    Model,
    OdooError,
    OdooField,
    Record,
    missing_error,
)
from tests.fakes.crm.vendors.serving import Asked, Reply, Vendor

API_KEY = "0123456789abcdef0123456789abcdef01234567"
DATABASE = "crm"
_PATH = re.compile(r"/json/2/([a-z0-9_.]+)/([A-Za-z0-9_]+)")
_DEFAULT_LIMIT = None
_CHAR, _HTML, _TIME = OdooField("char"), OdooField("html"), OdooField("datetime")
_LEVELS = (("0", "Low priority"), ("1", "Medium priority"), ("2", "High priority"), ("3", "Urgent"))
_ORDER_STATES = (
    ("draft", "Quotation"),
    ("sent", "Quotation Sent"),
    ("sale", "Sales Order"),
    ("cancel", "Cancelled"),
)
_MESSAGE_TYPES = (
    ("email", "Incoming Email"),
    ("comment", "Comment"),
    ("notification", "System notification"),
)


_TASK_STATES = (
    ("01_in_progress", "In Progress"),
    ("02_changes_requested", "Changes Requested"),
    ("03_approved", "Approved"),
    ("1_done", "Done"),
    ("1_canceled", "Cancelled"),
    ("04_waiting_normal", "Waiting"),
)


def _link(model: str, *, required: bool = False) -> OdooField:
    return OdooField("many2one", relation=model, required=required)


def _models() -> list[Model]:
    named = {"name": OdooField("char", required=True)}
    partner = {
        "name": _CHAR,
        "active": OdooField("boolean"),
        "phone": _CHAR,
        "mobile": _CHAR,  # not in a plain Odoo 19: this database has a module that keeps it
        "x_wechat_openid": _CHAR,
        "email": _CHAR,
        "lang": _CHAR,
        "contact_address": _CHAR,
        "comment": _HTML,
        "category_id": OdooField("char"),
        "phone_mobile_search": OdooField("char", stored=False),
    }
    ticket = {
        **named,
        "ticket_ref": _CHAR,
        "description": _HTML,
        "partner_id": _link("res.partner"),
        "stage_id": _link("helpdesk.stage"),
        "priority": OdooField("selection", selection=_LEVELS),
        "sale_order_id": _link("sale.order"),
        "active": OdooField("boolean"),
    }
    task = {
        **named,
        "description": OdooField("html"),
        "partner_id": _link("res.partner"),
        "state": OdooField("selection", selection=_TASK_STATES, required=True),
        "is_closed": OdooField("boolean"),
        "priority": OdooField("selection", selection=_LEVELS),
    }
    lead = {
        **named,
        "partner_id": _link("res.partner"),
        "stage_id": _link("crm.stage"),
        "priority": OdooField("selection", selection=_LEVELS),
    }
    order = {
        "name": OdooField("char", required=True),
        "partner_id": _link("res.partner", required=True),
        "state": OdooField("selection", selection=_ORDER_STATES),
        "date_order": _TIME,
        "commitment_date": _TIME,
        "currency_id": _link("res.currency"),
        "amount_total": OdooField("monetary"),
        "order_line": OdooField("one2many", relation="sale.order.line", inverse="order_id"),
    }
    line = {
        "name": OdooField("text"),
        "order_id": _link("sale.order", required=True),
        "product_uom_qty": OdooField("float"),
    }
    message = {
        "model": _CHAR,
        "res_id": OdooField("many2one_reference"),
        "date": _TIME,
        "subject": _CHAR,
        "body": _HTML,
        "message_type": OdooField("selection", selection=_MESSAGE_TYPES, required=True),
        "message_id": _CHAR,
        "author_id": _link("res.partner"),
        "subtype_id": _link("mail.message.subtype"),
        "is_internal": OdooField("boolean"),
    }
    return [
        Model("res.partner", partner, {"active": True}),
        Model("helpdesk.stage", {**named, "fold": OdooField("boolean")}),
        Model("helpdesk.ticket", ticket, {"active": True, "priority": "0"}),
        Model("project.task", task, {"state": "01_in_progress"}, {"is_closed": _is_closed}),
        Model("crm.stage", {**named, "is_won": OdooField("boolean")}),
        Model("crm.lead", lead),
        Model("res.currency", dict(named)),
        Model("sale.order", order, {"state": "draft"}),
        Model("sale.order.line", line),
        Model("mail.message.subtype", dict(named)),
        Model("mail.message", message, {"message_type": "comment"}),
    ]


def _is_closed(task: Record) -> bool:
    return str(task["state"]).startswith("1_")


class OdooFake(Vendor):
    """One database behind one API key, of a user whose time zone is Asia/Shanghai."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.database = Database(clock, _models())
        for name, fold in (("New", False), ("In Progress", False), ("Solved", True)):
            self.make("helpdesk.stage", name=name, fold=fold)
        self.make("res.currency", name="CNY")
        note = self.make("mail.message.subtype", name="Note")
        self.database.external_ids["mail", "mt_note"] = ("mail.message.subtype", note, True)
        self._methods: dict[str, tuple[Callable[..., Any], bool]] = {
            "search_read": (self._search_read, False),
            "search_count": (self._search_count, False),
            "read": (self._read, True),
            "create": (self._create, False),
            "write": (self._write, True),
            "unlink": (self._unlink, True),
            "load": (self._load, False),
            "fields_get": (self._fields_get, False),
            "context_get": (self._context_get, False),
        }

    def make(self, model: str, /, **values: Any) -> int:
        """A record, as somebody makes it in the web client."""
        made = self.database.models[model]
        new_id = self.database.create(made, values)
        if model == "helpdesk.ticket":
            self._number(made, new_id)
        return new_id

    def count(self, model: str) -> int:
        return len(self.database.models[model].records)

    def answer(self, asked: Asked) -> Reply:
        try:
            return Reply(200, self._call(asked))
        except OdooError as error:
            return Reply(error.status, _told(error))

    def _call(self, asked: Asked) -> Any:
        match = _PATH.fullmatch(asked.path)
        if match is None or asked.method != "POST":
            raise _http("NotFound", 404, "Did you mean POST /json/2/<model>/<method>?")
        self._admit(asked)
        model = self._model(match[1])
        arguments = dict(asked.json or {})
        ids = arguments.pop("ids", ())
        context = arguments.pop("context", {})
        if match[2] not in self._methods:
            raise _http("NotFound", 404, f"The method '{match[1]}.{match[2]}' does not exist")
        method, takes_ids = self._methods[match[2]]
        if ids and not takes_ids:
            raise _http("UnprocessableEntity", 422, f"cannot call {match[1]}.{match[2]} with ids")
        return self._in_transaction(method, model, ids, context, arguments)

    def _in_transaction(
        self,
        method: Callable[..., Any],
        model: Model,
        ids: Any,
        context: Mapping[str, Any],
        arguments: Mapping[str, Any],
    ) -> Any:
        before = copy.deepcopy((self.database.models, self.database.external_ids))
        try:
            return method(model, ids, context, **arguments)
        except OdooError:
            self.database.models, self.database.external_ids = before
            raise
        except TypeError as error:
            raise _http("UnprocessableEntity", 422, str(error)) from None

    def _admit(self, asked: Asked) -> None:
        if asked.headers.get("x-odoo-database") != DATABASE:
            raise _http("NotFound", 404, "No database is selected")
        if asked.headers.get("content-type", "").split(";")[0] != "application/json":
            raise _http("BadRequest", 400, "State-changing json2 requests must use JSON")
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key != API_KEY:
            raise _http("Unauthorized", 401, "Invalid apikey")

    def _model(self, name: str) -> Model:
        if name == "res.users":
            return Model("res.users", {})
        if name not in self.database.models:
            raise _http("NotFound", 404, f"the model {name!r} does not exist")
        return self.database.models[name]

    def _search_read(
        self,
        model: Model,
        ids: Any,
        context: Mapping[str, Any],
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = _DEFAULT_LIMIT,
        order: str | None = None,
    ) -> Any:
        found = self.database.search(model, domain or [], context)
        ordered = self.database.ordered(model, found, order or "id")
        page = ordered[offset : None if limit is None else offset + limit]
        return [self.database.read(model, record, fields) for record in page]

    def _search_count(
        self, model: Model, ids: Any, context: Mapping[str, Any], domain: Any, limit: Any = None
    ) -> int:
        return len(self.database.search(model, domain, context)[:limit])

    def _read(
        self,
        model: Model,
        ids: Any,
        context: Mapping[str, Any],
        fields: Any = None,
        load: Any = "_classic_read",
    ) -> Any:
        self._exist(model, ids)
        return [self.database.read(model, model.records[one], fields) for one in ids]

    def _create(self, model: Model, ids: Any, context: Any, vals_list: Any) -> Any:
        rows = vals_list if isinstance(vals_list, list) else [vals_list]
        return [self.make(model.name, **row) for row in rows]

    def _write(self, model: Model, ids: Any, context: Any, vals: Any) -> bool:
        self._exist(model, ids)
        for one in ids:
            self.database.write(model, one, vals)
        return True

    def _unlink(self, model: Model, ids: Any, context: Any) -> bool:
        self._exist(model, ids)
        for one in ids:
            del model.records[one]
        return True

    def _load(
        self, model: Model, ids: Any, context: Mapping[str, Any], fields: Any, data: Any
    ) -> Any:
        done = self.database.load(model, fields, data, context)
        for one in done["ids"] or ():
            if model.name == "helpdesk.ticket":
                self._number(model, one)
        return done

    def _fields_get(
        self,
        model: Model,
        ids: Any,
        context: Any,
        allfields: Any = None,
        attributes: Any = None,
    ) -> Any:
        return {
            name: {
                what: told
                for what, told in kind.described().items()
                if attributes is None or what in attributes
            }
            for name, kind in model.fields.items()
            if allfields is None or name in allfields
        }

    def _context_get(self, model: Model, ids: Any, context: Any) -> Any:
        if model.name != "res.users":
            raise _http("NotFound", 404, "The method does not exist")
        return {"lang": "zh_CN", "tz": "Asia/Shanghai", "uid": 7}

    def _exist(self, model: Model, ids: Any) -> None:
        if any(one not in model.records for one in ids):
            raise missing_error(model.name)

    def _number(self, model: Model, ticket: int) -> None:
        record = model.records[ticket]
        stages = self.database.models["helpdesk.stage"].records
        record["ticket_ref"] = record["ticket_ref"] or f"{ticket:05}"
        record["stage_id"] = record["stage_id"] or min(stages)


def _http(name: str, status: int, message: str) -> OdooError:
    return OdooError(f"werkzeug.exceptions.{name}", status, message)


def _told(error: OdooError) -> dict[str, Any]:
    return {
        "name": error.name,
        "message": error.message,
        "arguments": [error.message, error.status],
        "context": {},
        "debug": f"Traceback (most recent call last):\n{error.name}: {error.message}\n",
    }
