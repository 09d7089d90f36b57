"""What every source of accounts must do, shown on the fake and on a real crm_adapter over gRPC."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry
from switchyard_actions.adapters.crm.accounts import CrmAccounts
from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.domain.bills import ArrangementState, Bill, BillState
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.metrics import ActionsMetrics
from switchyard_actions.service.accounts import Accounts, Declined, Refusal
from switchyard_crm.domain import customer as theirs
from switchyard_crm.domain.records import CustomerRecord

from tests.fakes.actions.accounts import FakeAccounts
from tests.fakes.crm.people import customer, phone
from tests.fakes.crm.running import fill, running_crm

pytestmark = pytest.mark.integration

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(UTC).date()
NEXT_WEEK = TODAY + timedelta(days=7)
LIN, WU = "tenants/demo/customers/lin", "tenants/demo/customers/wu"
NEW, SENT = "SY20261111", "SY20262222"
OWED, PAID = "B202610000001", "B202609000001"


def known_to_crm() -> list[CustomerRecord]:
    """The same customer as in `known_to_fake`, as crm_adapter stores one."""
    lamp = theirs.OrderItem(theirs.Words("台灯", "Desk lamp"), 1)
    lin = customer("lin", phone("+8619900001234"))
    placed = datetime.combine(TODAY - timedelta(days=1), time(20, tzinfo=UTC))
    orders = (
        theirs.Order(NEW, "placed", placed, theirs.Money("CNY", 18900), (lamp,), NEXT_WEEK),
        theirs.Order(
            SENT,
            "shipped",
            placed - timedelta(days=3),
            theirs.Money("CNY", 18900),
            (lamp,),
            TODAY,
            theirs.Words("蓝雁物流", "Blue Goose"),
            "BG77",
        ),
    )
    bills = (
        theirs.Bill(OWED, "open", theirs.Money("CNY", 10000), NEXT_WEEK, "2026-10"),
        theirs.Bill(PAID, "paid", theirs.Money("CNY", 7900), TODAY, "2026-09"),
    )
    return [
        CustomerRecord(lin.name, lin.profile, orders=orders, bills=bills),
        customer("wu", phone("+8619900005678")),
    ]


def known_to_fake() -> FakeAccounts:
    """One customer with two orders and two bills, and one without any."""
    lamp, total = (OrderItem("Desk lamp", 1),), Money("CNY", 18900)
    # 20:00 UTC is the next morning in Shanghai.
    orders = [
        Order(NEW, OrderState.PLACED, lamp, "", "", NEXT_WEEK, LIN, TODAY, total),
        Order(
            SENT,
            OrderState.SHIPPED,
            lamp,
            "Blue Goose",
            "BG77",
            TODAY,
            LIN,
            TODAY - timedelta(days=3),
            total,
        ),
    ]
    bills = [
        Bill(OWED, BillState.OPEN, Money("CNY", 10000), NEXT_WEEK, "2026-10"),
        Bill(PAID, BillState.PAID, Money("CNY", 7900), TODAY, "2026-09"),
    ]
    return FakeAccounts(TODAY, {LIN: orders, WU: []}, {LIN: bills, WU: []})


@pytest.fixture(params=["fake", "crm"])
async def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Accounts]:
    if request.param == "fake":
        yield known_to_fake()
        return
    database = tmp_path / "crm.sqlite"
    await fill(database, known_to_crm())
    page = "https://demo.example/pin?lang={language}#{token}"
    async with running_crm(database, reset_url=page) as crm:
        calls = CrmCalls(crm.channel, "demo", 120.0, ActionsMetrics(CollectorRegistry()))
        yield CrmAccounts(calls, ZONE)


async def test_orders_are_told_newest_first_in_the_companys_days(accounts: Accounts) -> None:
    found = await accounts.orders(LIN, Language.ENGLISH)
    assert found.complete
    assert found.items == tuple(known_to_fake().orders_of[LIN])


async def test_bills_are_told_with_their_states(accounts: Accounts) -> None:
    found = await accounts.bills(LIN, Language.ENGLISH)
    assert found.complete
    assert found.items == tuple(known_to_fake().bills_of[LIN])


async def test_who_has_nothing_gets_empty_lists(accounts: Accounts) -> None:
    assert (await accounts.orders(WU, Language.ENGLISH)).items == ()
    assert (await accounts.bills(WU, Language.ENGLISH)).items == ()


async def test_address_of_an_order_that_is_still_here_is_changed(accounts: Accounts) -> None:
    changed = await accounts.change_address(LIN, NEW, "12 Harbour Road, Bristol", "r1")
    assert changed.order.number == NEW
    assert changed.order.delivery_address == "12 Harbour Road, Bristol"
    assert changed.case_number
    orders = (await accounts.orders(LIN, Language.ENGLISH)).items
    told = {order.number: order.delivery_address for order in orders}
    assert told[NEW] == "12 Harbour Road, Bristol"


async def test_repeated_request_changes_once(accounts: Accounts) -> None:
    first = await accounts.change_address(LIN, NEW, "12 Harbour Road, Bristol", "r1")
    again = await accounts.change_address(LIN, NEW, "12 Harbour Road, Bristol", "r1")
    assert again.case_number == first.case_number


@pytest.mark.parametrize(
    ("who", "number", "address", "refusal"),
    [
        (LIN, SENT, "12 Harbour Road, Bristol", Refusal.TOO_LATE),
        (LIN, "SY20269999", "12 Harbour Road, Bristol", Refusal.NOT_THEIRS),
        (WU, NEW, "12 Harbour Road, Bristol", Refusal.NOT_THEIRS),
        (LIN, NEW, "x", Refusal.INVALID),
    ],
)
async def test_address_is_refused_with_why(
    accounts: Accounts, who: str, number: str, address: str, refusal: Refusal
) -> None:
    with pytest.raises(Declined) as caught:
        await accounts.change_address(who, number, address, "r1")
    assert caught.value.refusal is refusal


async def test_bill_is_arranged(accounts: Accounts) -> None:
    made = await accounts.arrange_payment(LIN, OWED, 3, NEXT_WEEK, "r1")
    assert (made.bill, made.instalments, made.first_due_date) == (OWED, 3, NEXT_WEEK)
    assert made.instalment == Money("CNY", 3333)
    assert made.state is ArrangementState.ASKED
    assert made.case_number


@pytest.mark.parametrize(
    ("who", "bill", "parts", "day", "refusal"),
    [
        (LIN, PAID, 3, NEXT_WEEK, Refusal.TOO_LATE),
        (LIN, "B202601999999", 3, NEXT_WEEK, Refusal.NOT_THEIRS),
        (WU, OWED, 3, NEXT_WEEK, Refusal.NOT_THEIRS),
        (LIN, OWED, 13, NEXT_WEEK, Refusal.INVALID),
        (LIN, OWED, 3, TODAY - timedelta(days=1), Refusal.INVALID),
        (LIN, OWED, 3, TODAY + timedelta(days=90), Refusal.INVALID),
    ],
)
async def test_arrangement_is_refused_with_why(
    accounts: Accounts, who: str, bill: str, parts: int, day: date, refusal: Refusal
) -> None:
    with pytest.raises(Declined) as caught:
        await accounts.arrange_payment(who, bill, parts, day, "r1")
    assert caught.value.refusal is refusal


async def test_reset_link_is_good_for_a_while(accounts: Accounts) -> None:
    link = await accounts.reset_link(LIN, Language.ENGLISH, "r1")
    assert link.url.startswith("https://demo.example/pin")
    assert link.valid_minutes == 15


async def test_nobody_gets_no_link(accounts: Accounts) -> None:
    with pytest.raises(Declined) as caught:
        await accounts.reset_link("tenants/demo/customers/nobody", Language.ENGLISH, "r1")
    assert caught.value.refusal is Refusal.NOT_THEIRS
