"""A customer store in memory, which can be told to fail or to hang."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from switchyard_crm.domain.context import (
    CONTACTS_WINDOW_DAYS,
    LAST_AGENTS,
    AgentContact,
    ContextPart,
    CustomerContext,
    RoutingHints,
    Section,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE, Interaction, Order
from switchyard_crm.domain.errors import CustomerNotFound, StoreUnavailable, WriteConflict
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, order_key
from switchyard_crm.domain.matching.person_names import name_key
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord
from switchyard_crm.domain.resolution import Holders
from switchyard_crm.service.cases import WriteStamp
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.orders import HeldOrder
from switchyard_crm.service.requests import Answered, WriteRequest, repeated

from tests.fakes.crm.people import shown


@dataclass
class Faults:
    """What goes wrong from now on. `hang_at` is the section before which the source hangs."""

    down: bool = False
    hang: bool = False
    hang_at: Section | None = None
    crash_at: Section | None = None


class FakeStore:
    """All ports of the service. Each record is a customer: nothing is linked here."""

    name = LOCAL_SOURCE

    def __init__(self) -> None:
        self.faults = Faults()
        self._records: dict[CustomerName, CustomerRecord] = {}
        self._names: dict[tuple[str, str, str], CustomerName] = {}
        self._logged: dict[tuple[TenantId, str], tuple[str, str]] = {}
        self._logged_of: dict[CustomerName, list[Interaction]] = {}

    async def ping(self) -> None:
        await self._answer()

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[Holders]:
        await self._answer()
        return [self._holders(tenant, identifier, limit) for identifier in identifiers]

    async def read(self, query: SourceQuery) -> AsyncGenerator[ContextPart]:
        await self._answer()
        record = self._records.get(query.customer)
        for section in dict.fromkeys([Section.PROFILE, Section.ROUTING, *Section]):
            if section not in query.sections:
                continue
            await self._fail_at(section)
            if record is not None:
                yield ContextPart(section, self._content(section, record, query))
            elif section not in (Section.PROFILE, Section.ROUTING):
                yield ContextPart(section, CustomerContext())

    async def find_order(self, tenant: TenantId, order_key: str) -> Sequence[HeldOrder]:
        await self._answer()
        return [
            HeldOrder(
                order,
                record.name,
                record.profile.language,
                tuple(known.value for known in record.profile.values(IdentifierKind.PHONE)),
            )
            for record, order in self._orders(tenant)
            if _key(order) == order_key
        ]

    async def order_owners(
        self, tenant: TenantId, source: str, order_keys: Sequence[str]
    ) -> dict[str, CustomerId]:
        await self._answer()
        owners = {
            _key(order): record.name.customer
            for record, order in self._orders(tenant)
            if record.profile.provenance.source == source
        }
        return {key: owners[key] for key in order_keys if key in owners}

    async def replace(self, records: Sequence[CustomerRecord]) -> tuple[CustomerId, ...]:
        await self._answer()
        records = [record for record in records if record.has_a_place]
        ids = []
        for record in records:
            place = record.name.tenant, record.profile.provenance.source
            source_id = record.profile.provenance.source_id
            name = self._names.get((*place, source_id), record.name)
            owners = await self.order_owners(*place, [_key(order) for order in record.orders])
            if set(owners.values()) - {name.customer}:
                raise WriteConflict
            ids.append(name.customer)
        for record, its_id in zip(records, ids, strict=True):
            name = CustomerName(record.name.tenant, its_id)
            origin = record.profile.provenance
            self._names[name.tenant, origin.source, origin.source_id] = name
            self._records[name] = replace(record, name=name)
        return tuple(ids)

    async def append(
        self,
        customer: CustomerName,
        interaction: Interaction,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Answered:
        await self._answer()
        known = self._logged.get((request.tenant, request.id))
        if known is not None:
            return repeated(request, *known)
        if customer not in self._records:
            raise CustomerNotFound
        self._logged[request.tenant, request.id] = request.digest, stamp.delivery
        self._logged_of.setdefault(customer, []).append(interaction)
        return Answered(stamp.delivery, new=True)

    async def _answer(self) -> None:
        if self.faults.hang:
            await asyncio.Event().wait()
        if self.faults.down:
            raise StoreUnavailable

    async def _fail_at(self, section: Section) -> None:
        if section is self.faults.hang_at:
            await asyncio.Event().wait()
        if section is self.faults.crash_at:
            raise RuntimeError("a bug of this source")

    def _holders(self, tenant: TenantId, identifier: Identifier, limit: int) -> Holders:
        found = [
            record
            for name, record in self._records.items()
            if name.tenant == tenant and identifier in _known_by(record)
        ]
        identified = [record for record in found if identifier in record.profile.identifiers]
        names = {name_key(record.profile.display_name) for record in identified} - {""}
        customers = tuple(record.name.customer for record in found)
        return Holders(customers[:limit], len(names), len(found))

    def _orders(self, tenant: TenantId) -> list[tuple[CustomerRecord, Order]]:
        return [
            (record, order)
            for name, record in self._records.items()
            if name.tenant == tenant
            for order in record.orders
        ]

    def _timeline(self, record: CustomerRecord) -> list[Interaction]:
        logged = self._logged_of.get(record.name, [])
        everything = [*record.interactions, *logged]
        return sorted(everything, key=lambda each: (each.time, each.id), reverse=True)

    def _content(
        self, section: Section, record: CustomerRecord, query: SourceQuery
    ) -> CustomerContext:
        limit = query.limit
        match section:
            case Section.PROFILE:
                return CustomerContext(customer=shown(record))
            case Section.ORDERS:
                newest = sorted(record.orders, key=lambda o: o.placed_time, reverse=True)
                return CustomerContext(orders=tuple(newest[:limit]))
            case Section.BILLS:
                late = sorted(record.bills, key=lambda bill: str(bill.due_date), reverse=True)
                return CustomerContext(bills=tuple(late[:limit]))
            case Section.OPEN_CASES:
                open_cases = [each for each in record.cases if each.state != "closed"]
                open_cases.sort(key=lambda each: each.update_time, reverse=True)
                return CustomerContext(open_cases=tuple(open_cases[:limit]))
            case Section.TIMELINE:
                return CustomerContext(timeline=tuple(self._timeline(record)[:limit]))
            case Section.ROUTING:
                return CustomerContext(routing=self._hints(record, query))

    def _hints(self, record: CustomerRecord, query: SourceQuery) -> RoutingHints:
        timeline = self._timeline(record)
        since = query.now - timedelta(days=CONTACTS_WINDOW_DAYS)
        agents = dict[str, AgentContact]()
        for each in timeline:
            if each.agent:
                contact = AgentContact(each.agent, each.disposition, each.time)
                agents.setdefault(each.agent, contact)
        return RoutingHints(
            tier=record.profile.tier,
            language=record.profile.language,
            last_agents=tuple(agents.values())[:LAST_AGENTS],
            open_cases=sum(each.state != "closed" for each in record.cases),
            contacts_7d=sum(each.time >= since for each in timeline),
        )


def _known_by(record: CustomerRecord) -> set[Identifier]:
    origin = record.profile.provenance
    return {
        *record.profile.identifiers,
        Identifier(IdentifierKind.CUSTOMER_ID, record.name.customer),
        Identifier(IdentifierKind.SOURCE_RECORD, origin.source_id, origin.source),
        *(Identifier(IdentifierKind.ORDER_NUMBER, _key(order)) for order in record.orders),
    }


def _key(order: Order) -> str:
    return order_key(order.number, "number")
