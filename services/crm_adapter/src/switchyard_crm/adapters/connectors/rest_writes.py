"""Writes of the connector `rest`, each once per key."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.once import OneAtATime
from switchyard_crm.adapters.connectors.rest_api import RestApi
from switchyard_crm.adapters.connectors.rest_options import (
    CreateCase,
    GetCase,
    LogInteraction,
    Lookup,
    UpdateCase,
)
from switchyard_crm.domain.customer import Case, Interaction
from switchyard_crm.service.connectors import CaseChange, Invalid, NewCase

_LOOKED_AT = 100


class RestWrites:
    """Notes contacts, opens and changes cases."""

    def __init__(self, api: RestApi, mapper: Mapper, get_case: GetCase | None) -> None:
        self._api = api
        self._mapper = mapper
        self._get_case = get_case
        self._keys = OneAtATime()

    async def interaction(
        self, operation: LogInteraction, key: str, source_id: str, noted: Interaction
    ) -> str:
        """As `Connector.log_interaction`."""
        values = {
            "key": key,
            "id": source_id,
            "channel": self._channel(noted.channel),
            "time": noted.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "summary": noted.summary,
            "agent": noted.agent,
            "disposition": noted.disposition,
            "contact": noted.contact,
        }
        async with self._keys.holding(key):
            entry = await self._earlier(operation.lookup, key, {"id": source_id})
            if entry is None:
                entry = await self._api.thing(operation, values)
        id_ = operation.id_path.text(entry)
        if not id_:
            raise Invalid("answered a new entry without its id; see log_interaction.id_path")
        return id_

    async def case(self, operation: CreateCase, key: str, source_id: str, case: NewCase) -> Case:
        """As `Connector.create_case`."""
        fields = self._mapper.mapping.case
        values = {
            "key": key,
            "id": source_id,
            "subject": case.subject,
            "description": case.description,
            "priority": _written(fields.priority if fields else None, case.priority, "priority"),
            "order_number": case.order_number,
        }
        async with self._keys.holding(key):
            made = await self._earlier(operation.lookup, key, {"id": source_id})
            if made is None:
                made = await self._api.thing(operation, values)
        return await self._shown(made)

    async def change(
        self, operation: UpdateCase, key: str, number: str, change: CaseChange
    ) -> Case:
        """As `Connector.update_case`."""
        fields = self._mapper.mapping.case
        state = _written(fields.state if fields else None, change.state, "state")
        values = {
            "key": key,
            "number": number,
            "state": state,
            "comment": change.comment,
            "public": change.public,
        }
        async with self._keys.holding(key):
            earlier = await self._earlier(operation.lookup, key, {"number": number})
            if earlier is None:
                answered = await self._api.things(operation, values)
                if self._get_case is None and answered:
                    return self._mapper.case(answered[0])
        return await self._read(number)

    async def _earlier(
        self, lookup: Lookup | None, key: str, values: Mapping[str, Any]
    ) -> Any | None:
        """What an earlier try with this key made."""
        if lookup is None:
            return None
        asked = {**values, "key": key, "limit": _LOOKED_AT}
        async for page in self._api.pages(lookup, asked):
            for thing in page:
                if key in lookup.key_path.texts(thing):
                    return thing
        return None

    async def _shown(self, made: Any) -> Case:
        fields = self._mapper.mapping.case
        number = fields.number.text(made) if fields is not None else ""
        if self._get_case is None or not number:
            return self._mapper.case(made)
        return await self._read(number)

    async def _read(self, number: str) -> Case:
        if self._get_case is None:
            raise Invalid("answered a change without the case; describe get_case")
        return self._mapper.case(await self._api.thing(self._get_case, {"number": number}))

    def _channel(self, channel: str) -> str:
        fields = self._mapper.mapping.interaction
        return (fields.channel.written(channel) if fields is not None else "") or channel


def _written(rule: FieldRule | None, ours: str, name: str) -> str:
    theirs = rule.written(ours) if rule is not None else ours
    if ours and not theirs:
        raise Invalid(f"the mapping knows no such {name}: case.{name}.values")
    return theirs
