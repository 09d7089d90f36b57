"""Odoo 19 and later by its JSON-2 API: partners, tickets or tasks, sales orders, notes.

Removed people are those that were archived: Odoo keeps no trace of deleted records, and what was
merged away is one. What identifies a write is an external id (see `OdooApi.create_once`) and, for
notes, their Message-Id as well, which can be searched for. The connector cannot erase: Odoo refuses
to delete a partner with orders or invoices, and texts elsewhere would stay.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from switchyard_crm.adapters.connectors.mapped import Mapper
from switchyard_crm.adapters.connectors.odoo_api import (
    Document,
    Domain,
    OdooApi,
    moment,
    number,
    record_id,
    stamp,
)
from switchyard_crm.adapters.connectors.odoo_cases import OdooCases, OdooOptions
from switchyard_crm.adapters.connectors.odoo_documents import (
    message_document,
    note,
    profile_document,
)
from switchyard_crm.adapters.connectors.odoo_notes import OdooNotes, cursor_after
from switchyard_crm.adapters.connectors.odoo_search import PartnerSearch
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
_MAX_PAGE = 500
# A transaction stamps its beginning and shows its records at its end.
_SWEEP = Sweep(timedelta(seconds=1), overlap_seconds=120)
_PARTNER, _ORDER, _LINE = "res.partner", "sale.order", "sale.order.line"
_CASES = frozenset((Capability.OPEN_CASES, Capability.CREATE_CASE, Capability.UPDATE_CASE))


class OdooConnector:
    """One Odoo database."""

    def __init__(
        self, name: str, api: OdooApi, mapper: Mapper, options: OdooOptions, cases: OdooCases
    ) -> None:
        self._name = name
        self._api = api
        self._mapper = mapper
        self._options = options
        self._cases = cases
        self._notes = OdooNotes(api)
        self._search = PartnerSearch(api, mapper.mapping.profile, name)
        self._changed = _ChangedPartners(self)

    @property
    def name(self) -> str:
        """The source's name."""
        return self._name

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All but erasing; cases and orders as the options say."""
        without = {Capability.ERASE}
        if not self._options.case_model:
            without |= _CASES
        if not self._options.orders:
            without.add(Capability.ORDERS)
        return frozenset(Capability) - without

    async def find(self, identifier: Identifier) -> Sequence[Profile]:
        """Partners that hold an identifier, archived ones left out."""
        domain = await self._search.domain(identifier)
        if not domain:
            return ()
        read = map(self._mapper.profile, await self.partners(domain, _ASKED_FOR, "id"))
        held = [one for one in read if identifier in one.identifiers or _is_itself(identifier, one)]
        return held[:MAX_FOUND]

    async def get(self, source_id: str) -> Profile:
        """A partner that is not archived."""
        found = await self.partners([["id", "=", record_id(source_id)]], 1, "id")
        if not found:
            raise NotFound("there is no such partner, or it is archived")
        return self._mapper.profile(found[0])

    async def timeline(self, source_id: str, limit: int, cursor: str = "") -> TimelinePage:
        """Messages on a partner."""
        fields = self._mapper.mapping.interaction
        if fields is None:
            raise Unsupported("the mapping has no section interaction")
        most = _page(limit)
        read = await self._notes.read(_PARTNER, record_id(source_id), fields.roots, most, cursor)
        told = tuple(self._mapper.interaction(message_document(one)) for one in read)
        return TimelinePage(told, cursor_after(read[-1]) if len(read) == most else "")

    async def open_cases(self, source_id: str, limit: int) -> Sequence[Case]:
        """Cases whose stage or state is not a closing one."""
        return await self._cases.open(record_id(source_id), _page(limit))

    async def orders(self, source_id: str, limit: int) -> Sequence[Order]:
        """Quotations and sales orders with their lines."""
        fields = self._mapper.mapping.order
        if fields is None or not self._options.orders:
            raise Unsupported("the option orders is false, or the mapping has no section order")
        records = await self._api.search_read(
            _ORDER,
            [["partner_id", "=", record_id(source_id)]],
            await self._api.present(_ORDER, fields.roots),
            _page(limit),
            "date_order desc, id desc",
        )
        lines = await self._lines([number(one) for one in records])
        return [self._mapper.order({**one, "lines": lines.get(number(one), [])}) for one in records]

    async def log_interaction(self, key: str, source_id: str, interaction: Interaction) -> str:
        """An internal note on the partner."""
        partner = await self._api.partner(source_id)
        body = note(key, interaction)
        return str(await self._notes.post(key, _PARTNER, partner, body, interaction.time))

    async def create_case(self, key: str, source_id: str, case: NewCase) -> Case:
        """A case of the partner, in its first stage."""
        return await self._cases.create(key, source_id, case)

    async def update_case(self, key: str, number: str, change: CaseChange) -> Case:
        """A new stage or state and an internal note."""
        return await self._cases.update(key, number, change)

    async def changes(self, cursor: str, limit: int) -> Changes:
        """Partners by their last change; archived ones are removed."""
        position, _ = decode_position(cursor)
        await self._api.fields(_PARTNER)  # which also tells the time
        swept = await _SWEEP.page(self._changed, position, _page(limit), self._api.now)
        archived = tuple(row.id for row in swept.rows if row.document.get("active") is False)
        kept = (row.document for row in swept.rows if row.id not in archived)
        profiles = tuple(map(self._mapper.profile, kept))
        return Changes(profiles, archived, encode_position(swept.position), swept.more)

    async def erase(self, source_id: str) -> None:
        """Not possible: see above."""
        raise Unsupported("Odoo does not delete partners with documents; erase there by hand")

    async def health(self) -> datetime:
        """Odoo's time, if the key works."""
        told = await self._api.call("res.users", "context_get")
        if not isinstance(told, dict):
            raise Invalid("res.users.context_get answered no context")
        return self._api.now

    async def close(self) -> None:
        """Give back connections."""
        await self._api.close()

    async def partners(
        self, domain: Domain, limit: int, order: str, *, archived: bool = False
    ) -> list[Document]:
        """Partners as documents for the mapping."""
        roots = self._mapper.mapping.profile.roots | {"email", "lang", "active", "write_date"}
        fields = await self._api.present(_PARTNER, roots)
        records = await self._api.search_read(
            _PARTNER, domain, fields, limit, order, archived=archived
        )
        return [profile_document(record) for record in records]

    async def _lines(self, orders: list[int]) -> dict[int, list[Document]]:
        fields = await self._api.present(_LINE, ("order_id", "name", "product_uom_qty"))
        asked = [["order_id", "in", orders]]
        lines: dict[int, list[Document]] = {}
        if orders:
            for line in await self._api.search_read(_LINE, asked, fields, _MAX_PAGE, "id"):
                lines.setdefault(_order_of(line), []).append(line)
        return lines


class _ChangedPartners:
    """All partners, archived or not, by the time of their last change."""

    def __init__(self, connector: OdooConnector) -> None:
        self._connector = connector

    async def since(self, start: datetime, limit: int) -> Sequence[Row]:
        return await self._rows([["write_date", ">=", stamp(start)]], limit, "write_date, id")

    async def within(
        self, start: datetime, end: datetime, after_id: str, limit: int
    ) -> Sequence[Row]:
        domain = [
            ["write_date", ">=", stamp(start)],
            ["write_date", "<", stamp(end)],
            ["id", ">", int(after_id) if after_id.isdecimal() else 0],
        ]
        return await self._rows(domain, limit, "id")

    async def _rows(self, domain: Domain, limit: int, order: str) -> list[Row]:
        records = await self._connector.partners(domain, limit, order, archived=True)
        return [Row(moment(one, "write_date"), str(number(one)), one) for one in records]


def _is_itself(identifier: Identifier, profile: Profile) -> bool:
    named = (identifier.namespace, identifier.value)
    itself = (profile.provenance.source, profile.provenance.source_id)
    return identifier.kind is IdentifierKind.SOURCE_RECORD and named == itself


def _page(limit: int) -> int:
    return max(1, min(limit, _MAX_PAGE))


def _order_of(line: Document) -> int:
    order = line.get("order_id")
    if isinstance(order, list) and order and isinstance(order[0], int):
        return order[0]
    raise Invalid("answered a line without its order")


def build(parts: ConnectorParts) -> OdooConnector:
    """The connector of one entry of the connectors file."""
    options: OdooOptions = parts.options
    api = OdooApi(parts.http, parts.clock, parts.secrets["api_key"], options.database)
    cases = OdooCases(api, parts.mapper, options, OdooNotes(api), parts.clock)
    return OdooConnector(parts.name, api, parts.mapper, options, cases)


KIND = ConnectorKind(
    build=build,
    mapping=shipped("odoo.yaml"),
    secrets=frozenset(("api_key",)),
    options=OdooOptions,
    base_path="json/2/",
)
