"""What every store of the CRM adapter does. Subclasses give the store."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from switchyard_crm.domain.context import AgentContact, CustomerContext, Section
from switchyard_crm.domain.customer import LOCAL_SOURCE, Interaction, OrderItem, Words
from switchyard_crm.domain.errors import CustomerNotFound, RequestIdReused, WriteConflict
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.cases import WriteStamp
from switchyard_crm.service.context import ContextSource, SourceQuery
from switchyard_crm.service.importing import CustomerWriter
from switchyard_crm.service.interactions import InteractionLog
from switchyard_crm.service.orders import OrderBook
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.service.resolve import IdentityIndex

from tests.fakes.crm.people import (
    DEMO,
    NOW,
    WANG_PHONE,
    customer,
    interaction,
    order,
    phone,
    shown,
    wang,
)

OTHER = TenantId("other")
WANG = CustomerName(DEMO, CustomerId("c-1"))
EVERYTHING = tuple(Section)


class AnyStore(IdentityIndex, ContextSource, OrderBook, InteractionLog, CustomerWriter, Protocol):
    """All ports in one, as the tests below need them."""


async def read(
    store: AnyStore,
    name: CustomerName = WANG,
    sections: tuple[Section, ...] = EVERYTHING,
    limit: int = 10,
) -> tuple[list[Section], CustomerContext]:
    context = CustomerContext()
    delivered = []
    async for part in store.read(SourceQuery(name, sections, limit, NOW)):
        context = context.plus(part.content)
        delivered.append(part.section)
    return delivered, context


async def holders(store: AnyStore, *identifiers: Identifier, limit: int = 6) -> list[set[str]]:
    found = await store.holders(DEMO, identifiers, limit)
    return [set(each.customers) for each in found]


async def names(store: AnyStore, identifier: Identifier) -> int:
    (found,) = await store.holders(DEMO, [identifier], 6)
    return found.names


async def log(
    store: AnyStore,
    name: CustomerName,
    entry: Interaction,
    request_id: str = "r",
    digest: str = "d",
) -> Answered:
    request = WriteRequest(name.tenant, request_id, "LogInteraction", digest)
    return await store.append(name, entry, WriteStamp(entry.id, entry.time), request)


class StoreContract:
    """Mix into a test class that has a fixture `store`."""

    async def test_finds_holders_by_each_kind_of_identifier(self, store: AnyStore) -> None:
        record = wang()
        await store.replace([record, customer("c-2", phone("+8619900005678"))])
        order_number = Identifier(IdentifierKind.ORDER_NUMBER, "SY10240001")
        customer_id = Identifier(IdentifierKind.CUSTOMER_ID, "c-1")
        asked = (*record.profile.identifiers, order_number, customer_id)
        assert await holders(store, *asked) == [{"c-1"}] * len(asked)

    async def test_unknown_identifiers_have_no_holders(self, store: AnyStore) -> None:
        await store.replace([wang()])
        asked = [Identifier(kind, "nothing") for kind in IdentifierKind]
        assert await holders(store, *asked) == [set()] * len(asked)

    async def test_handles_of_different_apps_are_different(self, store: AnyStore) -> None:
        await store.replace([wang()])
        assert await holders(store, Identifier(IdentifierKind.HANDLE, "oX3aBc", "line")) == [set()]

    async def test_finds_no_more_holders_than_asked_for(self, store: AnyStore) -> None:
        await store.replace([customer(f"c-{n}", phone(WANG_PHONE)) for n in range(9)])
        assert [len(found) for found in await holders(store, phone(WANG_PHONE), limit=6)] == [6]

    async def test_a_record_is_found_by_its_id_in_its_source(self, store: AnyStore) -> None:
        await store.replace([customer("c-1", source="erp"), customer("c-2")])
        asked = [Identifier(IdentifierKind.SOURCE_RECORD, "c-1", each) for each in ("erp", "local")]
        assert await holders(store, *asked) == [{"c-1"}, set()]

    async def test_counts_the_names_that_a_value_is_held_under(self, store: AnyStore) -> None:
        people = ["王芳", "Wang Fang", "FANG WANG", "李雷", "John Smith", "未知", ""]
        await store.replace(
            [customer(f"c-{n}", phone(WANG_PHONE), name=name) for n, name in enumerate(people)]
        )
        assert await names(store, phone(WANG_PHONE)) == 3
        assert await names(store, phone("+8619900009999")) == 0

    async def test_injected_sql_finds_nobody(self, store: AnyStore) -> None:
        await store.replace([wang()])
        asked = [Identifier(kind, "x' OR '1'='1") for kind in IdentifierKind]
        assert await holders(store, *asked) == [set()] * len(asked)

    async def test_reads_a_customer_as_it_was_written(self, store: AnyStore) -> None:
        written = wang()
        await store.replace([written])
        delivered, context = await read(store)
        assert set(delivered) == set(Section)
        assert context.customer == shown(written)
        assert set(context.orders) == set(written.orders)
        assert set(context.bills) == set(written.bills)
        assert set(context.timeline) == set(written.interactions)

    async def test_delivers_only_what_was_asked_for(self, store: AnyStore) -> None:
        await store.replace([wang()])
        delivered, context = await read(store, sections=(Section.BILLS,))
        assert delivered == [Section.BILLS]
        assert context == CustomerContext(bills=context.bills)
        assert context.bills

    async def test_newest_entries_come_first_and_are_limited(self, store: AnyStore) -> None:
        await store.replace([wang()])
        _, everything = await read(store)
        assert [each.number for each in everything.orders] == ["SY-1024-0002", "SY-1024-0001"]
        assert [each.number for each in everything.bills] == ["B-2", "B-1"]
        assert [each.number for each in everything.open_cases] == ["T-3", "T-2"]
        assert [each.id for each in everything.timeline] == ["i-4", "i-3", "i-2", "i-1"]
        _, one = await read(store, limit=1)
        assert one.orders == everything.orders[:1]
        assert one.bills == everything.bills[:1]
        assert one.open_cases == everything.open_cases[:1]
        assert one.timeline == everything.timeline[:1]

    async def test_items_stay_with_their_order_and_in_order(self, store: AnyStore) -> None:
        items = [OrderItem(Words("", f"item {n}"), n + 1) for n in range(12)]
        first, second = order("A1", NOW, *items), order("B2", NOW - timedelta(1), items[3])
        await store.replace([replace(wang(), orders=(second, first))])
        _, context = await read(store, sections=(Section.ORDERS,))
        assert context.orders == (first, second)

    async def test_hints_count_open_cases_and_recent_contacts(self, store: AnyStore) -> None:
        await store.replace([wang()])
        _, context = await read(store, sections=(Section.ROUTING,), limit=1)
        assert context.routing is not None
        assert context.routing.tier == "gold"
        assert context.routing.language == "zh-CN"
        assert context.routing.last_agents == (
            AgentContact("a-1", "resolved", NOW - timedelta(days=5)),
            AgentContact("a-2", "resolved", NOW - timedelta(days=6)),
        )
        assert context.routing.open_cases == 2
        assert context.routing.contacts_7d == 3

    async def test_of_an_unknown_customer_lists_are_empty(self, store: AnyStore) -> None:
        await store.replace([wang()])
        delivered, context = await read(store, CustomerName(DEMO, CustomerId("nobody")))
        assert context == CustomerContext()
        assert not {Section.PROFILE, Section.ROUTING} & set(delivered)

    async def test_tenants_do_not_see_each_other(self, store: AnyStore) -> None:
        theirs = customer("c-1", phone(WANG_PHONE), tenant=OTHER, name="Somebody Else")
        await store.replace([wang(), replace(theirs, orders=wang().orders)])
        _, context = await read(store, CustomerName(OTHER, CustomerId("c-1")))
        assert context.customer == shown(theirs)
        assert context.bills == ()
        assert await holders(store, phone(WANG_PHONE)) == [{"c-1"}]
        await store.replace([replace(wang(), orders=())])
        (held,) = await store.find_order(OTHER, "SY10240001")
        assert held.customer.tenant == OTHER
        assert await store.find_order(DEMO, "SY10240001") == []

    async def test_finds_an_order_with_its_owner(self, store: AnyStore) -> None:
        record = wang()
        await store.replace([record])
        (held,) = await store.find_order(DEMO, "SY10240001")
        assert held.order == record.orders[0]
        assert held.customer == WANG
        assert held.language == "zh-CN"
        assert held.phones == (WANG_PHONE,)
        assert await store.find_order(DEMO, "SY10240009") == []

    async def test_finds_an_order_of_somebody_without_a_phone(self, store: AnyStore) -> None:
        await store.replace([replace(customer("c-7"), orders=(order("A1"),))])
        (held,) = await store.find_order(DEMO, "A1")
        assert held.phones == ()

    async def test_finds_an_order_in_each_source_that_knows_it(self, store: AnyStore) -> None:
        twice = [
            replace(customer("c-7", phone("+8619900005678")), orders=(order("A1"),)),
            replace(customer("c-8", source="erp"), orders=(replace(order("a-1"), source="erp"),)),
        ]
        await store.replace(twice)
        found = await store.find_order(DEMO, "A1")
        assert {(held.customer.customer, held.order.number) for held in found} == {
            ("c-7", "A1"),
            ("c-8", "a-1"),
        }

    async def test_tells_whose_orders_are(self, store: AnyStore) -> None:
        await store.replace([wang()])
        owners = await store.order_owners(DEMO, LOCAL_SOURCE, ["SY10240001", "SY10240002", "NONE"])
        assert owners == {"SY10240001": "c-1", "SY10240002": "c-1"}
        assert await store.order_owners(OTHER, LOCAL_SOURCE, ["SY10240001"]) == {}
        assert await store.order_owners(DEMO, "erp", ["SY10240001"]) == {}
        assert await store.order_owners(DEMO, LOCAL_SOURCE, []) == {}

    async def test_replacing_takes_the_place_of_all_that_was_there(self, store: AnyStore) -> None:
        await store.replace([wang(), customer("c-2", phone("+8619900005678"))])
        changed = customer("c-1", phone("+8619900009999"), name="王芳芳")
        await store.replace([changed])
        _, context = await read(store)
        assert context == CustomerContext(customer=shown(changed), routing=context.routing)
        assert await holders(store, phone(WANG_PHONE), phone("+8619900005678")) == [set(), {"c-2"}]
        assert await store.find_order(DEMO, "SY10240001") == []

    async def test_a_record_keeps_the_id_it_was_first_stored_under(self, store: AnyStore) -> None:
        first = customer("c-1", source="erp")
        again = replace(first, name=CustomerName(DEMO, CustomerId("c-9")))
        renamed = replace(again, profile=replace(again.profile, display_name="Jo Other"))
        assert await store.replace([first]) == ("c-1",)
        assert await store.replace([again, customer("c-2")]) == ("c-1", "c-2")
        assert await store.replace([renamed]) == ("c-1",)
        _, context = await read(store)
        assert context.customer is not None
        assert context.customer.display_name is not None
        assert context.customer.display_name.value == "Jo Other"
        assert await holders(store, Identifier(IdentifierKind.CUSTOMER_ID, "c-9")) == [set()]

    async def test_replacing_with_the_same_changes_nothing(self, store: AnyStore) -> None:
        await store.replace([wang()])
        before = await read(store)
        await store.replace([wang()])
        assert await read(store) == before

    async def test_a_record_whose_id_cannot_be_stored_keeps_no_other_out(
        self, store: AnyStore
    ) -> None:
        odd = [customer(f"c-{n}") for n in range(3)]
        ids = ("x" * 257, "a\x00b", "")
        for each, source_id in zip(odd, ids, strict=True):
            origin = replace(each.profile.provenance, source_id=source_id)
            changed = replace(each, profile=replace(each.profile, provenance=origin))
            assert await store.replace([changed, wang()]) == ("c-1",)

    async def test_an_order_of_somebody_else_is_a_conflict_and_stores_nothing(
        self, store: AnyStore
    ) -> None:
        await store.replace([wang()])
        thief = replace(customer("c-2"), orders=(order("sy10240001"),))
        with pytest.raises(WriteConflict):
            await store.replace([customer("c-3"), thief])
        nobody = Identifier(IdentifierKind.CUSTOMER_ID, "c-3")
        assert await holders(store, nobody) == [set()]

    async def test_logs_an_interaction_once_per_request(self, store: AnyStore) -> None:
        await store.replace([customer("c-1")])
        first = await log(store, WANG, interaction("x-1", NOW, "a-9"))
        again = await log(store, WANG, interaction("x-2", NOW, "a-9"))
        assert first == Answered("x-1", new=True)
        assert again == Answered("x-1", new=False)
        with pytest.raises(RequestIdReused):
            await log(store, WANG, interaction("x-3", NOW), digest="other")
        _, context = await read(store)
        assert context.timeline == (interaction("x-1", NOW, "a-9"),)
        assert context.routing is not None
        assert [each.agent for each in context.routing.last_agents] == ["a-9"]

    async def test_one_of_many_simultaneous_requests_is_logged(self, store: AnyStore) -> None:
        await store.replace([customer("c-1")])
        logged = await asyncio.gather(
            *(log(store, WANG, interaction(f"x-{n}", NOW)) for n in range(8))
        )
        assert len({each.answer for each in logged}) == 1
        assert sum(each.new for each in logged) == 1

    async def test_request_ids_are_the_tenants_own(self, store: AnyStore) -> None:
        await store.replace([customer("c-1"), customer("c-1", tenant=OTHER)])
        theirs = CustomerName(OTHER, CustomerId("c-1"))
        await log(store, WANG, interaction("x-1", NOW))
        assert (await log(store, theirs, interaction("x-2", NOW))).new

    async def test_does_not_log_for_an_unknown_customer(self, store: AnyStore) -> None:
        with pytest.raises(CustomerNotFound):
            await log(store, WANG, interaction("x-1", NOW))

    async def test_logged_interactions_outlive_an_import(self, store: AnyStore) -> None:
        await store.replace([wang()])
        await log(store, WANG, interaction("x-1", NOW))
        await store.replace([customer("c-1")])
        _, context = await read(store, sections=(Section.TIMELINE,))
        assert [each.id for each in context.timeline] == ["x-1"]
