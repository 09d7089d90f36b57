"""Records of one Salesforce org: objects, their fields, writing with validation, queries.

From the object reference (fields and which are read only), the REST API guide (upsert by external
id, error codes) and the SOAP guide (SystemModstamp; deleted rows stay, with IsDeleted, and only
queryAll shows them). Times have whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from switchyard_common.clock import Clock

from tests.fakes.crm.vendors.soql import Parser, Query, SoqlError

KEY_FIELD = "Switchyard_Key__c"

type Record = dict[str, Any]


class SalesforceError(Exception):
    """An error as the API answers it."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.body = [{"message": message, "errorCode": code, "fields": list(fields)}]


@dataclass(frozen=True)
class SfField:
    """A field's description."""

    type: str = "string"
    length: int = 255
    writable: bool = True
    external_id: bool = False
    relationship: str = ""
    target: str = ""
    values: tuple[str, ...] = ()


@dataclass
class SObject:
    """An object; `prefix` begins its ids."""

    name: str
    prefix: str
    fields: dict[str, SfField]
    required: tuple[str, ...] = ()
    children: dict[str, tuple[str, str]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    next_id: int = 1

    def __post_init__(self) -> None:
        system = {
            "Id": SfField("id", writable=False),
            "IsDeleted": SfField("boolean", writable=False),
            **{
                name: SfField("datetime", writable=False)
                for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp")
            },
        }
        self.fields = {**system, **self.fields}


class Org:
    """All objects of an org."""

    def __init__(self, clock: Clock, objects: list[SObject]) -> None:
        self.clock = clock
        self.objects = {one.name: one for one in objects}

    def create(self, name: str, values: Mapping[str, Any]) -> str:
        table = self.objects[name]
        self._check(table, values)
        missing = [one for one in table.required if not values.get(one)]
        if missing:
            text = f"Required fields are missing: {missing}"
            raise SalesforceError(400, "REQUIRED_FIELD_MISSING", text, tuple(missing))
        new_id = f"{table.prefix}{table.next_id:012}AAA"
        table.next_id += 1
        now = self._now()
        stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), now)
        blank = dict.fromkeys(table.fields)
        record = {**blank, **stamps, "Id": new_id, "IsDeleted": False, **values}
        table.records[new_id] = record
        self._derive(table, record)
        return new_id

    def update(self, name: str, record_id: str, values: Mapping[str, Any]) -> None:
        table = self.objects[name]
        record = self.alive(name, record_id)
        self._check(table, values)
        now = self._now()
        record.update(values, LastModifiedDate=now, SystemModstamp=now)
        self._derive(table, record)

    def delete(self, name: str, record_id: str) -> None:
        self.alive(name, record_id).update(IsDeleted=True, SystemModstamp=self._now())

    def alive(self, name: str, record_id: str) -> Record:
        record = self.objects[name].records.get(record_id)
        if record is None:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        if record["IsDeleted"]:
            raise SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return record

    def by_external_id(self, name: str, field_name: str, value: str) -> Record | None:
        table = self.objects[name]
        described = table.fields.get(field_name)
        if described is None or not described.external_id:
            text = "Provided external ID field does not exist or is not accessible: " + field_name
            raise SalesforceError(404, "NOT_FOUND", text)
        for record in table.records.values():
            held = record[field_name]
            if held is not None and held.casefold() == value.casefold() and not record["IsDeleted"]:
                return record
        return None

    def query(self, text: str, *, deleted: bool) -> list[Record]:
        """Rows as JSON has them."""
        parsed = self._parsed(text, deleted=deleted)
        table = self.objects[parsed.table]
        found = [
            record
            for record in table.records.values()
            if (deleted or not record["IsDeleted"]) and parsed.test(self._wide(table, record))
        ]
        for name, descending in reversed(parsed.order):
            found.sort(
                key=lambda record: (record[name] is not None, record[name]), reverse=descending
            )
        return [self._shown(parsed, table, record) for record in found[: parsed.limit]]

    def _parsed(self, text: str, *, deleted: bool) -> Query:
        types = {
            name: described.type
            for table in self.objects.values()
            for name, described in table.fields.items()
            if described.type in ("datetime", "boolean", "double")
        }
        try:
            parsed = Parser(text, lambda inner: self._plain(inner, deleted=deleted), types).query()
            if parsed.table not in self.objects:
                raise SoqlError("INVALID_TYPE", f"sObject type '{parsed.table}' is not supported.")
            self._known(parsed)
        except SoqlError as error:
            raise SalesforceError(400, error.code, str(error)) from None
        return parsed

    def _plain(self, text: str, *, deleted: bool) -> list[Record]:
        return [
            {name: value for name, value in row.items() if name != "attributes"}
            for row in self.query(text, deleted=deleted)
        ]

    def _known(self, parsed: Query) -> None:
        table = self.objects[parsed.table]
        for name in parsed.named:
            self._field(table, name)
        for child in parsed.children:
            if child.relation not in table.children:
                raise SoqlError("INVALID_FIELD", f"Didn't understand relationship {child.relation}")
            for name in child.fields:
                self._field(self.objects[table.children[child.relation][0]], name)

    def _field(self, table: SObject, name: str) -> None:
        first, _, rest = name.partition(".")
        if not rest and first in table.fields:
            return
        for described in table.fields.values():
            if rest and described.relationship == first:
                self._field(self.objects[described.target], rest)
                return
        raise SoqlError("INVALID_FIELD", f"No such column '{name}' on entity '{table.name}'.")

    def _wide(self, table: SObject, record: Record) -> Record:
        """The record and, dotted, the fields of its parents."""
        wide = dict(record)
        for name, described in table.fields.items():
            parent = (
                self.objects[described.target].records.get(record[name])
                if described.target
                else None
            )
            for inner, value in (parent or {}).items():
                wide[f"{described.relationship}.{inner}"] = value
        return wide

    def _shown(self, parsed: Query, table: SObject, record: Record) -> Record:
        shown: Record = {"attributes": {"type": table.name, "url": f"/sobjects/{record['Id']}"}}
        wide = self._wide(table, record)
        for name in parsed.fields:
            _put(shown, name.split("."), _json(wide.get(name)))
        for child in parsed.children:
            inner_name, link = table.children[child.relation]
            inner = self.objects[inner_name]
            rows = [one for one in inner.records.values() if one[link] == record["Id"]]
            query = Query(child.fields, (), inner_name, bool, frozenset(), (), None)
            records = [self._shown(query, inner, one) for one in rows]
            total = {"totalSize": len(rows), "done": True, "records": records}
            shown[child.relation] = total if rows else None
        return shown

    def _check(self, table: SObject, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            described = table.fields.get(name)
            if described is None:
                text = f"No such column '{name}' on sobject of type {table.name}"
                raise SalesforceError(400, "INVALID_FIELD", text)
            if not described.writable:
                text = f"Unable to create/update fields: {name}."
                raise SalesforceError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", text, (name,))
            self._check_value(described, name, value)

    def _check_value(self, described: SfField, name: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, str) and len(value) > described.length:
            text = f"{name}: data value too large (max length={described.length})"
            raise SalesforceError(400, "STRING_TOO_LONG", text, (name,))
        if described.values and value not in described.values:
            text = f"{name}: bad value for restricted picklist field: {value}"
            raise SalesforceError(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", text, (name,))
        if described.target and not self._linked(described, value):
            raise SalesforceError(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")

    def _linked(self, described: SfField, value: str) -> bool:
        targets = [described.target] if described.target != "Name" else ["Contact"]
        return any(
            value in self.objects[target].records
            and not self.objects[target].records[value]["IsDeleted"]
            for target in targets
        )

    def _derive(self, table: SObject, record: Record) -> None:
        if table.name == "Contact":
            names = (record["FirstName"], record["LastName"])
            record["Name"] = " ".join(name for name in names if name)
        if table.name == "Case":
            record["CaseNumber"] = f"{int(record['Id'][3:15]) + 1000:08}"
            record["Status"] = record["Status"] or "New"
            record["IsClosed"] = record["Status"] == "Closed"
        if table.name == "Task":
            record["IsClosed"] = record["Status"] == "Completed"

    def _now(self) -> Any:
        return self.clock.now().replace(microsecond=0)


def _put(shown: Record, path: list[str], value: Any) -> None:
    if len(path) == 1:
        shown[path[0]] = value
        return
    inner = shown.setdefault(path[0], None)
    if inner is None and value is not None:
        inner = shown[path[0]] = {"attributes": {"type": path[0]}}
    if inner is not None:
        _put(inner, path[1:], value)


def _json(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%S}.000+0000" if hasattr(value, "isoformat") else value
