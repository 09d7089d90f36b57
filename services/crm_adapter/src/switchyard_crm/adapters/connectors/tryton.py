"""Tryton (trytond 8, modules party and sale) over its REST interface.

Parties with their contact mechanisms are people, sales are orders, notes at a party are its
timeline. Tryton has no cases. Credentials: `key`, a validated user application for `rest`.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from pydantic import BaseModel, ConfigDict, Field

from switchyard_crm.adapters.connectors.footers import mark, read_marked, searchable
from switchyard_crm.adapters.connectors.http import JsonHttp
from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.notations import patterns
from switchyard_crm.adapters.connectors.registry import ConnectorKind, ConnectorParts, shipped
from switchyard_crm.adapters.connectors.tryton_api import (
    Document,
    Domain,
    TrytonApi,
    like,
    moment,
    record_id,
    time_of,
)
from switchyard_crm.adapters.connectors.tryton_changes import PARTY, ChangeReader
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
# More than are returned, since the pattern also fits what is no such number.
_SEARCHED = 60
_NOTE = "ir.note"
_MAX_NOTE_CHARS = 16_000
_CAPABILITIES = frozenset(Capability) - {
    Capability.OPEN_CASES,
    Capability.CREATE_CASE,
    Capability.UPDATE_CASE,
}
_BELONGINGS = ("contact_mechanisms", "addresses")
_ALWAYS = frozenset(
    (
        "active",
        "write_date",
        *(f"{one}.{field}" for one in _BELONGINGS for field in ("id", "active", "write_date")),
    )
)
_NEWEST = (("create_date", "DESC"), ("id", "DESC"))
# What Tryton's own wizard party.erase empties, and by what.
_ERASED_CONTACT = {"type": "other", "value": "****", "name": None, "comment": None}
_ERASED_ADDRESS = (
    "party_name", "attn", "street_unstructured", "street_name", "building_name",
    "building_number", "unit_number", "floor_number", "room_number", "post_box",
    "private_bag", "post_office", "postal_code", "city", "country", "subdivision",
)  # fmt: skip


class TrytonOptions(BaseModel):
    """`database` by name; the seconds that are read again after a sweep of changes.

    `deletions`: look for deleted parties in Tryton's log; its key must be an administrator's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str = Field(min_length=1, max_length=64)
    overlap_seconds: float = Field(default=300.0, ge=0, le=86_400)
    deletions: bool = True


class TrytonConnector:
    """One database of a Tryton server."""

    def __init__(
        self, name: str, http: JsonHttp, api: TrytonApi, mapper: Mapper, changes: ChangeReader
    ) -> None:
        """`http` is closed with the connector."""
        self._name = name
        self._http = http
        self._api = api
        self._mapper = mapper
        self._changes = changes

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Everything but cases."""
        return _CAPABILITIES

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Parties that hold it, newest first. Numbers and addresses; others by the mapping."""
        if identifier.kind is IdentifierKind.SOURCE_RECORD and identifier.namespace == self._name:
            return await self._by_id(identifier.value)
        condition = self._condition(identifier)
        if condition is None:
            return ()
        found = await self._parties([condition], _SEARCHED)
        held = (profile for profile in found if identifier in profile.identifiers)
        return tuple(held)[:MAX_FOUND]

    async def get(self, source_id: str) -> Profile:
        """One party. Inactive ones count as removed."""
        found = await self._parties([["id", "=", record_id(source_id)]], 1)
        if not found:
            raise NotFound("there is no such party, or it is inactive")
        return found[0]

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Notes at the party."""
        domain: Domain = [["resource", "=", f"{PARTY},{record_id(source_id)}"]]
        if cursor:
            domain.append(_older(cursor))
        fields = ("message", "create_date", "create_uid.rec_name")
        notes = await self._api.search(_NOTE, domain, fields, limit=limit + 1, order=_NEWEST)
        page = notes[:limit]
        read = [self._mapper.interaction(_note(note)) for note in page]
        read.sort(key=lambda entry: entry.time, reverse=True)
        return TimelinePage(tuple(read), _position(page[-1]) if len(notes) > limit else "")

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Unsupported: Tryton has no cases."""
        raise _no_cases()

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Sales in the states that the mapping names, so without drafts and quotations."""
        fields = self._mapper.mapping.order
        if fields is None:
            raise Unsupported("the mapping has no section order")
        domain = [
            ["party", "=", record_id(source_id)],
            ["state", "in", sorted(fields.state.values)],
        ]
        order = (("sale_date", "DESC"), ("id", "DESC"))
        found = await self._api.search("sale.sale", domain, fields.fields, limit=limit, order=order)
        return tuple(self._mapper.order(document) for document in found)

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """Leave a note at the party whose last line carries the key.

        Tryton holds nothing unique that a caller chooses. So the key is looked for before and
        after: of notes that two callers made at the same moment only the first stays. Who made one
        too many may have been unable to take it back: whoever asks again does so.
        """
        resource = f"{PARTY},{record_id(source_id)}"
        known = await self._noted(resource, key)
        too_many = known[1:]
        if not known:
            await self.get(source_id)
            values: Document = {"resource": resource, "message": _message(key, interaction)}
            made = await self._api.create(_NOTE, values)
            known = await self._noted(resource, key) or [made]
            too_many = [made] if made != known[0] else []
        for note in too_many:
            await self._api.delete(_NOTE, note)
        return str(known[0])

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """Unsupported: Tryton has no cases."""
        raise _no_cases()

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """Unsupported: Tryton has no cases."""
        raise _no_cases()

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Parties that changed, or whose contacts or addresses did; inactive ones as removed."""
        page = await self._changes.page(cursor, limit)
        gone = {str(party): None for party in page.gone}
        profiles: list[Profile] = []
        if page.changed:
            domain: Domain = [["id", "in", list(page.changed)]]
            documents = await self._documents(domain, inactive=True, limit=limit)
            profiles = [self._mapper.profile(_active(one)) for one in documents if one["active"]]
            shown = {profile.provenance.source_id for profile in profiles}
            gone |= {str(party): None for party in page.changed if str(party) not in shown}
        profiles.sort(key=lambda profile: profile.provenance.observed_time)
        return Changes(tuple(profiles), tuple(gone), page.cursor.encode(), page.more)

    async def erase(self, source_id: str) -> None:
        """Empty what Tryton's own wizard empties, and deactivate the party; sales stay."""
        party = record_id(source_id)
        found = await self._documents([["id", "=", party]], inactive=True, limit=1)
        if not found:
            return
        if found[0]["active"] or found[0].get("name"):
            # What is inactive cannot be changed. Deactivated last, so that a repeat goes on.
            for values in (_used(found[0], True), _emptied(found[0]), _used(found[0], False)):
                await self._api.write(PARTY, party, values)
        for model in (_NOTE, "ir.attachment"):
            await self._delete_all(model, f"{PARTY},{party}")

    async def health(self) -> datetime:
        """The server's time."""
        return await self._api.time()

    async def close(self) -> None:
        """Give back connections."""
        await self._http.close()

    async def _by_id(self, source_id: str) -> Sequence[Profile]:
        try:
            return (await self.get(source_id),)
        except NotFound:
            return ()

    def _condition(self, identifier: Identifier) -> Domain | None:
        """What a party has to fulfil, None if nothing says where such an identifier stands."""
        if "\0" in identifier.value:
            return None  # no database takes it
        match identifier.kind:
            case IdentifierKind.PHONE:
                values = [["value", "ilike", pattern] for pattern in patterns(identifier.value)]
                stored = ["OR", ["value_compact", "=", identifier.value], *values]
                return ["contact_mechanisms", "where", [stored]]
            case IdentifierKind.EMAIL:
                address = ["value", "ilike", like(identifier.value)]
                return ["contact_mechanisms", "where", [["type", "=", "email"], address]]
            case _:
                return self._mapped_condition(identifier)

    def _mapped_condition(self, identifier: Identifier) -> Domain | None:
        profile = self._mapper.mapping.profile
        fields = [
            field
            for rule in chain(profile.handles, profile.records)
            if rule.namespace == identifier.namespace
            for path in rule.path.paths_given
            for field in path.fields[:1]
        ]
        return ["OR", *([field, "=", identifier.value] for field in fields)] if fields else None

    async def _parties(self, domain: Domain, limit: int) -> list[Profile]:
        documents = await self._documents(domain, inactive=False, limit=limit)
        return [self._mapper.profile(document) for document in documents]

    async def _documents(self, domain: Domain, *, inactive: bool, limit: int) -> list[Document]:
        fields = (self._mapper.mapping.profile.fields - {"changed"}) | _ALWAYS
        found = await self._api.search(
            PARTY, domain, fields, limit=limit, order=(("id", "DESC"),), inactive=inactive
        )
        return [{**document, "changed": _last_change(document)} for document in found]

    async def _noted(self, resource: str, key: str) -> list[int]:
        """Ids of notes that carry the key, oldest first."""
        text = f"%:key={like(searchable(key))}%"
        domain = [["resource", "=", resource], ["message", "like", text]]
        notes = await self._api.search(
            _NOTE, domain, ("message",), limit=100, order=(("id", "ASC"),)
        )
        return [note["id"] for note in notes if read_marked(str(note["message"])).key == key]

    async def _delete_all(self, model: str, resource: str) -> None:
        domain = [["resource", "=", resource]]
        while found := await self._api.search(
            model, domain, ("id",), limit=100, order=(("id", "ASC"),)
        ):
            for record in found:
                await self._api.delete(model, record["id"])


def _no_cases() -> Unsupported:
    return Unsupported("Tryton has no cases")


def _active(document: Document) -> Document:
    """Without contacts and addresses that are no longer used."""
    used = {
        name: [one for one in document.get(name, ()) if one.get("active", True)]
        for name in _BELONGINGS
    }
    return {**document, **used}


def _last_change(document: Document) -> str:
    inner = (belonging for name in _BELONGINGS for belonging in document.get(name, ()))
    times = [time for one in (document, *inner) if (time := time_of(one, "write_date"))]
    return max(times).isoformat() if times else ""


def _message(key: str, interaction: Interaction) -> str:
    return mark(
        interaction.summary,
        _MAX_NOTE_CHARS,
        key,
        time=interaction.time.isoformat(),
        channel=interaction.channel,
        agent=interaction.agent,
        disposition=interaction.disposition,
        contact=interaction.contact,
    )


def _note(document: Document) -> Document:
    """A note with what our last line tells as fields of its own."""
    marked = read_marked(str(document.get("message") or ""))
    return {**document, **marked.fields, "summary": marked.text}


def _position(document: Document) -> str:
    return f"{document['create_date']} {document['id']}"


def _older(cursor: str) -> Domain:
    """The condition for notes after a position; Invalid for what is none."""
    time, _, last = cursor.partition(" ")
    try:
        then = moment(datetime.fromisoformat(time))
        return [
            "OR",
            ["create_date", "<", then],
            [["create_date", "=", then], ["id", "<", int(last)]],
        ]
    except (ValueError, OverflowError):
        raise Invalid("the cursor of the timeline cannot be read") from None


def _emptied(document: Document) -> Document:
    """Values that leave nothing personal in a party, its contacts and its addresses."""
    empty = dict.fromkeys(_ERASED_ADDRESS)
    return {"name": None} | _in_all(document, _ERASED_CONTACT, empty)


def _used(document: Document, active: bool) -> Document:
    """Values that make a party, its contacts and its addresses active or inactive."""
    return {"active": active} | _in_all(document, {"active": active}, {"active": active})


def _in_all(document: Document, contact: Document, address: Document) -> Document:
    changed = zip(_BELONGINGS, (contact, address), strict=True)
    return {
        name: [["write", [one["id"] for one in document[name]], values]]
        for name, values in changed
        if document.get(name)
    }


def build(parts: ConnectorParts) -> TrytonConnector:
    """A connector out of settings."""
    options: TrytonOptions = parts.options
    key = parts.secrets["key"]

    async def headers() -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    parts.http.headers = headers
    api = TrytonApi(parts.http, parts.clock, options.database)
    changes = ChangeReader(api, options.overlap_seconds, options.deletions)
    return TrytonConnector(parts.name, parts.http, api, parts.mapper, changes)


KIND = ConnectorKind(
    build=build,
    mapping=shipped("tryton.yaml"),
    secrets=frozenset({"key"}),
    options=TrytonOptions,
)
