"""Customers and orders that are the same under every seed, for people and tests to try."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from switchyard_demo.company.model import Address, Company, Customer, Order, Tier
from switchyard_demo.company.orders import Journey, item_of, order_on
from switchyard_demo.company.products import CARRIERS, PRODUCTS

LATE_PAYER = "c0004"
"""The showcase customer whose last bill is overdue."""

OWING = frozenset({"c0001", "c0002"})
"""Showcase customers whose newest bill is open: they can pay it in parts."""

PINS: Mapping[str, str] = MappingProxyType(
    {"c0001": "8264", "c0002": "4071", "c0003": "9350", "c0004": "6183", "c0005": "742905"}
)
"""What showcase customers key in to prove who they are; everybody else has none yet."""


@dataclass(frozen=True, slots=True)
class ShowcaseOrder:
    """An order to ask the bot about, with the customer who may."""

    order: Order
    customer: Customer

    @property
    def phone_last4(self) -> str:
        """The digits that prove it is the customer's order."""
        return self.customer.phone_last4


def showcase_customers(as_of: dt.date) -> tuple[Customer, ...]:
    """Two Chinese, two English and one Cantonese speaker."""

    def since(days: int) -> dt.date:
        return as_of - dt.timedelta(days=days)

    return (
        Customer(
            "c0001",
            "陈晓雨",
            "zh",
            "+8619900008826",
            "xiaoyu.chen@example.com",
            Address("CN", "浙江省", "杭州市", "西湖区", "云杉路18号2栋601室", "310000"),
            Tier.GOLD,
            since(900),
            "fibre-1000",
        ),
        Customer(
            "c0002",
            "Alex Morgan",
            "en",
            "+12065550142",
            "alex.morgan@example.com",
            Address("US", "WA", "Seattle", "Ballard", "42 Switchyard Lane", "98100"),
            Tier.SILVER,
            since(420),
            "device-care",
        ),
        Customer(
            "c0003",
            "梁嘉欣",
            "yue",
            "+8619900005519",
            "kayan.leung@example.com",
            Address("CN", "广东省", "广州市", "荔湾区", "海棠路7号1栋1203室", "510000"),
            Tier.STANDARD,
            since(200),
            None,
        ),
        Customer(
            LATE_PAYER,
            "王子涵",
            "zh",
            "+8619900003307",
            "zihan.wang@example.com",
            Address("CN", "上海市", "上海市", "徐汇区", "银杏大道266号5栋1802室", "200000"),
            Tier.PLATINUM,
            since(1500),
            "fibre-300",
        ),
        Customer(
            "c0005",
            "Jordan Patel",
            "en",
            "+447700900186",
            "jordan.patel@example.com",
            Address("GB", "", "London", "Hackney", "9 Lantern Way", "N1 0AA"),
            Tier.STANDARD,
            since(310),
            None,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Script:
    """A showcase order; days count back from the day of the company, negative lie ahead."""

    number: str
    customer: int
    skus: tuple[str, ...]
    placed: int
    packed: int
    shipped: int
    expected: int
    delivered: int
    cancelled: int | None = None
    returned: int | None = None

    def journey(self, as_of: dt.date) -> Journey:
        """The order's course by date."""

        def ago(days: int) -> dt.date:
            return as_of - dt.timedelta(days=days)

        return Journey(
            placed_on=ago(self.placed),
            packed_on=ago(self.packed),
            shipped_on=ago(self.shipped),
            expected_on=ago(self.expected),
            delivered_on=ago(self.delivered),
            cancelled_on=None if self.cancelled is None else ago(self.cancelled),
            returned_on=None if self.returned is None else ago(self.returned),
        )


_SCRIPTS = (
    _Script("SY10240001", 0, ("EAR-T5", "CHG-65"), 3, 2, 1, -2, -2),
    _Script("SY10240002", 0, ("KET-17",), 40, 39, 39, 36, 36),
    _Script("SY20480001", 1, ("KBD-87",), 9, 8, 7, 3, 4),
    _Script("SY20480002", 1, ("MON-27", "MOU-W3"), 4, 3, 2, -1, -1),
    _Script("SY30720001", 2, ("RIC-40",), 1, 0, -1, -4, -4),
    _Script("SY40960001", 3, ("VAC-R2",), 0, -1, -2, -5, -5),
    _Script("SY40960002", 3, ("LMP-DK",), 15, 14, 13, 10, 10, cancelled=14),
    _Script("SY51200001", 4, ("WAT-S8",), 30, 29, 28, 24, 24, returned=12),
)
"""One order at least for each state."""


def make_showcase_orders(as_of: dt.date, customers: tuple[Customer, ...]) -> tuple[Order, ...]:
    """The showcase customers' orders as they stand on the day."""
    products = {product.sku: product for product in PRODUCTS}
    orders = []
    for running, script in enumerate(_SCRIPTS, start=1):
        customer = customers[script.customer]
        items = tuple(item_of(products[sku], customer, 1) for sku in script.skus)
        carrier = CARRIERS[running % len(CARRIERS)]
        orders.append(
            order_on(
                as_of,
                script.number,
                customer,
                items,
                script.journey(as_of),
                carrier=carrier,
                parcel=202_600_000_000 + running,
            )
        )
    return tuple(orders)


def showcase_orders(company: Company) -> tuple[ShowcaseOrder, ...]:
    """The showcase orders with their customers, as they are in the company."""
    customers = {customer.id: customer for customer in company.customers}
    orders = {order.number: order for order in company.orders}
    return tuple(
        ShowcaseOrder(orders[script.number], customers[orders[script.number].customer])
        for script in _SCRIPTS
    )
