"""Cases in Odoo: tickets of Helpdesk, tasks of Project or leads of CRM, as the options say."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from switchyard_common.clock import Clock

from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import CaseFields
from switchyard_crm.adapters.connectors.markup import paragraphs
from switchyard_crm.adapters.connectors.odoo_api import (
    Document,
    Domain,
    OdooApi,
    number,
    record_id,
)
from switchyard_crm.adapters.connectors.odoo_notes import OdooNotes
from switchyard_crm.domain.customer import Case
from switchyard_crm.service.connectors import CaseChange, Invalid, NewCase, NotFound, Unsupported

# Helpdesk: "Tickets in a folded stage are considered as closed" (help of helpdesk.stage.fold).
_OPEN: Mapping[str, Domain] = {
    "helpdesk.ticket": (["stage_id.fold", "=", False],),
    "project.task": (["is_closed", "=", False],),
    "crm.lead": (["stage_id.is_won", "=", False],),
}


class OdooOptions(BaseModel):
    """`database` where one server has several; `case_model` what a case is, empty for none.

    `case_values` are texts that new cases get besides, as in an import file, for instance
    `team_id/.id: "3"`. `orders` is false where Sales is not installed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str = ""
    case_model: Literal["helpdesk.ticket", "project.task", "crm.lead", ""] = "helpdesk.ticket"
    case_values: dict[str, str] = Field(default_factory=dict)
    orders: bool = True


class OdooCases:
    """Cases of one database. Methods raise Unsupported where the options name no model."""

    def __init__(
        self, api: OdooApi, mapper: Mapper, options: OdooOptions, notes: OdooNotes, clock: Clock
    ) -> None:
        self._api = api
        self._mapper = mapper
        self._options = options
        self._notes = notes
        self._clock = clock

    async def open(self, partner: int, limit: int) -> Sequence[Case]:
        """Cases of a partner whose stage or state is not a closing one."""
        domain = [["partner_id", "=", partner], *_OPEN[self._model]]
        return [self._mapper.case(one) for one in await self._read(domain, limit)]

    async def create(self, key: str, source_id: str, case: NewCase) -> Case:
        """The one case with this key; made in its first stage if there is none."""
        model = self._model
        partner = await self._api.partner(source_id)
        order = await self._order(case.order_number, partner)
        unlinked = case.order_number if not order else ""
        values = {
            "name": case.subject,
            "partner_id/.id": str(partner),
            "description": paragraphs(f"{case.description}\n{unlinked}"),
            **self._priority(case.priority),
            **order,
            **self._options.case_values,
        }
        return await self._case(await self._api.create_once(model, key, values))

    async def update(self, key: str, text: str, change: CaseChange) -> Case:
        """A new stage or state, then a note about it, which tells a repeat that all is done."""
        found = await self._read([await self._numbered(text)], 1, archived=True)
        if not found:
            raise NotFound("there is no such case")
        case = number(found[0])
        if not await self._notes.posted(key):
            if change.state:
                values = await self._state(change.state)
                await self._api.call(self._model, "write", ids=[case], vals=values)
            body = paragraphs(change.comment or change.state or "-")
            await self._notes.post(key, self._model, case, body, self._clock.now())
        return await self._case(case)

    @property
    def _model(self) -> str:
        if not self._options.case_model:
            raise Unsupported("the option case_model is empty")
        return self._options.case_model

    @property
    def _fields(self) -> CaseFields:
        fields = self._mapper.mapping.case
        if fields is None:
            raise Unsupported("the mapping has no section case")
        return fields

    async def _read(self, domain: Domain, limit: int, *, archived: bool = False) -> list[Document]:
        fields = await self._api.present(self._model, self._fields.roots)
        return await self._api.search_read(
            self._model, domain, fields, limit, "write_date desc, id desc", archived=archived
        )

    async def _case(self, case: int) -> Case:
        found = await self._read([["id", "=", case]], 1, archived=True)
        if not found:
            raise NotFound("the case is gone")
        return self._mapper.case(found[0])

    async def _numbered(self, text: str) -> list[Any]:
        rule = self._fields.number
        known = await self._api.fields(self._model)
        names = [path for path in (rule.paths or (rule.path,)) if path in known]
        if not names or names[0] == "id":
            return ["id", "=", record_id(text)]
        return [names[0], "=", text]

    async def _state(self, ours: str) -> dict[str, Any]:
        theirs = self._fields.state.written(ours)
        known = await self._api.fields(self._model)
        name = next((root for root in self._fields.state.roots if root in known), "")
        if not theirs or not name:
            raise Invalid("the mapping knows no such state of a case")
        relation = known[name].get("relation")
        if not relation:
            return {name: theirs}
        stages = await self._api.search_read(relation, [["name", "=", theirs]], ("id",), 1, "id")
        if not stages:
            raise Invalid(f"{relation}: there is no stage of the mapped name")
        return {name: number(stages[0])}

    def _priority(self, ours: str) -> dict[str, str]:
        rule = self._fields.priority
        theirs = rule.written(ours) if rule is not None else ""
        return {"priority": theirs} if theirs else {}

    async def _order(self, text: str, partner: int) -> dict[str, str]:
        """The field that links a case to an order, and the order's id; nothing if there is none."""
        rule = self._fields.order_number
        if not text or rule is None or not self._options.orders:
            return {}
        known = await self._api.fields(self._model)
        name = next((root for root in rule.roots if root in known), "")
        domain = [["name", "=", text], ["partner_id", "=", partner]]
        found = await self._api.search_read("sale.order", domain, ("id",), 1, "id") if name else []
        return {f"{name}/.id": str(number(found[0]))} if found else {}
