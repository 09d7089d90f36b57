"""Customers for tests. Telephone numbers are from ranges kept free for fiction."""

from datetime import UTC, date, datetime, timedelta

from switchyard_crm.adapters.sql.view import View
from switchyard_crm.domain.customer import (
    LOCAL_SOURCE,
    Bill,
    Case,
    Customer,
    Interaction,
    Money,
    Order,
    OrderItem,
    Provenance,
    Words,
)
from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile

DEMO = TenantId("demo")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
WANG_PHONE = "+8619900001234"
WANG_EMAIL = "fang.wang@example.com"
ORDER_NUMBER = "SY-1024-0001"


def phone(number: str) -> Identifier:
    return Identifier(IdentifierKind.PHONE, number)


def customer(
    customer_id: str,
    *identifiers: Identifier,
    name: str = "Jo Tester",
    tenant: TenantId = DEMO,
    source: str = LOCAL_SOURCE,
    observed: datetime = NOW,
) -> CustomerRecord:
    """A record with nothing but a name."""
    return CustomerRecord(
        CustomerName(tenant, CustomerId(customer_id)),
        Profile(
            provenance=Provenance(source, customer_id, observed),
            display_name=name,
            identifiers=identifiers,
        ),
    )


def order(number: str, placed: datetime = NOW, *items: OrderItem) -> Order:
    return Order(
        number=number,
        state="shipped",
        placed_time=placed,
        total=Money("CNY", 19_900),
        items=items,
        delivery_date=date(2026, 11, 25),
        carrier=Words("顺丰速运", "SF Express"),
        tracking_number="SF202600000001",
    )


def case(number: str, state: str = "open", updated: datetime = NOW) -> Case:
    return Case(number, state, "包裹未到", "high", NOW - timedelta(days=9), updated, ORDER_NUMBER)


def interaction(interaction_id: str, when: datetime, agent: str = "") -> Interaction:
    return Interaction(
        interaction_id, "VOICE", when, "Asked for the parcel", agent, "resolved", "c-9"
    )


def wang() -> CustomerRecord:
    """A customer of whom everything is known."""
    return CustomerRecord(
        name=CustomerName(DEMO, CustomerId("c-1")),
        profile=Profile(
            provenance=Provenance(LOCAL_SOURCE, "c-1", NOW),
            display_name="王芳",
            language="zh-CN",
            tier="gold",
            birth_date=date(1988, 3, 1),
            address="上海市徐汇区云杉路18号",
            since_time=datetime(2021, 4, 1, tzinfo=UTC),
            identifiers=(
                Identifier(IdentifierKind.EMAIL, WANG_EMAIL),
                Identifier(IdentifierKind.HANDLE, "oX3aBc", "wechat"),
                phone(WANG_PHONE),
                Identifier(IdentifierKind.SOURCE_RECORD, "10017", "erp"),
            ),
        ),
        orders=(
            order(
                ORDER_NUMBER,
                NOW - timedelta(days=2),
                OrderItem(Words("手机壳", "Phone case"), 2),
                OrderItem(Words("充电器", "Charger"), 1),
            ),
            order("SY-1024-0002", NOW - timedelta(days=1)),
        ),
        bills=(
            Bill("B-1", "paid", Money("CNY", 8800), date(2026, 10, 15), "2026-09"),
            Bill("B-2", "open", Money("CNY", 8800), date(2026, 11, 15), "2026-10"),
        ),
        cases=(
            case("T-1", "closed"),
            case("T-2", "open", NOW - timedelta(days=3)),
            case("T-3", "pending", NOW - timedelta(days=1)),
        ),
        interactions=(
            interaction("i-1", NOW - timedelta(days=30), "a-1"),
            interaction("i-2", NOW - timedelta(days=6), "a-2"),
            interaction("i-3", NOW - timedelta(days=5), "a-1"),
            interaction("i-4", NOW - timedelta(days=1)),
        ),
    )


def shown(record: CustomerRecord) -> Customer:
    """The customer that a record makes when nothing else is of the same person."""
    return View({}).customer(record.name, [record.profile])
