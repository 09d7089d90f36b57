"""HubSpot by its CRM API v3: contacts, tickets, engagements, orders.

Changes come from search by `lastmodifieddate`, then the list of archived contacts; a page begins
where the last one ended, so that the 10,000 rows of one search are never reached, and the last
minutes are read again because the index is late. A contact that was merged away is no longer
listed, but its id still reads as the one that it became.

Phones are stored as typed; HubSpot calculates `hs_searchable_calculated_phone_number` (area code
and local number) for numbers that it understands. That is asked for by a pattern, and the typed
fields for the usual notations. Found records are checked here.

Erasing is HubSpot's own for the GDPR: the contact and what belongs to it, for good.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field

from switchyard_crm.adapters.connectors.fields import FieldRule
from switchyard_crm.adapters.connectors.hubspot_api import (
    BATCH,
    Document,
    Filter,
    HubspotApi,
    linked_ids,
    object_id,
)
from switchyard_crm.adapters.connectors.hubspot_tickets import HubspotTickets
from switchyard_crm.adapters.connectors.hubspot_timeline import HubspotTimeline
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.mapping import HandleRule
from switchyard_crm.adapters.connectors.notations import notations
from switchyard_crm.adapters.connectors.registry import ConnectorKind, ConnectorParts, shipped
from switchyard_crm.adapters.connectors.sweeping import (
    Row,
    Sweep,
    decode_position,
    encode_position,
)
from switchyard_crm.domain.customer import Case, Interaction, Order
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.records import Profile
from switchyard_crm.service.connectors import (
    Capability,
    CaseChange,
    Changes,
    Invalid,
    NewCase,
    NotFound,
    TimelinePage,
    Unsupported,
)

MAX_FOUND = 20
_ASKED_FOR = 60  # what a pattern finds besides is dropped here
_MAX_PAGE = 200
_TYPED_PHONES = 3  # with two calculated ones, all filter groups that a search may have
_CONTACTS = "contacts"
_CHANGED = "lastmodifieddate"
_CALCULATED = (
    "hs_searchable_calculated_phone_number",
    "hs_searchable_calculated_mobile_number",
)
_SWEEP = Sweep(timedelta(milliseconds=1), overlap_seconds=300)
_PREFIX = "properties."


class HubspotOptions(BaseModel):
    """`pipeline` is where new tickets go; `key_property` the unique property of our keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pipeline: str = "0"
    key_property: str = Field(default="switchyard_key", pattern=r"^[a-z][a-z0-9_]*$")


class HubspotConnector:
    """One HubSpot account."""

    def __init__(self, name: str, api: HubspotApi, mapper: Mapper, options: HubspotOptions) -> None:
        self._name = name
        self._api = api
        self._mapper = mapper
        mapping = mapper.mapping
        self._timeline = HubspotTimeline(api, mapper, read_properties(mapping.interaction))
        self._tickets = HubspotTickets(
            api, mapper, self._timeline, options.pipeline, read_properties(mapping.case)
        )
        self._changed = _ChangedContacts(self)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All there are."""
        return frozenset(Capability)

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Contacts that hold an identifier."""
        if not identifier.value.isprintable():
            return ()  # no property of one line holds it
        if identifier.kind is IdentifierKind.SOURCE_RECORD and identifier.namespace == self._name:
            return await self._itself(identifier.value)
        groups = self._holding(identifier)
        if not groups:
            return ()
        read = map(self._mapper.profile, await self.contacts(groups, _ASKED_FOR, "hs_object_id"))
        return [one for one in read if identifier in one.identifiers][:MAX_FOUND]

    async def get(self, source_id: str) -> Profile:
        """A contact that is not archived."""
        document = await self._api.read(_CONTACTS, object_id(source_id), self._properties)
        return self._mapper.profile(_contact(document))

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Calls, notes, e-mails and messages."""
        if self._mapper.mapping.interaction is None:
            raise Unsupported("the mapping has no section interaction")
        return await self._timeline.page(source_id, _page(limit), cursor)

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Tickets in stages that are not closed."""
        return await self._tickets.open(source_id, _page(limit))

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Orders that are linked to the contact."""
        fields = self._mapper.mapping.order
        if fields is None:
            raise Unsupported("the mapping has no section order")
        document = await self._api.read(_CONTACTS, object_id(source_id), (), "orders")
        ids = linked_ids(document, "orders")
        found = await self._api.read_all("orders", ids, read_properties(fields)) if ids else []
        read = [self._mapper.order(one) for one in found]
        return sorted(read, key=_placed, reverse=True)[: _page(limit)]

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """A call, or a note for any other channel."""
        return await self._timeline.log(key, await self._existing(source_id), interaction)

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """A ticket of the contact."""
        return await self._tickets.create(key, await self._existing(source_id), case)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """A new stage, and a note on the ticket."""
        return await self._tickets.update(key, number, change)

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Contacts by their last change, and at the end of each sweep those archived since."""
        position, kept = decode_position(cursor)
        if "archived" in kept:
            return await self._archived(cursor, _page(limit))
        await self._told_time()
        swept = await _SWEEP.page(self._changed, position, _page(limit), self._api.now)
        profiles = tuple(self._mapper.profile(row.document) for row in swept.rows)
        if not swept.more:
            kept = {**kept, "archived": "first", "began": self._api.now.isoformat()}
        return Changes(profiles, (), encode_position(swept.position, **kept), more=True)

    async def erase(self, source_id: str) -> None:
        """HubSpot's deletion for the GDPR."""
        body = {"objectId": object_id(source_id)}
        try:
            await self._api.call("POST", f"crm/v3/objects/{_CONTACTS}/gdpr-delete", body)
        except NotFound:
            return  # erased before

    async def health(self) -> datetime:
        """HubSpot's time, if the token may read contacts."""
        await self._told_time()
        return self._api.now

    async def close(self) -> None:
        """Give back connections."""
        await self._api.close()

    async def contacts(
        self, groups: Sequence[Sequence[Filter]], limit: int, sort: str
    ) -> list[Document]:
        """Contacts as documents for the mapping."""
        found = await self._api.search(_CONTACTS, groups, self._properties, limit, sort)
        return [_contact(one) for one in found]

    @property
    def _properties(self) -> frozenset[str]:
        asked = read_properties(self._mapper.mapping.profile)
        return asked | {"email", "hs_additional_emails", _CHANGED}

    async def _told_time(self) -> None:
        await self._api.call("GET", f"crm/v3/objects/{_CONTACTS}", params={"limit": 1})

    async def _itself(self, text: str) -> Sequence[Profile]:
        try:
            return (await self.get(text),)
        except NotFound:
            return ()

    async def _existing(self, source_id: str) -> str:
        document = await self._api.read(_CONTACTS, object_id(source_id), ())
        return str(document["id"])

    async def _archived(self, cursor: str, limit: int) -> Changes:
        """A page of the contacts that were archived since the last sweep."""
        position, kept = decode_position(cursor)
        after = kept.pop("archived")
        params = {"archived": "true", "limit": min(limit, BATCH), "properties": "hs_object_id"}
        if after != "first":
            params["after"] = after
        body = (await self._api.call("GET", f"crm/v3/objects/{_CONTACTS}", params=params)).body
        since = kept.get("swept", "")
        removed = tuple(_archived_since(body, since))
        following = ((body.get("paging") or {}).get("next") or {}).get("after")
        if following:
            told = encode_position(position, **kept, archived=str(following))
            return Changes((), removed, told, more=True)
        return Changes(
            (), removed, encode_position(position, swept=kept.get("began", "")), more=False
        )

    def _holding(self, identifier: Identifier) -> list[list[Filter]]:
        profile = self._mapper.mapping.profile
        match identifier.kind:
            case IdentifierKind.PHONE:
                return _with_phone(identifier.value, sorted(_named(profile.phones)))
            case IdentifierKind.EMAIL:
                token = _filter("hs_additional_emails", "CONTAINS_TOKEN", identifier.value)
                return [[_filter("email", "EQ", identifier.value)], [token]]
            case IdentifierKind.HANDLE:
                return _with_handle(identifier, profile.handles)
            case IdentifierKind.SOURCE_RECORD:
                return _with_handle(identifier, profile.records)
            case _:
                return []


class _ChangedContacts:
    """All contacts by the time of their last change, from the search index."""

    def __init__(self, connector: HubspotConnector) -> None:
        self._connector = connector

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        return await self._rows([_filter(_CHANGED, "GTE", _stamp(start))], limit, _CHANGED)

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        filters = [
            _filter(_CHANGED, "GTE", _stamp(start)),
            _filter(_CHANGED, "LT", _stamp(end)),
            _filter("hs_object_id", "GT", after_id or "0"),
        ]
        return await self._rows(filters, limit, "hs_object_id")

    async def _rows(self, filters: list[Filter], limit: int, sort: str) -> list[Row]:
        found = await self._connector.contacts([filters], limit, sort)
        return [Row(_moment(one), str(one["id"]), one) for one in found]


def read_properties(section: Any) -> frozenset[str]:
    """The properties that a section of a mapping reads."""
    return frozenset(_named(_rules(section)))


def _rules(value: Any) -> Iterator[FieldRule]:
    if isinstance(value, FieldRule):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _rules(one)
    elif isinstance(value, BaseModel):
        for _, inner in value:
            yield from _rules(inner)


def _named(rules: Iterable[FieldRule]) -> Iterator[str]:
    for rule in rules:
        for path in (rule.path, *rule.paths):
            if path.startswith(_PREFIX):
                yield path.removeprefix(_PREFIX).split("[", maxsplit=1)[0]


def _contact(document: Document) -> Document:
    """A contact with all its addresses as `emails`."""
    properties = document["properties"]
    texts = (properties.get("email"), *(properties.get("hs_additional_emails") or "").split(";"))
    return {**document, "emails": [text for text in texts if text]}


def _with_phone(e164: str, typed: list[str]) -> list[list[Filter]]:
    national = phonenumbers.national_significant_number(phonenumbers.parse(e164))
    groups = [[_filter(name, "CONTAINS_TOKEN", f"*{national}*")] for name in _CALCULATED]
    written = list(notations(e164))
    for name in typed[:_TYPED_PHONES]:
        groups.append([{"propertyName": name, "operator": "IN", "values": written}])
    return groups


def _with_handle(identifier: Identifier, rules: Sequence[HandleRule]) -> list[list[Filter]]:
    meant = [rule.path for rule in rules if rule.namespace == identifier.namespace]
    return [[_filter(name, "EQ", identifier.value)] for name in _named(meant)][:5]


def _filter(name: str, operator: str, value: str) -> Filter:
    return {"propertyName": name, "operator": operator, "value": value}


def _stamp(time: datetime) -> str:
    """A moment as filters take it: milliseconds since 1970."""
    return str((time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))


def _moment(document: Document) -> datetime:
    try:
        return datetime.fromisoformat(document["properties"][_CHANGED]).astimezone(UTC)
    except (LookupError, TypeError, ValueError):
        raise Invalid("answered a contact without a readable lastmodifieddate") from None


def _archived_since(body: Any, since: str) -> Iterator[str]:
    try:
        for one in body["results"]:
            if not since or datetime.fromisoformat(one["archivedAt"]) >= _earlier(since):
                yield str(one["id"])
    except (LookupError, TypeError, ValueError):
        raise Invalid("answered no list of archived contacts") from None


def _earlier(since: str) -> datetime:
    return datetime.fromisoformat(since) - timedelta(seconds=_SWEEP.overlap_seconds)


def _placed(order: Order) -> datetime:
    return order.placed_time


def _page(limit: int) -> int:
    return max(1, min(limit, _MAX_PAGE))


def build(parts: ConnectorParts) -> HubspotConnector:
    """The connector of one entry of the connectors file."""
    options: HubspotOptions = parts.options
    token = parts.secrets["access_token"]
    api = HubspotApi(parts.http, token, options.key_property, parts.clock)
    return HubspotConnector(parts.name, api, parts.mapper, options)


KIND = ConnectorKind(
    build=build,
    mapping=shipped("hubspot.yaml"),
    secrets=frozenset(("access_token",)),
    options=HubspotOptions,
)
