"""Addresses, arrangements, visits and cases of strangers, on SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from switchyard_crm.adapters.sql.database import Database, open_database
from switchyard_crm.adapters.sql.identity_index import IdentifierReader
from switchyard_crm.adapters.sql.reader import StoreReader
from switchyard_crm.adapters.sql.subjects import SqlSubjects
from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.arrangements import ArrangementState
from switchyard_crm.domain.context import Section
from switchyard_crm.domain.customer import Bill, Money, Order
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.domain.self_service_errors import (
    AppointmentNotFound,
    AppointmentOver,
    ArrangementExists,
    BillNotFound,
    BillPaid,
    OrderCancelled,
    OrderNotFound,
    OrderShipped,
    TimeNotOffered,
    TimeTaken,
    TooManyAppointments,
)
from switchyard_crm.service.appointments import Appointment, AppointmentState, Holder, Slot
from switchyard_crm.service.cases import CaseReference, WriteStamp
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.context import SourceQuery
from switchyard_crm.service.customer_requests import AddressChange, AddressChanged, ArrangementWish
from switchyard_crm.service.resolve import Resolve
from switchyard_crm.service.subjects import ErasureState

from tests.fakes.crm.people import DEMO, NOW, order, phone, wang
from tests.fakes.crm.proving import WANG, Proving, li, request
from tests.fakes.crm.running import vault

pytestmark = pytest.mark.integration

NEW = "上海市静安区海棠路7号"
OLD = "上海市徐汇区云杉路18号"
SLOT = Slot("west-lake", NOW + timedelta(days=1), 30, 2, offered=True)
STRANGER = phone("+8619900009999")
LI = li().name


def placed(number: str, state: str = "placed", address: str = OLD) -> Order:
    return replace(order(number), state=state, delivery_address=address)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(
        database_url, setting="CRM_DATABASE_URL", readers=4, writers=6, busy_seconds=60
    ) as opened:
        yield opened


@pytest.fixture
async def proving(database: Database) -> Proving:
    proving = Proving(database)
    states = ("placed", "packed", "shipped", "delivered", "returned", "cancelled")
    orders = tuple(placed(f"SY1000000{index}", state) for index, state in enumerate(states))
    bills = (
        Bill("B1", "open", Money("CNY", 10_000), date(2026, 12, 1), "2026-10"),
        Bill("B2", "overdue", Money("CNY", 8_800), date(2026, 11, 1), "2026-09"),
        Bill("B3", "paid", Money("CNY", 8_800), date(2026, 10, 1), "2026-08"),
    )
    await proving.writer.replace([replace(wang(), orders=orders, bills=bills), li()])
    return proving


def stamp(name: str, now: datetime = NOW) -> WriteStamp:
    return WriteStamp(f"d-{name}", now)


async def change(
    proving: Proving, number: str, address: str = NEW, name: str = "1", who: CustomerName = WANG
) -> AddressChanged:
    asked = AddressChange(number, address)
    key = request(f"r-{name}", "ChangeDeliveryAddress")
    return await proving.store.requests.change_address(who, asked, stamp(name), key)


async def address_of(proving: Proving, number: str) -> str:
    reader = StoreReader(proving.database, vault(), View({}))
    query = SourceQuery(WANG, (Section.ORDERS,), 50, NOW)
    async with aclosing(reader.read(query)) as reading:
        part = await anext(reading)
    return next(o.delivery_address for o in part.content.orders if o.number == number)


@pytest.mark.parametrize("number", ["SY10000000", "SY10000001"])
async def test_an_order_that_has_not_left_goes_to_the_new_address(
    proving: Proving, number: str
) -> None:
    changed = await change(proving, number)
    assert changed.order.delivery_address == NEW
    assert await address_of(proving, number) == NEW
    found = await proving.store.cases.read(WANG, changed.case_number, 20)
    assert found is not None
    assert (found.case.kind, found.case.order_number) == ("address_change", number)
    assert found.comments == (f"{number}: {NEW}",)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("SY10000002", OrderShipped),
        ("SY10000003", OrderShipped),
        ("SY10000004", OrderShipped),
        ("SY10000005", OrderCancelled),
        ("SY20480001", OrderNotFound),  # of somebody else
        ("SY99999999", OrderNotFound),
    ],
)
async def test_no_other_order_does(proving: Proving, number: str, why: type[Exception]) -> None:
    with pytest.raises(why):
        await change(proving, number)


async def test_a_repeat_changes_nothing(proving: Proving) -> None:
    first, again = [await change(proving, "SY10000000") for _ in range(2)]
    assert (first.new, again.new) == (True, False)
    assert (first.case_number, first.delivery) == (again.case_number, again.delivery)


async def test_a_source_that_tells_a_newer_address_knows_better(proving: Proving) -> None:
    await change(proving, "SY10000000")
    told = replace(wang(), orders=(placed("SY10000000"), placed("SY10000009")), bills=())
    await proving.writer.replace([told])
    assert await address_of(proving, "SY10000000") == NEW, "the source has not heard of it yet"
    newer = "北京市朝阳区望江路1号"
    await proving.writer.replace([replace(told, orders=(placed("SY10000000", address=newer),))])
    assert await address_of(proving, "SY10000000") == newer


async def test_a_bill_is_paid_in_parts_once_somebody_has_decided(proving: Proving) -> None:
    wish = ArrangementWish("b1", 3, date(2026, 12, 1))
    key = request("r-1", "ArrangePayment")
    done = await proving.store.requests.arrange(WANG, wish, stamp("1"), key)
    assert done.arrangement.bill == "B1"
    assert done.arrangement.instalment == Money("CNY", 3_333)
    assert done.arrangement.state is ArrangementState.ASKED
    again = await proving.store.requests.arrange(WANG, wish, stamp("2"), key)
    assert (again.arrangement, again.new) == (done.arrangement, False)
    other = request("r-2", "ArrangePayment")
    with pytest.raises(ArrangementExists) as refused:
        await proving.store.requests.arrange(WANG, wish, stamp("3"), other)
    assert refused.value.metadata == {"case_number": done.case_number}
    closing = request("r-3", "UpdateCase")
    which, closed = CaseReference(done.case_number), CaseChange("closed")
    await proving.writes.change(WANG, which, closed, stamp("4"), closing)
    assert (await proving.store.requests.arrange(WANG, wish, stamp("5"), other)).new


@pytest.mark.parametrize(("bill", "why"), [("B3", BillPaid), ("B-1", BillNotFound)])
async def test_what_is_not_owed_is_not_arranged(
    proving: Proving, bill: str, why: type[Exception]
) -> None:
    wish = ArrangementWish(bill, 2, date(2026, 12, 1))
    with pytest.raises(why):
        await proving.store.requests.arrange(WANG, wish, stamp("1"), request("r-1", "A"))
    with pytest.raises(BillNotFound):
        await proving.store.requests.arrange(LI, replace(wish, bill="B1"), stamp("2"), request("x"))


async def test_of_many_who_ask_for_one_bill_at_once_one_is_taken(proving: Proving) -> None:
    wish = ArrangementWish("B2", 2, date(2026, 12, 1))
    asked = await asyncio.gather(
        *(
            proving.store.requests.arrange(
                WANG, wish, stamp(f"{index}"), request(f"r-{index}", "ArrangePayment")
            )
            for index in range(6)
        ),
        return_exceptions=True,
    )
    assert [isinstance(each, ArrangementExists) for each in asked].count(True) == 5


# Visits


def holder(who: CustomerName | Identifier = WANG) -> Holder:
    if isinstance(who, Identifier):
        return Holder(DEMO, contact=who)
    return Holder(DEMO, customer=who)


async def book(
    proving: Proving, name: str, who: CustomerName | Identifier = WANG, slot: Slot = SLOT
) -> Appointment:
    key = request(f"b-{name}", "BookAppointment")
    return await proving.store.appointments.book(holder(who), slot, "手机壳换货", NOW, key)


async def cancel(
    proving: Proving, number: str, name: str, who: CustomerName | Identifier = WANG
) -> Appointment:
    key = request(f"c-{name}", "CancelAppointment")
    return await proving.store.appointments.cancel(holder(who), number, NOW, key)


async def test_a_time_is_booked_and_given_up(proving: Proving) -> None:
    booked = await book(proving, "1")
    assert booked.state is AppointmentState.BOOKED
    assert booked.purpose == "手机壳换货"
    assert await book(proving, "1") == booked, "a repeat books nothing more"
    times = (NOW, NOW + timedelta(days=2))
    taken = proving.store.appointments.taken
    assert await taken(DEMO, "west-lake", *times) == {SLOT.start: 1}
    cancelled = await cancel(proving, booked.number, "1")
    assert cancelled == replace(booked, state=AppointmentState.CANCELLED)
    assert await cancel(proving, booked.number, "2") == cancelled
    assert await taken(DEMO, "west-lake", *times) == {}


async def test_no_more_come_than_there_is_room_for_however_many_ask_at_once(
    proving: Proving,
) -> None:
    contacts = [phone(f"+861990001{index:04}") for index in range(16)]
    asked = await asyncio.gather(
        *(book(proving, f"{index}", who) for index, who in enumerate(contacts)),
        return_exceptions=True,
    )
    assert [isinstance(each, Appointment) for each in asked].count(True) == SLOT.capacity
    assert all(isinstance(each, Appointment | TimeTaken) for each in asked)


async def test_a_place_that_was_given_up_is_free_again(proving: Proving) -> None:
    first, _ = await book(proving, "1"), await book(proving, "2", LI)
    with pytest.raises(TimeTaken):
        await book(proving, "3", STRANGER)
    await cancel(proving, first.number, "1")
    assert (await book(proving, "4", STRANGER)).state is AppointmentState.BOOKED


async def test_nobody_books_all_times(proving: Proving) -> None:
    slots = [replace(SLOT, start=SLOT.start + timedelta(hours=hour)) for hour in range(6)]
    asked = await asyncio.gather(
        *(book(proving, f"{index}", WANG, slot) for index, slot in enumerate(slots)),
        return_exceptions=True,
    )
    assert [isinstance(each, TooManyAppointments) for each in asked].count(True) == 3


async def test_a_time_that_is_not_offered_is_not_booked(proving: Proving) -> None:
    with pytest.raises(TimeNotOffered):
        await book(proving, "1", slot=replace(SLOT, offered=False))


async def test_only_whose_it_is_cancels_it(proving: Proving) -> None:
    booked = await book(proving, "1", STRANGER)
    others: list[CustomerName | Identifier] = [WANG, LI, phone("+8619900009998")]
    for index, other in enumerate(others):
        with pytest.raises(AppointmentNotFound):
            await cancel(proving, booked.number, f"{index}", other)
    with pytest.raises(AppointmentNotFound):
        await cancel(proving, "00000000", "9", STRANGER)
    written = f"{booked.number[:4]} {booked.number[4:]}"
    assert (await cancel(proving, written, "x", STRANGER)).state is AppointmentState.CANCELLED


async def test_what_has_begun_cannot_be_given_up(proving: Proving) -> None:
    booked = await book(proving, "1")
    key = request("c-1", "CancelAppointment")
    with pytest.raises(AppointmentOver):
        await proving.store.appointments.cancel(holder(), booked.number, booked.start, key)


# Strangers, export and erasure


async def report(proving: Proving, name: str, contact: Identifier = STRANGER) -> str:
    case = NewCase("Parcel at my door", "It is not mine", kind="other")
    key = request(f"s-{name}", "CreateCase")
    written = await proving.writes.report(DEMO, contact, case, stamp(f"s-{name}"), key)
    assert written.case is not None
    return written.case.number


def as_reporter(contact: Identifier = STRANGER) -> Identifier:
    return Identifier(IdentifierKind.SOURCE_RECORD, contact.value, "reporter")


async def test_a_strangers_case_says_nothing_about_who_they_are(proving: Proving) -> None:
    """Whoever names Wang's number opens no case of Wang's, and the number finds no stranger."""
    mine = phone("+8619900001234")
    numbers = [await report(proving, "1", mine), await report(proving, "2", mine)]
    assert await report(proving, "1", mine) == numbers[0], "a repeat opens no second one"
    for number in numbers:
        assert await proving.store.cases.read(WANG, number, 20) is None
    resolve = Resolve(IdentifierReader(proving.database, vault()))
    found = await resolve.run(DEMO, [mine])
    assert [each.customer for each in found.candidates] == [WANG.customer]
    (reporter,) = (await resolve.run(DEMO, [as_reporter(mine)])).candidates
    name = CustomerName(DEMO, reporter.customer)
    opened = [await proving.store.cases.read(name, number, 20) for number in numbers]
    assert all(each is not None and each.comments == ("It is not mine",) for each in opened)
    assert (await proving.pin("8264", name)).customer is None


async def test_who_writes_from_an_app_is_not_who_has_that_number(proving: Proving) -> None:
    """A handle may look like anything; it is one's own within its app only."""
    handle = Identifier(IdentifierKind.HANDLE, "+8619900001234", "conversation")
    number = await report(proving, "1", handle)
    resolve = Resolve(IdentifierReader(proving.database, vault()))
    assert not (await resolve.run(DEMO, [as_reporter(phone("+8619900001234"))])).candidates
    within = Identifier(IdentifierKind.SOURCE_RECORD, "conversation:+8619900001234", "reporter")
    (reporter,) = (await resolve.run(DEMO, [within])).candidates
    name = CustomerName(DEMO, reporter.customer)
    assert await proving.store.cases.read(name, number, 20) is not None


async def test_all_of_it_is_exported_readably_and_without_secrets(proving: Proving) -> None:
    await change(proving, "SY10000000")
    wish = ArrangementWish("B1", 3, date(2026, 12, 1))
    await proving.store.requests.arrange(WANG, wish, stamp("2"), request("r-2", "ArrangePayment"))
    await book(proving, "1")
    await proving.ask_code()
    link = await proving.link("r-9")
    await proving.redeem.run(DEMO, link.url.partition("=")[2].partition("&")[0], "4071")
    subjects = SqlSubjects(proving.database, vault())
    exported: dict[str, list[str]] = {}
    async for each in subjects.export(WANG):
        exported.setdefault(each.kind, []).append(str(each.record))
    assert NEW in exported["delivery_addresses"][0]
    assert OLD in exported["delivery_addresses"][0]
    assert "PA-" in exported["arrangements"][0]
    assert "手机壳换货" in exported["appointments"][0]
    assert "scrypt" not in str(exported)
    assert {"pins", "codes"} <= exported.keys()


async def test_all_of_it_is_erased_and_the_place_is_free_again(proving: Proving) -> None:
    await change(proving, "SY10000000")
    await proving.ask_code()
    await proving.link("r-9")
    await book(proving, "1")
    await report(proving, "1")
    await book(proving, "2", STRANGER)
    subjects = SqlSubjects(proving.database, vault())
    resolve = Resolve(IdentifierReader(proving.database, vault()))
    (reporter,) = (await resolve.run(DEMO, [as_reporter()])).candidates
    states = {"local": ErasureState.ERASED, "reporter": ErasureState.ERASED}
    for name in (WANG, CustomerName(DEMO, reporter.customer)):
        removal = await subjects.erase(name, states, "admin/a", NOW)
        assert len({each.record for each in removal.erasures}) == 1
        assert await subjects.readable(list(removal.erasures)) == 0
    assert (await resolve.run(DEMO, [as_reporter()])).outcome is ResolveOutcome.NONE
    times = (NOW, NOW + timedelta(days=2))
    assert await proving.store.appointments.taken(DEMO, "west-lake", *times) == {}
    # Who was erased may come again.
    await report(proving, "3")
    assert (await book(proving, "4", STRANGER)).state is AppointmentState.BOOKED
