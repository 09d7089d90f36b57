"""Salesforce by its REST API: contacts (person accounts are contacts too), cases, tasks, orders.

Changes are read by SystemModstamp with `queryAll`, which also shows what was deleted or merged away
as long as the recycle bin keeps it (15 days, "sObject Get Deleted"). SystemModstamp changes with
every write, also with those that keep LastModifiedDate.

Phones are stored as typed. `phone_search: pattern` asks with LIKE for the digits with anything
between them, which finds every notation and reads the whole table; `exact` asks for the usual
notations, which custom indexes help. Found records are checked here.

The connector cannot erase: deleted records stay in the recycle bin, which the REST API does not
empty, and texts of cases and tasks would stay.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field
from switchyard_common.errors import StartError

from switchyard_crm.adapters.connectors.footers import read_marked
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.notations import notations, patterns
from switchyard_crm.adapters.connectors.registry import ConnectorKind, ConnectorParts, shipped
from switchyard_crm.adapters.connectors.salesforce_api import Described, SalesforceApi
from switchyard_crm.adapters.connectors.salesforce_api import Row as SalesforceRow
from switchyard_crm.adapters.connectors.salesforce_tokens import (
    ClientCredentials,
    Grant,
    SignedAssertion,
    Tokens,
    private_key,
)
from switchyard_crm.adapters.connectors.salesforce_writes import CaseOptions, SalesforceWrites
from switchyard_crm.adapters.connectors.soql import (
    any_of,
    listed,
    plain_fields,
    quoted,
    record_id,
    selected,
    stamped,
)
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
_MAX_PAGE = 500
# A transaction stamps its beginning and shows its records at its end; ten minutes are its longest.
_SWEEP = Sweep(timedelta(seconds=1), overlap_seconds=600)


class SalesforceOptions(CaseOptions):
    """`audience` is the login server for JWT; `orders_by` what links an order to a contact."""

    api_version: str = Field(default="62.0", pattern=r"^\d{2,3}\.0$")
    audience: str = "https://login.salesforce.com"
    phone_search: Literal["pattern", "exact"] = "pattern"
    orders_by: Literal["AccountId", "BillToContactId"] = "AccountId"


class SalesforceConnector:
    """One Salesforce org."""

    def __init__(
        self, name: str, api: SalesforceApi, mapper: Mapper, options: SalesforceOptions
    ) -> None:
        self._name = name
        self._api = api
        self._mapper = mapper
        self._options = options
        self._writes = SalesforceWrites(api, mapper, options)
        self._changed = _ChangedContacts(self)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All but erasing."""
        return frozenset(Capability) - {Capability.ERASE}

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Contacts that hold an identifier."""
        if not identifier.value.isprintable():
            return ()  # no field of one line holds it
        where = await self._holding(identifier)
        if not where:
            return ()
        rows = await self.contacts(where, "Id", _ASKED_FOR)
        read = map(self._mapper.profile, rows)
        held = [one for one in read if identifier in one.identifiers or _is_itself(identifier, one)]
        return held[:MAX_FOUND]

    async def get(self, source_id: str) -> Profile:
        """A contact that is not deleted."""
        found = await self.contacts(f"Id = {record_id(source_id)}", "Id", 1)
        if not found:
            raise NotFound("there is no such contact")
        return self._mapper.profile(found[0])

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Completed tasks of a contact; their time is that of their making."""
        fields = self._mapper.mapping.interaction
        if fields is None:
            raise Unsupported("the mapping has no section interaction")
        where = f"WhoId = {record_id(source_id)} AND IsClosed = true{_before(cursor)}"
        described = await self._api.describe("Task")
        asked = selected(fields, described, "Id", "CreatedDate", "Description")
        most = _page(limit)
        rows = await self._api.query(
            f"SELECT {asked} FROM Task WHERE {where} "
            f"ORDER BY CreatedDate DESC, Id DESC LIMIT {most}"
        )
        told = tuple(self._mapper.interaction(_task(row)) for row in rows)
        return TimelinePage(told, _cursor(rows[-1]) if len(rows) == most else "")

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Cases of a contact whose status does not close them."""
        fields = self._mapper.mapping.case
        if fields is None:
            raise Unsupported("the mapping has no section case")
        asked = selected(fields, await self._api.describe("Case"), "Id")
        rows = await self._api.query(
            f"SELECT {asked} FROM Case WHERE ContactId = {record_id(source_id)} "
            f"AND IsClosed = false ORDER BY LastModifiedDate DESC, Id DESC LIMIT {_page(limit)}"
        )
        return [self._mapper.case(row) for row in rows]

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Orders of a contact's account, or billed to the contact, as the options say."""
        fields = self._mapper.mapping.order
        if fields is None:
            raise Unsupported("the mapping has no section order")
        contact = record_id(source_id)
        owners = {
            "AccountId": f"AccountId IN (SELECT AccountId FROM Contact WHERE Id = {contact})",
            "BillToContactId": f"BillToContactId = {contact}",
        }
        asked = selected(fields, await self._api.describe("Order"), "Id")
        rows = await self._api.query(
            f"SELECT {asked} FROM Order WHERE {owners[self._options.orders_by]} "
            f"ORDER BY CreatedDate DESC, Id DESC LIMIT {_page(limit)}"
        )
        return [self._mapper.order(row) for row in rows]

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """A completed task."""
        return await self._writes.log(key, source_id, interaction)

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """A case of the contact."""
        return await self._writes.create(key, source_id, case)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """A new status, and a task of the case that says so."""
        return await self._writes.update(key, number, change)

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Contacts by their last change; deleted and merged ones are removed."""
        position, _ = decode_position(cursor)
        await self._api.describe("Contact")  # which also tells the time
        swept = await _SWEEP.page(self._changed, position, _page(limit), self._api.now)
        deleted = tuple(row.id for row in swept.rows if row.document.get("IsDeleted"))
        kept = (row.document for row in swept.rows if row.id not in deleted)
        profiles = tuple(map(self._mapper.profile, kept))
        return Changes(profiles, deleted, encode_position(swept.position), swept.more)

    async def erase(self, source_id: str) -> None:
        """Not possible: see above."""
        raise Unsupported("Salesforce keeps deleted contacts; erase there by hand")

    async def health(self) -> datetime:
        """Salesforce's time, if the credentials work."""
        await self._api.call("GET", "limits")
        return self._api.now

    async def close(self) -> None:
        """Give back connections."""
        await self._api.close()

    async def contacts(
        self, where: str, order: str, limit: int, *, deleted: bool = False
    ) -> list[SalesforceRow]:
        """Contacts as documents for the mapping."""
        described = await self._api.describe("Contact")
        asked = selected(
            self._mapper.mapping.profile, described, "Id", "IsDeleted", "SystemModstamp"
        )
        soql = f"SELECT {asked} FROM Contact WHERE {where} ORDER BY {order} LIMIT {limit}"
        return await self._api.query(soql, deleted=deleted)

    async def _holding(self, identifier: Identifier) -> str:
        profile = self._mapper.mapping.profile
        described = await self._api.describe("Contact")
        match identifier.kind:
            case IdentifierKind.PHONE:
                return self._with_phone(identifier.value, described)
            case IdentifierKind.EMAIL:
                names = plain_fields(profile.emails, described)
            case IdentifierKind.SOURCE_RECORD if identifier.namespace == self._name:
                return _itself(identifier.value)
            case IdentifierKind.HANDLE | IdentifierKind.SOURCE_RECORD:
                handle = identifier.kind is IdentifierKind.HANDLE
                rules = profile.handles if handle else profile.records
                meant = [one.path for one in rules if one.namespace == identifier.namespace]
                names = plain_fields(meant, described)
            case _:
                return ""
        held = [f"{name} = {quoted(identifier.value)}" for name in names if "." not in name]
        return any_of(held) if held else ""

    def _with_phone(self, e164: str, described: Described) -> str:
        names = plain_fields(self._mapper.mapping.profile.phones, described)
        if not names:
            return ""
        if self._options.phone_search == "exact":
            written = listed(notations(e164))
            return any_of([f"{name} IN {written}" for name in names])
        return any_of([f"{name} LIKE {quoted(text)}" for name in names for text in patterns(e164)])


class _ChangedContacts:
    """All contacts, deleted or not, by the time of their last change."""

    def __init__(self, connector: SalesforceConnector) -> None:
        self._connector = connector

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        where = f"SystemModstamp >= {stamped(start)}"
        return await self._rows(where, "SystemModstamp, Id", limit)

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        where = f"SystemModstamp >= {stamped(start)} AND SystemModstamp < {stamped(end)}"
        if after_id:
            where += f" AND Id > {record_id(after_id)}"
        return await self._rows(where, "Id", limit)

    async def _rows(self, where: str, order: str, limit: int) -> list[Row]:
        found = await self._connector.contacts(where, order, limit, deleted=True)
        return [Row(_moment(one, "SystemModstamp"), _text(one, "Id"), one) for one in found]


def _task(row: SalesforceRow) -> SalesforceRow:
    """A task with its `text`, and `told` if it is ours, whose owner is no agent then."""
    marked = read_marked(row.get("Description") or "")
    ours = {"Owner": None} if marked.key else {}
    return {**row, **ours, "text": marked.text, "told": dict(marked.fields)}


def _is_itself(identifier: Identifier, profile: Profile) -> bool:
    named = (identifier.namespace, identifier.value)
    itself = (profile.provenance.source, profile.provenance.source_id)
    return identifier.kind is IdentifierKind.SOURCE_RECORD and named == itself


def _itself(text: str) -> str:
    try:
        return f"Id = {record_id(text)}"
    except NotFound:
        return ""


def _page(limit: int) -> int:
    return max(1, min(limit, _MAX_PAGE))


def _text(row: SalesforceRow, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Invalid(f"answered a row without {name}")
    return value


def _moment(row: SalesforceRow, name: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(row, name))
    except ValueError:
        raise Invalid(f"answered a row without a readable {name}") from None


def _cursor(row: SalesforceRow) -> str:
    return json.dumps([_moment(row, "CreatedDate").isoformat(), _text(row, "Id")])


def _before(cursor: str) -> str:
    if not cursor:
        return ""
    try:
        time, last = json.loads(cursor)
        made, after = stamped(datetime.fromisoformat(time)), record_id(last)
    except (ValueError, TypeError, NotFound):
        raise Invalid("the cursor of a timeline cannot be read") from None
    return f" AND (CreatedDate < {made} OR (CreatedDate = {made} AND Id < {after}))"


def build(parts: ConnectorParts) -> SalesforceConnector:
    """The connector of one entry of the connectors file. Raises StartError."""
    options: SalesforceOptions = parts.options
    tokens = Tokens(parts.http, _grant(parts, options))
    api = SalesforceApi(parts.http, tokens, options.api_version, parts.clock)
    return SalesforceConnector(parts.name, api, parts.mapper, options)


def _grant(parts: ConnectorParts, options: SalesforceOptions) -> Grant:
    secrets = parts.secrets
    if "client_secret" in secrets:
        return ClientCredentials(secrets["client_id"], secrets["client_secret"])
    if not {"private_key", "username"} <= secrets.keys():
        raise StartError(
            f"connector {parts.name}: credentials: give client_secret, or private_key and username"
        )
    try:
        key = private_key(secrets["private_key"])
    except ValueError as error:
        raise StartError(f"connector {parts.name}: credentials.private_key: {error}") from None
    return SignedAssertion(
        secrets["client_id"], secrets["username"], options.audience, key, parts.clock
    )


KIND = ConnectorKind(
    build=build,
    mapping=shipped("salesforce.yaml"),
    secrets=frozenset(("client_id",)),
    optional_secrets=frozenset(("client_secret", "private_key", "username")),
    options=SalesforceOptions,
)
