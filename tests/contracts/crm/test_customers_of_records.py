"""A customer is a view on records: linked they are one, taken apart each has what it brought."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from switchyard_common.clock import FakeClock
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.schema import metadata, records
from switchyard_crm.adapters.sql.tables.links import unlinked
from switchyard_crm.adapters.sql.values import identifier_index
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.context import Section
from switchyard_crm.domain.customer import Money, Provenance, SourcedText
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName
from switchyard_crm.domain.records import CustomerRecord, Profile
from switchyard_crm.domain.tiers import TierLevel, TierRules, TierWinner

from tests.contracts.crm.store_contract import AnyStore, holders, log, read
from tests.fakes.crm.people import (
    DEMO,
    NOW,
    ORDER_NUMBER,
    WANG_EMAIL,
    WANG_PHONE,
    case,
    customer,
    interaction,
    order,
    phone,
    shown,
    wang,
)
from tests.fakes.crm.running import vault
from tests.fakes.crm.sql_store import SqlStore

pytestmark = pytest.mark.integration

WANG = CustomerName(DEMO, CustomerId("c-1"))
ERP = CustomerName(DEMO, CustomerId("e-9"))
OTHER_PHONE = "+8619900005678"
LATER = NOW + timedelta(hours=1)


def in_erp() -> CustomerRecord:
    """Another record of the same person, from a CRM that saw her later."""
    record = customer("e-9", phone(OTHER_PHONE), phone(WANG_PHONE), source="erp", name="Wang Fang")
    origin = Provenance("erp", "e-9", LATER)
    return replace(
        record,
        profile=replace(record.profile, provenance=origin, language="en"),
        orders=(replace(order("E-77", NOW), source="erp"),),
        cases=(replace(case("E-1", updated=NOW), source="erp"),),
        interactions=(replace(interaction("e-i", NOW, "a-7"), source="erp"),),
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=4, writers=4, busy_seconds=20
    ) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> AnyStore:
    return SqlStore(database, vault(), FakeClock(NOW))


async def belong_to(database: Database, customer_id: str, *record_ids: str) -> None:
    """Make records those of a customer."""
    moved = update(records).where(records.c.id.in_(record_ids)).values(customer_id=customer_id)
    async with database.writing() as connection:
        await connection.execute(moved)


async def columns(database: Database, *names: str) -> Sequence[tuple[object, ...]]:
    listed = ", ".join(names)
    async with database.reading() as connection:
        rows = await connection.execute(text(f"SELECT {listed} FROM records ORDER BY id"))
        return [tuple(row) for row in rows]


async def test_several_records_of_one_customer_are_one_holder(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    assert await holders(store, phone(WANG_PHONE)) == [{"c-1", "e-9"}]
    await belong_to(database, "c-1", "e-9")
    asked = [
        phone(WANG_PHONE),
        phone(OTHER_PHONE),
        Identifier(IdentifierKind.CUSTOMER_ID, "e-9"),
        Identifier(IdentifierKind.SOURCE_RECORD, "e-9", "erp"),
        Identifier(IdentifierKind.ORDER_NUMBER, "E77"),
    ]
    assert await holders(store, *asked) == [{"c-1"}] * len(asked)


async def test_a_value_of_very_many_records_is_counted_only_so_far(store: AnyStore) -> None:
    await store.replace([customer(f"c-{n}", phone(WANG_PHONE)) for n in range(200)])
    (found,) = await store.holders(DEMO, [phone(WANG_PHONE)], 6)
    assert len(found.customers) == 6
    assert 50 < found.records < 200


@pytest.mark.parametrize("asked_by", [WANG, ERP])
async def test_by_any_of_its_records_a_customer_shows_all_of_them(
    database: Database, store: AnyStore, asked_by: CustomerName
) -> None:
    await store.replace([wang(), in_erp()])
    await belong_to(database, "c-1", "e-9")
    _, context = await read(store, asked_by)
    local, erp = Provenance("local", "c-1", NOW), Provenance("erp", "e-9", LATER)
    found = context.customer
    assert found is not None
    assert found.name == WANG
    assert found.language == SourcedText("en", erp)
    assert found.tier == SourcedText("gold", local)
    assert set(found.phones) == {SourcedText(WANG_PHONE, erp), SourcedText(OTHER_PHONE, erp)}
    assert found.emails == (SourcedText(WANG_EMAIL, local),)
    assert [each.number for each in context.orders] == ["E-77", "SY-1024-0002", ORDER_NUMBER]
    assert [each.number for each in context.open_cases] == ["E-1", "T-3", "T-2"]
    assert [each.id for each in context.timeline] == ["e-i", "i-4", "i-3", "i-2", "i-1"]
    hints = context.routing
    assert hints is not None
    assert (hints.language, hints.tier) == ("en", "gold")
    assert [(each.agent, each.time) for each in hints.last_agents] == [
        ("a-7", NOW),
        ("a-1", NOW - timedelta(days=5)),
        ("a-2", NOW - timedelta(days=6)),
    ]
    assert (hints.open_cases, hints.contacts_7d) == (3, 4)


async def test_taken_apart_each_record_has_what_it_brought_and_what_was_logged_to_it(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    before = await read(store, WANG), await read(store, ERP)
    await belong_to(database, "c-1", "e-9")
    await log(store, ERP, interaction("x-1", LATER, "a-8"))
    await belong_to(database, "e-9", "e-9")
    assert await read(store, WANG) == before[0]
    _, theirs = await read(store, ERP, (Section.TIMELINE,))
    assert [each.id for each in theirs.timeline] == ["x-1", "e-i"]


async def test_an_order_opens_to_any_phone_of_its_customer(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    await belong_to(database, "c-1", "e-9")
    (held,) = await store.find_order(DEMO, "SY10240001")
    assert held.customer == WANG
    assert set(held.phones) == {WANG_PHONE, OTHER_PHONE}


async def test_records_come_with_their_keys_and_what_is_in_crms_too(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    await belong_to(database, "c-1", "e-9")
    reader = SqlStore(database, vault(), FakeClock(NOW))
    async with database.writing() as connection:
        await connection.execute(
            metadata.tables["copies"]
            .insert()
            .values(
                tenant="demo",
                source="erp",
                kind="case",
                remote_id="77",
                record_id="e-9",
                local_id="T-2",
                time=NOW,
            )
        )
    known = await reader.records_of(ERP)
    assert {each.id: each.profile for each in known.records} == {
        "c-1": wang().profile,
        "e-9": in_erp().profile,
    }
    assert known.copies == {("erp", "case", "77")}
    sealed = known.records[0].key.seal("any", "text")
    assert known.records[0].key.unseal("any", sealed) == "text"
    assert (await reader.records_of(CustomerName(DEMO, CustomerId("no")))).records == ()


async def test_the_tier_follows_the_rules_when_there_are_some(database: Database) -> None:
    levels = (TierLevel("platinum", within_days=90, orders=3),)
    view = View({}, TierRules(TierWinner.COMPUTED, 365, levels))
    store = SqlStore(database, vault(), FakeClock(NOW), view)
    old = replace(order("OLD", NOW - timedelta(days=400)), total=Money("CNY", 10**9))
    await store.replace([replace(wang(), orders=(*wang().orders, old)), in_erp()])
    assert await tier_of(store) == ("gold", "gold")
    await belong_to(database, "c-1", "e-9")
    assert await tier_of(store) == ("platinum", "platinum")


async def tier_of(store: AnyStore) -> tuple[str, str]:
    _, context = await read(store)
    assert context.customer is not None
    assert context.customer.tier is not None
    assert context.routing is not None
    return context.customer.tier.value, context.routing.tier


async def test_a_record_that_says_nothing_new_is_not_written(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), customer("c-2")])
    before = await columns(database, "name", "observed_time", "digest")
    later = Provenance("local", "c-1", LATER)
    turned = tuple(reversed(wang().profile.identifiers))
    seen_again = replace(wang().profile, provenance=later, identifiers=turned)
    await store.replace([replace(wang(), profile=seen_again), customer("c-2")])
    assert await columns(database, "name", "observed_time", "digest") == before
    await store.replace([replace(wang(), profile=replace(seen_again, tier="silver"))])
    after = await columns(database, "name", "observed_time", "digest")
    assert after[0] != before[0]
    assert after[1] == before[1]


def described(**changes: object) -> CustomerRecord:
    return replace(wang(), profile=replace(wang().profile, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "relink"),
    [
        (wang(), False),
        (described(tier="silver", address="elsewhere"), False),
        (replace(wang(), orders=()), False),
        (described(display_name="王芳芳"), True),
        (described(birth_date=None), True),
        (described(identifiers=wang().profile.identifiers[1:]), True),
    ],
)
async def test_records_are_to_be_linked_anew_when_who_they_are_changes(
    database: Database, store: AnyStore, changed: CustomerRecord, relink: bool
) -> None:
    await store.replace([wang()])
    assert await columns(database, "relink") == [(True,)] or await columns(database, "relink") == [
        (1,)
    ]
    async with database.writing() as connection:
        await connection.execute(update(records).values(relink=False))
    await store.replace([changed])
    assert [bool(flag) for (flag,) in await columns(database, "relink")] == [relink]


async def test_a_record_keeps_its_customer_when_its_source_tells_more(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    await belong_to(database, "c-1", "e-9")
    told = replace(in_erp(), profile=replace(in_erp().profile, tier="vip"))
    await store.replace([told])
    assert await columns(database, "id", "customer_id") == [("c-1", "c-1"), ("e-9", "c-1")]


async def test_a_value_that_people_untied_does_not_come_back(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang()])
    value = phone(WANG_PHONE)
    async with database.writing() as connection:
        await connection.execute(
            unlinked.insert().values(
                tenant="demo",
                record_id="c-1",
                kind="phone",
                namespace="",
                value_index=identifier_index(vault(), DEMO, value),
                actor="somebody",
                time=NOW,
            )
        )
    await store.replace([described(tier="silver")])
    assert await holders(store, value) == [set()]
    _, context = await read(store)
    assert context.customer is not None
    assert context.customer.phones == ()
    assert context.customer.emails


async def test_without_its_key_a_record_is_gone(database: Database, store: AnyStore) -> None:
    await store.replace([wang(), in_erp()])
    await belong_to(database, "c-1", "e-9")
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM record_keys WHERE record_id = 'c-1'"))
    _, context = await read(store)
    assert context.customer is not None
    assert context.customer == replace(shown(in_erp()), name=WANG)
    assert [each.number for each in context.orders] == ["E-77"]


async def test_personal_data_is_nowhere_to_be_read_in_the_database(
    database: Database, store: AnyStore
) -> None:
    await store.replace([wang(), in_erp()])
    await log(store, WANG, replace(interaction("x-1", NOW), summary="Caller is ill"))
    personal = [
        WANG_PHONE,
        WANG_PHONE[3:],
        WANG_EMAIL,
        "王芳",
        "Wang Fang",
        "云杉路",
        "1988-03-01",
        "oX3aBc",
        "10017",
        ORDER_NUMBER,
        "SY10240001",
        "SF202600000001",
        "手机壳",
        "Phone case",
        "包裹未到",
        "Asked for the parcel",
        "Caller is ill",
    ]
    cells = 0
    async with database.reading() as connection:
        for name in metadata.tables:
            for row in await connection.execute(text(f"SELECT * FROM {name}")):
                for cell in row:
                    cells += 1
                    content = cell if isinstance(cell, bytes) else str(cell).encode()
                    assert not [word for word in personal if word.encode() in content], name
    assert cells > 100


async def test_what_sources_say_may_be_longer_than_usual(store: AnyStore) -> None:
    long = "x" * 1000
    profile = Profile(Provenance("erp", "1", NOW), long, long, f"\x00{long}", address=long)
    await store.replace([CustomerRecord(ERP, profile)])
    _, context = await read(store, ERP)
    assert context.customer is not None
    assert context.customer.display_name == SourcedText(long, profile.provenance)
    assert context.customer.address == SourcedText(long, profile.provenance)
    assert context.customer.tier == SourcedText("x" * 200, profile.provenance)
    assert context.customer.language is None
