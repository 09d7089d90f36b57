"""A customer store in memory, which can be told to fail or to hang."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from switchyard_crm.domain.context import (
    CONTACTS_WINDOW_DAYS,
    LAST_AGENTS,
    ContextPart,
    CustomerContext,
    RoutingHints,
    Section,
)
from switchyard_crm.domain.customer import LOCAL_SOURCE, CustomerRecord, Interaction, Order
from switchyard_crm.domain.errors import CustomerNotFound, StoreUnavailable, WriteConflict
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind, order_key
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.interactions import LoggedInteraction, WriteRequest
from switchyard_crm.service.orders import HeldOrder


@dataclass
class Faults:
    """What goes wrong from now on. `hang_at` is the section before which the source hangs."""

    down: bool = False
    hang: bool = False
    hang_at: Section | None = None
    crash_at: Section | None = None


class FakeStore:
    """All ports of the service."""

    name = LOCAL_SOURCE

    def __init__(self) -> None:
        self.faults = Faults()
        self._records: dict[CustomerName, CustomerRecord] = {}
        self._logged: dict[tuple[TenantId, str], LoggedInteraction] = {}
        self._logged_of: dict[CustomerName, list[Interaction]] = {}

    async def ping(self) -> None:
        await self._answer()

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[tuple[CustomerId, ...]]:
        await self._answer()
        return [self._holders(tenant, identifier)[:limit] for identifier in identifiers]

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

    async def find_order(self, tenant: TenantId, order_key: str) -> HeldOrder | None:
        await self._answer()
        for record, order in self._orders(tenant):
            if _key(order) == order_key:
                phones = record.customer.values(IdentifierKind.PHONE)
                return HeldOrder(
                    order,
                    record.customer.name,
                    record.customer.language,
                    tuple(known.value for known in phones),
                )
        return None

    async def order_owners(
        self, tenant: TenantId, order_keys: Sequence[str]
    ) -> dict[str, CustomerId]:
        await self._answer()
        owners = {_key(o): record.customer.name.customer for record, o in self._orders(tenant)}
        return {key: owners[key] for key in order_keys if key in owners}

    async def replace(self, records: Sequence[CustomerRecord]) -> None:
        await self._answer()
        for record in records:
            owners = await self.order_owners(
                record.customer.name.tenant, [_key(order) for order in record.orders]
            )
            if set(owners.values()) - {record.customer.name.customer}:
                raise WriteConflict
        self._records |= {record.customer.name: record for record in records}

    async def append(
        self, customer: CustomerName, interaction: Interaction, request: WriteRequest
    ) -> LoggedInteraction:
        await self._answer()
        known = self._logged.get((customer.tenant, request.request_id))
        if known is not None:
            return known
        if customer not in self._records:
            raise CustomerNotFound
        logged = LoggedInteraction(interaction.id, request.digest, new=True)
        self._logged[customer.tenant, request.request_id] = replace(logged, new=False)
        self._logged_of.setdefault(customer, []).append(interaction)
        return logged

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

    def _holders(self, tenant: TenantId, identifier: Identifier) -> tuple[CustomerId, ...]:
        return tuple(
            name.customer
            for name, record in self._records.items()
            if name.tenant == tenant
            and (
                identifier in record.customer.identifiers
                or identifier == Identifier(IdentifierKind.CUSTOMER_ID, name.customer)
                or identifier
                in [Identifier(IdentifierKind.ORDER_NUMBER, _key(o)) for o in record.orders]
            )
        )

    def _orders(self, tenant: TenantId) -> list[tuple[CustomerRecord, Order]]:
        return [
            (record, order)
            for name, record in self._records.items()
            if name.tenant == tenant
            for order in record.orders
        ]

    def _timeline(self, record: CustomerRecord) -> list[Interaction]:
        logged = self._logged_of.get(record.customer.name, [])
        everything = [*record.interactions, *logged]
        return sorted(everything, key=lambda each: (each.time, each.id), reverse=True)

    def _content(
        self, section: Section, record: CustomerRecord, query: SourceQuery
    ) -> CustomerContext:
        limit = query.limit
        match section:
            case Section.PROFILE:
                known = tuple(sorted(record.customer.identifiers, key=_sort_key))
                return CustomerContext(customer=replace(record.customer, identifiers=known))
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
        agents = dict.fromkeys(each.agent for each in timeline if each.agent)
        return RoutingHints(
            tier=record.customer.tier,
            language=record.customer.language,
            last_agents=tuple(agents)[:LAST_AGENTS],
            open_cases=sum(each.state != "closed" for each in record.cases),
            contacts_7d=sum(each.time >= since for each in timeline),
        )


def _key(order: Order) -> str:
    return order_key(order.number, "number")


def _sort_key(known: Identifier) -> tuple[str, str, str]:
    return known.kind, known.namespace, known.value
