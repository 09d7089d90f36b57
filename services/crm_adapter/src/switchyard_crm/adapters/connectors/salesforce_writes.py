"""What the connector writes into Salesforce: tasks and cases, each once per key.

The key is a custom external id, unique, on Case and on Activity (the fields of Task). A record that
has it is left as it is; otherwise upsert makes it, and what several requests have to do together
goes as one composite request, all or nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from switchyard_crm.adapters.connectors.footers import mark
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import CaseFields
from switchyard_crm.adapters.connectors.salesforce_api import (
    AlreadyThere,
    Part,
    Row,
    SalesforceApi,
    external_id,
    query_path,
)
from switchyard_crm.adapters.connectors.soql import plain_fields, quoted, record_id, selected
from switchyard_crm.domain.customer import Case, Interaction
from switchyard_crm.service.connectors import (
    CaseChange,
    Invalid,
    NewCase,
    NotFound,
    Unsupported,
)

_SUBJECT_CHARS = 255
_TEXT_CHARS = 32_000
_SUBTYPES = {"VOICE": "Call", "EMAIL": "Email"}


class CaseOptions(BaseModel):
    """`key_field` is the external id; `case_values` are what new cases get besides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key_field: str = Field(default="Switchyard_Key__c", pattern=r"^[A-Za-z]\w*__c$")
    case_values: dict[str, str] = Field(default_factory=lambda: {"Origin": "Phone"})


class SalesforceWrites:
    """Makes and changes records of one org."""

    def __init__(self, api: SalesforceApi, mapper: Mapper, options: CaseOptions) -> None:
        self._api = api
        self._mapper = mapper
        self._options = options

    async def log(self, key: str, contact: str, interaction: Interaction) -> str:
        """The id of the one completed task with this key."""
        told = mark(
            interaction.summary,
            _TEXT_CHARS,
            key,
            channel=interaction.channel,
            agent=interaction.agent,
            contact=interaction.contact,
            disposition=interaction.disposition,
        )
        first = interaction.summary.strip().splitlines() or [interaction.channel or "Contact"]
        values = {
            "WhoId": _bare(contact),
            "Subject": first[0][:_SUBJECT_CHARS],
            "Description": told,
            "Status": "Completed",
            "TaskSubtype": _SUBTYPES.get(interaction.channel, "Task"),
            "CallDisposition": interaction.disposition or None,
            "ActivityDate": interaction.time.date().isoformat(),
        }
        row = await self._made_once("Task", key, values, "Id")
        return str(row["Id"])

    async def create(self, key: str, contact: str, case: NewCase) -> Case:
        """The one case with this key."""
        fields = self._fields
        described = await self._api.describe("Case")
        order = plain_fields((fields.order_number,), described) if fields.order_number else []
        text = case.description
        if case.order_number and not order:
            text = f"{text}\n{case.order_number}".strip()
        values = {
            "ContactId": _bare(contact),
            "Subject": case.subject[:_SUBJECT_CHARS],
            "Description": text[:_TEXT_CHARS],
            "Priority": _written(fields, case.priority),
            **dict.fromkeys(order[:1], case.order_number or None),
            **self._options.case_values,
        }
        row = await self._made_once("Case", key, values, selected(fields, described, "Id"))
        return self._mapper.case(row)

    async def update(self, key: str, number: str, change: CaseChange) -> Case:
        """Change a case and note it in a task that belongs to it, both or neither."""
        described = await self._api.describe("Case")
        fields = selected(self._fields, described, "Id")
        where = f"{self._number_field(described)} = {quoted(number)}"
        asked = f"SELECT {fields} FROM Case WHERE {where} LIMIT 1"
        found = await self._api.query(asked)
        if not found:
            raise NotFound("there is no such case")
        if not await self._with_key("Task", key, "Id"):
            await self._change(key, str(found[0]["Id"]), change)
            found = await self._api.query(asked)
        return self._mapper.case(_only(found))

    async def _change(self, key: str, case: str, change: CaseChange) -> None:
        text = change.comment or change.state or "-"
        task = {
            "WhatId": case,
            "Subject": text.splitlines()[0][:_SUBJECT_CHARS],
            "Description": text[:_TEXT_CHARS],
            "Status": "Completed",
        }
        parts = [self._upsert("Task", key, await self._present("Task", task))]
        if change.state:
            parts.append(Part("PATCH", f"sobjects/Case/{case}", await self._state(change.state)))
        try:
            await self._api.composite(parts)
        except AlreadyThere:
            return  # somebody else with the same key did all of it

    async def _made_once(self, table: str, key: str, values: Mapping[str, Any], fields: str) -> Row:
        found = await self._with_key(table, key, fields)
        if found:
            return found[0]
        upsert = self._upsert(table, key, await self._present(table, values))
        asked = Part("GET", query_path(self._asked(table, key, fields)))
        try:
            told = (await self._api.composite((upsert, asked)))[1]
            found = told["records"]
        except AlreadyThere:
            found = await self._with_key(table, key, fields)
        except (LookupError, TypeError):
            raise Invalid("composite: answered no rows") from None
        return _only(found)

    async def _with_key(self, table: str, key: str, fields: str) -> list[Row]:
        described = await self._api.describe(table)
        if self._options.key_field not in described.external_ids:
            raise Invalid(
                f"{table} has no external id {self._options.key_field}: see docs/connectors.md"
            )
        return await self._api.query(self._asked(table, key, fields))

    def _asked(self, table: str, key: str, fields: str) -> str:
        where = f"{self._options.key_field} = {quoted(external_id(key))}"
        return f"SELECT {fields} FROM {table} WHERE {where} LIMIT 1"

    def _upsert(self, table: str, key: str, values: Mapping[str, Any]) -> Part:
        path = f"sobjects/{table}/{self._options.key_field}/{external_id(key)}"
        return Part("PATCH", path, dict(values))

    async def _present(self, table: str, values: Mapping[str, Any]) -> dict[str, Any]:
        described = await self._api.describe(table)
        return {
            name: value
            for name, value in values.items()
            if value is not None and name in described.fields
        }

    async def _state(self, ours: str) -> dict[str, str]:
        rule = self._fields.state
        theirs = rule.written(ours)
        names = plain_fields((rule,), await self._api.describe("Case"))
        if not theirs or not names:
            raise Invalid("the mapping knows no such state of a case")
        return {names[0]: theirs}

    def _number_field(self, described: Any) -> str:
        names = plain_fields((self._fields.number,), described)
        if not names:
            raise Invalid("Case has not the field that the mapping has for its number")
        return names[0]

    @property
    def _fields(self) -> CaseFields:
        fields = self._mapper.mapping.case
        if fields is None:
            raise Unsupported("the mapping has no section case")
        return fields


def _written(fields: CaseFields, ours: str) -> str | None:
    return (fields.priority.written(ours) or None) if fields.priority else None


def _bare(contact: str) -> str:
    record_id(contact)
    return contact


def _only(found: Sequence[Row]) -> Row:
    if not found or "Id" not in found[0]:
        raise Invalid("answered no record where there is one")
    return found[0]
