"""Tickets of HubSpot as cases. Which stages are closed, the account's pipelines say.

Stages have ids, and `metadata.ticketState` OPEN or CLOSED: "Pipelines" in HubSpot's documentation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from switchyard_crm.adapters.connectors.hubspot_api import (
    Document,
    HubspotApi,
    linked_ids,
    object_id,
)
from switchyard_crm.adapters.connectors.hubspot_timeline import NOTE_TO_TICKET, HubspotTimeline
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import CaseFields
from switchyard_crm.domain.customer import CLOSED, Case
from switchyard_crm.service.connectors import CaseChange, Invalid, NewCase, Unsupported

_TICKETS = "tickets"
_TICKET_TO_CONTACT = 16
_NEEDED = ("hs_pipeline", "hs_pipeline_stage", "hs_lastmodifieddate", "createdate")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline."""

    pipeline: str
    id: str
    label: str
    closed: bool


class HubspotTickets:
    """Tickets of one account."""

    def __init__(
        self,
        api: HubspotApi,
        mapper: Mapper,
        timeline: HubspotTimeline,
        pipeline: str,
        properties: frozenset[str],
    ) -> None:
        """`pipeline` is where new tickets go; `properties` are those that the mapping reads."""
        self._api = api
        self._mapper = mapper
        self._timeline = timeline
        self._pipeline = pipeline
        self._properties = properties | frozenset(_NEEDED)
        self._stages: tuple[Stage, ...] = ()

    async def open(self, contact: str, limit: int) -> Sequence[Case]:
        """Tickets in stages that are not closed, last changed first."""
        document = await self._api.read("contacts", object_id(contact), (), _TICKETS)
        ids = linked_ids(document, _TICKETS)
        found = await self._api.read_all(_TICKETS, ids, self._properties) if ids else []
        known = [await self._staged(one) for one in found]
        left = [one for one in known if not one["stage"]["closed"]]
        left.sort(key=_changed, reverse=True)
        return [self._mapper.case(one) for one in left[:limit]]

    async def create(self, key: str, contact: str, case: NewCase) -> Case:
        """The one ticket with this key, in the pipeline's first open stage if it is new."""
        fields = self._fields
        text = "\n".join(part for part in (case.description, case.order_number) if part)
        stages = [one for one in await self._all() if one.pipeline == self._pipeline]
        first = next((one for one in stages if not one.closed), None)
        if first is None:
            raise Invalid("the option pipeline names none with an open stage")
        values = {
            "subject": case.subject,
            "content": text,
            "hs_pipeline": first.pipeline,
            "hs_pipeline_stage": first.id,
        }
        priority = fields.priority.written(case.priority) if fields.priority else ""
        if priority:
            values["hs_ticket_priority"] = priority
        made = await self._api.create_once(_TICKETS, key, values, [(contact, _TICKET_TO_CONTACT)])
        return await self._case(made)

    async def update(self, key: str, number: str, change: CaseChange) -> Case:
        """A new stage, then a note about it, which tells a repeat that all is done."""
        ticket = await self._read(object_id(number))
        if not await self._api.with_key("notes", key):
            if change.state:
                stage = await self._stage(ticket, change.state)
                body = {"properties": {"hs_pipeline_stage": stage.id}}
                await self._api.call("PATCH", f"crm/v3/objects/{_TICKETS}/{ticket['id']}", body)
            text = change.comment or change.state or "-"
            when = self._api.now.isoformat()
            await self._timeline.note(key, text, when, str(ticket["id"]), NOTE_TO_TICKET)
        return await self._case(str(ticket["id"]))

    @property
    def _fields(self) -> CaseFields:
        fields = self._mapper.mapping.case
        if fields is None:
            raise Unsupported("the mapping has no section case")
        return fields

    async def _case(self, ticket: str) -> Case:
        return self._mapper.case(await self._staged(await self._read(ticket)))

    async def _read(self, ticket: str) -> Document:
        return await self._api.read(_TICKETS, ticket, self._properties)

    async def _stage(self, ticket: Document, ours: str) -> Stage:
        pipeline = ticket["properties"].get("hs_pipeline")
        stages = [one for one in await self._all() if one.pipeline == pipeline]
        label = self._fields.state.written(ours)
        fits = [one for one in stages if one.label == label]
        fits += [one for one in stages if ours == CLOSED and one.closed]
        if not fits:
            raise Invalid("the ticket's pipeline has no stage of the mapped name")
        return fits[0]

    async def _staged(self, ticket: Document) -> Document:
        """A ticket with its stage's label, and whether that is a closed one."""
        wanted = ticket["properties"].get("hs_pipeline_stage")
        stage = _of(await self._all(), wanted) or _of(await self._all(anew=True), wanted)
        if stage is None:
            raise Invalid("answered a ticket in a stage of no pipeline")
        return {**ticket, "stage": {"label": stage.label, "closed": stage.closed}}

    async def _all(self, *, anew: bool = False) -> tuple[Stage, ...]:
        if anew or not self._stages:
            answer = await self._api.call("GET", f"crm/v3/pipelines/{_TICKETS}")
            self._stages = tuple(_stages(answer.body))
        return self._stages


def _of(stages: Iterable[Stage], wanted: Any) -> Stage | None:
    return next((one for one in stages if one.id == wanted), None)


def _stages(body: Any) -> list[Stage]:
    try:
        return [
            Stage(
                str(pipeline["id"]),
                str(stage["id"]),
                str(stage["label"]),
                (stage.get("metadata") or {}).get("ticketState") == "CLOSED",
            )
            for pipeline in body["results"]
            for stage in sorted(pipeline["stages"], key=_order)
        ]
    except (LookupError, TypeError, AttributeError):
        raise Invalid("answered no pipelines") from None


def _order(stage: Any) -> int:
    return int(stage.get("displayOrder", 0))


def _changed(ticket: Document) -> tuple[str, int]:
    return str(ticket["properties"].get("hs_lastmodifieddate") or ""), int(ticket["id"])
