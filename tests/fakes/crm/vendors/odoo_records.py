"""What Odoo's ORM does with records: fields, domains, reading, writing, importing with `load`.

Behaviour from Odoo's sources (github.com/odoo/odoo, branch 19.0): `odoo/orm/models.py` (load,
search, read), `odoo/orm/domains.py` (prefix notation, `=ilike` and `ilike`), `ir_fields.py` (how
`load` converts texts: selections by label or value, datetimes in the time zone of the context,
else of the user), `phone_validation/models/mail_thread_phone.py` (`phone_mobile_search`),
`ir_model.py` (external ids are unique by module and name).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from switchyard_common.clock import Clock

_PHONE_NOISE = re.compile(r"[\s\\./\(\)\-]")
_MIN_PHONE_CHARS = 3
_STAMP = "%Y-%m-%d %H:%M:%S"
_USER_ZONE = "Asia/Shanghai"

type Record = dict[str, Any]
type Test = Callable[[Record], bool]


class OdooError(Exception):
    """A Python exception inside Odoo: its class's full name, and the HTTP status of json2."""

    def __init__(self, name: str, status: int, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.status = status
        self.message = message


def value_error(message: str) -> OdooError:
    return OdooError("builtins.ValueError", 500, message)


def validation_error(message: str) -> OdooError:
    return OdooError("odoo.exceptions.ValidationError", 422, message)


def missing_error(model: str) -> OdooError:
    return OdooError("odoo.exceptions.MissingError", 404, f"Record does not exist ({model})")


@dataclass(frozen=True)
class OdooField:
    """A field's description, as fields_get has it."""

    type: str
    relation: str = ""
    required: bool = False
    selection: tuple[tuple[str, str], ...] = ()
    inverse: str = ""
    stored: bool = True

    def described(self) -> dict[str, Any]:
        told: dict[str, Any] = {"type": self.type, "required": self.required}
        if self.relation:
            told["relation"] = self.relation
        if self.selection:
            told["selection"] = [list(pair) for pair in self.selection]
        return told


@dataclass
class Model:
    """A table."""

    name: str
    fields: dict[str, OdooField]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed: Mapping[str, Callable[[Record], Any]] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    next_id: int = 1

    def __post_init__(self) -> None:
        automatic = {"id": OdooField("integer"), "display_name": OdooField("char", stored=False)}
        stamps = {name: OdooField("datetime") for name in ("create_date", "write_date")}
        self.fields = {**automatic, **stamps, **self.fields}


class Database:
    """All models of one Odoo database."""

    def __init__(self, clock: Clock, models: Sequence[Model]) -> None:
        self.clock = clock
        self.models = {model.name: model for model in models}
        self.external_ids: dict[tuple[str, str], tuple[str, int, bool]] = {}

    # reading

    def search(self, model: Model, domain: Any, context: Mapping[str, Any]) -> list[Record]:
        test = self._domain(model, domain)
        hidden = "active" in model.fields and context.get("active_test", True)
        hidden = hidden and not _mentions(domain, "active")
        records = (kept for kept in model.records.values() if not (hidden and not kept["active"]))
        return [record for record in records if test(record)]

    def ordered(self, model: Model, records: list[Record], order: str) -> list[Record]:
        for part in reversed((order or "id").split(",")):
            name, _, direction = part.strip().partition(" ")
            self._known(model, name, "order")
            records.sort(
                key=lambda record, name=name: _sortable(record[name]),  # type: ignore[misc]
                reverse=direction.strip().lower() == "desc",
            )
        return records

    def read(self, model: Model, record: Record, names: Sequence[str] | None) -> Record:
        answered = {"id": record["id"]}
        for name in names if names is not None else model.fields:
            self._known(model, name, "read")
            answered[name] = self._outside(model, record, name)
        return answered

    def _outside(self, model: Model, record: Record, name: str) -> Any:
        kind = model.fields[name]
        if name == "display_name":
            return record.get("name") or f"{model.name},{record['id']}"
        if kind.type == "one2many":
            related = self.models[kind.relation]
            return [
                other["id"]
                for other in related.records.values()
                if other[kind.inverse] == record["id"]
            ]
        value = record.get(name, False)
        if value in (None, False, ""):
            return 0 if kind.type in ("integer", "float", "monetary") else False
        if kind.type == "many2one":
            related = self.models[kind.relation]
            return [value, related.records[value].get("name") or ""]
        if kind.type == "datetime":
            return value.strftime(_STAMP)  # whole seconds: microseconds stay inside
        return value

    def _known(self, model: Model, name: str, where: str) -> OdooField:
        if name not in model.fields:
            raise value_error(f"Invalid field {name!r} on {model.name!r} in {where}")
        return model.fields[name]

    # domains

    def _domain(self, model: Model, domain: Any) -> Test:
        if not isinstance(domain, list):
            raise value_error("Domain() invalid item in domain")
        terms = list(domain)
        tests: list[Test] = []
        while terms:
            tests.append(self._term(model, terms))
        return lambda record: all(test(record) for test in tests)

    def _term(self, model: Model, terms: list[Any]) -> Test:
        if not terms:
            raise value_error("Domain is missing an operand")
        term = terms.pop(0)
        if term == "!":
            inner = self._term(model, terms)
            return lambda record: not inner(record)
        if term in ("|", "&"):
            first, second = self._term(model, terms), self._term(model, terms)
            if term == "|":
                return lambda record: first(record) or second(record)
            return lambda record: first(record) and second(record)
        if not isinstance(term, list) or len(term) != 3:
            raise value_error("Domain() invalid item in domain")
        return self._leaf(model, *term)

    def _leaf(self, model: Model, name: Any, operator: str, value: Any) -> Test:
        if not isinstance(name, str):
            raise value_error("Invalid field name in domain")
        first, _, rest = name.partition(".")
        kind = self._known(model, first, "condition")
        if rest:
            related = self.models[kind.relation]
            inner = self._leaf(related, rest, operator, value)
            return lambda record: (
                record[first] in related.records and inner(related.records[record[first]])
            )
        if first == "phone_mobile_search":
            return _phone_search(model, operator, value)
        if not kind.stored:
            raise value_error(f"Non-stored field {model.name}.{first} cannot be searched.")
        compare = _comparison(kind, operator, value)
        return lambda record: compare(record.get(first))

    # writing

    def create(self, model: Model, values: Mapping[str, Any]) -> int:
        for name in values:
            self._known(model, name, "create")
        new_id = model.next_id
        now = self.clock.now()
        blank = dict.fromkeys(model.fields, False)
        record = {**blank, **model.defaults, "id": new_id, "create_date": now, "write_date": now}
        self._fill(model, record, values)
        missing = [
            name for name, kind in model.fields.items() if kind.required and not record[name]
        ]
        if missing:
            raise validation_error(f"Missing required value for the field ({missing[0]})")
        model.next_id += 1
        model.records[new_id] = record
        return new_id

    def write(self, model: Model, record_id: int, values: Mapping[str, Any]) -> None:
        if record_id not in model.records:
            raise missing_error(model.name)
        record = dict(model.records[record_id])
        self._fill(model, record, values)
        record["write_date"] = self.clock.now()
        model.records[record_id] = record

    def _fill(self, model: Model, record: Record, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            record[name] = self._inside(self._known(model, name, "write"), name, value)
        for name, compute in model.computed.items():
            record[name] = compute(record)

    def _inside(self, kind: OdooField, name: str, value: Any) -> Any:
        if value in (None, False, "") and kind.type != "boolean":
            return False
        if kind.type == "datetime":
            return value if isinstance(value, datetime) else _moment(value)
        if kind.type == "selection" and value not in dict(kind.selection):
            raise value_error(f"Wrong value for {name}: {value!r}")
        if kind.type == "many2one":
            if not isinstance(value, int) or value not in self.models[kind.relation].records:
                raise missing_error(kind.relation)
        elif kind.type in ("char", "text", "html") and not isinstance(value, str):
            return str(value)
        return value

    # load: https://github.com/odoo/odoo/blob/19.0/odoo/orm/models.py, BaseModel.load

    def load(
        self, model: Model, names: Sequence[str], rows: Any, context: Mapping[str, Any]
    ) -> dict[str, Any]:
        """All rows or none; what cannot be imported stands in `messages`, not in a status."""
        for name in names:
            self._known(model, name.split("/")[0].removeprefix("."), "import")
        ids: list[int] = []
        for number, row in enumerate(rows):
            try:
                cells = dict(zip(names, row, strict=True))
                ids.append(self._load_row(model, cells, context))
            except OdooError as error:
                message = {"type": "error", "message": error.message, "record": number}
                return {"ids": False, "messages": [message], "nextrow": 0}
        return {"ids": ids, "messages": [], "nextrow": 0}

    def _load_row(self, model: Model, cells: Record, context: Mapping[str, Any]) -> int:
        values = {
            name.split("/")[0]: self._converted(model, name, text, context)
            for name, text in cells.items()
            if name not in ("id", ".id")
        }
        if "id" not in cells:
            raise validation_error("Cannot update a record without specifying its id or xml_id")
        module, _, name = cells["id"].rpartition(".")
        key = (module or "__import__", name)
        known_model, known_id, frozen = self.external_ids.get(key, (model.name, 0, False))
        if known_model != model.name:
            raise validation_error("found record of different model")
        if known_id in model.records:
            if not (context.get("mode", "init") == "update" and frozen):
                self.write(model, known_id, values)
            return known_id
        new_id = self.create(model, values)
        self.external_ids[key] = (model.name, new_id, bool(context.get("noupdate")))
        return new_id

    def _converted(self, model: Model, name: str, text: Any, context: Mapping[str, Any]) -> Any:
        if not isinstance(text, str):
            raise validation_error(f"a cell of {name} is no text")
        first, _, sub = name.partition("/")
        kind = model.fields[first]
        if not text:
            return False
        if kind.type == "many2one":
            return self._reference(kind, sub, text)
        return _text_value(kind, first, text, context.get("tz") or _USER_ZONE)

    def _reference(self, kind: OdooField, sub: str, text: str) -> int:
        related = self.models[kind.relation]
        if sub == ".id":
            if text.isdecimal() and int(text) in related.records:
                return int(text)
            raise validation_error("No matching record found for database id")
        if sub == "id":
            module, _, name = text.rpartition(".")
            known = self.external_ids.get((module or "__import__", name))
            if known is None or known[0] != kind.relation:
                raise validation_error("No matching record found for external id")
            return known[1]
        found = [other["id"] for other in related.records.values() if other["name"] == text]
        if not found:
            raise validation_error("No matching record found for name")
        return int(found[0])


def _text_value(kind: OdooField, name: str, text: str, zone: str) -> Any:
    match kind.type:
        case "selection":
            for value, label in kind.selection:
                if text.lower() in (value.lower(), label.lower()):
                    return value
            raise validation_error(f"Value not found in selection field {name}")
        case "datetime":
            naive = _moment(text).replace(tzinfo=None)
            return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).strftime(_STAMP)
        case "boolean":
            return text.lower() in ("1", "true", "yes")
        case "integer" | "many2one_reference":
            return int(text)
        case _:
            return text


def _mentions(domain: Any, name: str) -> bool:
    return any(isinstance(term, list) and term and term[0] == name for term in domain)


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value in (None, False), 0 if value in (None, False) else value)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except (ValueError, TypeError):
        raise value_error("time data does not match format '%Y-%m-%d %H:%M:%S'") from None


def _comparison(kind: OdooField, operator: str, value: Any) -> Callable[[Any], bool]:
    if kind.type == "datetime" and isinstance(value, str):
        value = _moment(value)
    if operator in ("ilike", "like", "=ilike", "=like"):
        return _like(value, operator)
    simple: dict[str, Callable[[Any], bool]] = {
        "=": lambda mine: (mine or False) == (value or False),
        "!=": lambda mine: (mine or False) != (value or False),
        "in": lambda mine: mine in value,
        "not in": lambda mine: mine not in value,
        "<": lambda mine: bool(mine) and mine < value,
        "<=": lambda mine: bool(mine) and mine <= value,
        ">": lambda mine: bool(mine) and mine > value,
        ">=": lambda mine: bool(mine) and mine >= value,
    }
    if operator not in simple:
        raise value_error(f"Invalid operator {operator!r}")
    return simple[operator]


def _like(pattern: Any, operator: str) -> Callable[[Any], bool]:
    text = str(pattern) if operator.startswith("=") else f"%{pattern}%"
    parts = re.findall(r"\\.|[%_]|[^\\%_]+|\\", text, re.S)
    wild = {"%": ".*", "_": "."}
    joined = "".join(wild.get(part) or re.escape(part.removeprefix("\\")) for part in parts)
    flags = re.S | (re.I if operator.endswith("ilike") else 0)
    matcher = re.compile(joined, flags)
    return lambda mine: isinstance(mine, str) and matcher.fullmatch(mine) is not None


def _phone_search(model: Model, operator: str, value: Any) -> Test:
    if not isinstance(value, str) or len(value.strip()) < _MIN_PHONE_CHARS:
        raise OdooError(
            "odoo.exceptions.UserError",
            422,
            "Please enter at least 3 characters when searching a Phone number.",
        )
    names = [name for name in ("mobile", "phone") if name in model.fields]
    term = value.strip()
    international = re.match(r"\+|00", term)
    wanted = _PHONE_NOISE.sub("", term[international.end() :] if international else term)

    def fits(number: str) -> bool:
        stripped = _PHONE_NOISE.sub("", number)
        if international:
            starts = [prefix + wanted for prefix in ("00", "+")]
            if operator == "=":
                return stripped in starts
            return any(stripped.lower().startswith(start.lower()) for start in starts)
        return stripped == wanted if operator == "=" else wanted.lower() in stripped.lower()

    return lambda record: any(record[name] and fits(record[name]) for name in names)
