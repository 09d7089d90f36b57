"""Customers' orders, bills and PINs, at crm_adapter."""

from collections.abc import Sequence
from datetime import UTC, date
from enum import StrEnum
from math import ceil
from zoneinfo import ZoneInfo

from switchyard.crm.v1 import crm_service_pb2 as crm
from switchyard.crm.v1 import customer_pb2 as model

from switchyard_actions.adapters.crm.calls import CrmCalls
from switchyard_actions.domain.bills import Arrangement, ArrangementState, Bill, BillState
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import Money
from switchyard_actions.domain.orders import Order, OrderItem, OrderState
from switchyard_actions.service.accounts import (
    AddressChanged,
    BillList,
    Declined,
    OrderList,
    Refusal,
    ResetLink,
)
from switchyard_actions.service.ports import Unavailable

_MOST = 50
"""Entries of a list that are asked for."""


class CrmAccounts:
    """Accounts over gRPC; days are those of the company's time zone."""

    def __init__(self, calls: CrmCalls, zone: ZoneInfo) -> None:
        self._calls = calls
        self._zone = zone

    async def orders(self, customer: str, language: Language) -> OrderList:
        """See Accounts."""
        answer = await self._context("orders", customer, crm.ORDERS, language)
        found = tuple(order_of(order, customer, self._zone) for order in answer.context.orders)
        return OrderList(found, complete=not answer.partial)

    async def bills(self, customer: str, language: Language) -> BillList:
        """See Accounts."""
        answer = await self._context("bills", customer, crm.BILLS, language)
        return BillList(
            tuple(_bill(bill) for bill in answer.context.bills), complete=not answer.partial
        )

    async def change_address(
        self, customer: str, order_number: str, address: str, request_id: str
    ) -> AddressChanged:
        """See Accounts."""
        answer = await self._calls.make(
            "change_address",
            self._calls.stub.ChangeDeliveryAddress,
            crm.ChangeDeliveryAddressRequest(
                customer=customer,
                order_number=order_number,
                address=address,
                request_id=request_id,
            ),
        )
        order = order_of(answer.order, customer, self._zone)
        return AddressChanged(order, answer.case_number)

    async def arrange_payment(
        self, customer: str, bill: str, instalments: int, first_due: date, request_id: str
    ) -> Arrangement:
        """See Accounts."""
        answer = await self._calls.make(
            "arrange_payment",
            self._calls.stub.ArrangePayment,
            crm.ArrangePaymentRequest(
                customer=customer,
                bill=bill,
                instalments=instalments,
                first_due_date=first_due.isoformat(),
                request_id=request_id,
            ),
        )
        made = answer.arrangement
        return Arrangement(
            bill=made.bill,
            instalments=made.instalments,
            instalment=_money(made.instalment),
            first_due_date=_day(made.first_due_date) or first_due,
            state=_state(made.state, ArrangementState, ArrangementState.OTHER),
            case_number=answer.case_number,
        )

    async def reset_link(self, customer: str, language: Language, request_id: str) -> ResetLink:
        """See Accounts."""
        answer = await self._calls.make(
            "reset_link",
            self._calls.stub.IssueResetLink,
            crm.IssueResetLinkRequest(
                customer=customer, language=language.value, request_id=request_id
            ),
        )
        return ResetLink(answer.url, ceil(answer.valid.ToTimedelta().total_seconds() / 60))

    async def _context(
        self, name: str, customer: str, section: crm.Section.ValueType, language: Language
    ) -> crm.GetContextResponse:
        answer = await self._calls.make(
            name,
            self._calls.stub.GetContext,
            crm.GetContextRequest(
                parent=self._calls.parent,
                customer=customer,
                sections=[section],
                language=language.value,
                limit=_MOST,
            ),
        )
        if answer.partial:
            self._calls.incomplete(name)
        if (
            crm.Section.Name(section) in answer.partial
        ):  # nothing of it came, not even an empty list
            raise Unavailable("crm")
        if answer.outcome != crm.UNIQUE:
            raise Declined(Refusal.NOT_THEIRS)
        return answer


def order_of(order: model.Order, customer: str, zone: ZoneInfo) -> Order:
    """An order of the contract as the bot's own; `customer` is who ordered it."""
    placed = order.placed_time.ToDatetime(UTC) if order.HasField("placed_time") else None
    return Order(
        number=order.number,
        state=_state(order.state, OrderState, OrderState.OTHER),
        items=_items(order.items),
        carrier=order.carrier,
        tracking_number=order.tracking_number,
        delivery_date=_day(order.delivery_date),
        customer=customer,
        placed_on=placed.astimezone(zone).date() if placed is not None else None,
        total=_money(order.total) if order.HasField("total") else None,
        delivery_address=order.delivery_address,
    )


def _items(items: Sequence[model.OrderItem]) -> tuple[OrderItem, ...]:
    return tuple(OrderItem(item.name, item.quantity) for item in items)


def _bill(bill: model.Bill) -> Bill:
    return Bill(
        number=bill.number,
        state=_state(bill.state, BillState, BillState.OTHER),
        amount=_money(bill.amount),
        due_date=_day(bill.due_date),
        period=bill.period,
    )


def _money(money: model.Money) -> Money:
    return Money(money.currency, money.minor_units)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _state[S: StrEnum](text: str, states: type[S], other: S) -> S:
    try:
        return states(text)
    except ValueError:  # a state that was added to the contract later
        return other
