"""Customers' accounts in memory."""

from dataclasses import dataclass, field, replace
from datetime import date

from switchyard_actions.domain.bills import (
    FIRST_DUE_WITHIN_DAYS,
    MAX_INSTALMENTS,
    MIN_INSTALMENTS,
    Arrangement,
    ArrangementState,
    Bill,
)
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.money import in_parts
from switchyard_actions.domain.orders import Order, OrderState
from switchyard_actions.service.accounts import (
    AddressChanged,
    BillList,
    Declined,
    OrderList,
    Refusal,
    ResetLink,
)
from switchyard_actions.service.ports import Unavailable


@dataclass
class FakeAccounts:
    """Keeps orders and bills by customer; can be down, or lack a source.

    `changes` are the calls that changed something, each request id once.
    """

    today: date
    orders_of: dict[str, list[Order]] = field(default_factory=dict)
    bills_of: dict[str, list[Bill]] = field(default_factory=dict)
    available: bool = True
    complete: bool = True
    decision: ArrangementState = ArrangementState.ASKED
    changes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    async def orders(self, customer: str, language: Language) -> OrderList:
        """See Accounts."""
        self._answer()
        if customer not in self.orders_of:
            raise Declined(Refusal.NOT_THEIRS)
        return OrderList(tuple(self.orders_of[customer]), self.complete)

    async def bills(self, customer: str, language: Language) -> BillList:
        """See Accounts."""
        self._answer()
        if customer not in self.bills_of:
            raise Declined(Refusal.NOT_THEIRS)
        return BillList(tuple(self.bills_of[customer]), self.complete)

    async def change_address(
        self, customer: str, order_number: str, address: str, request_id: str
    ) -> AddressChanged:
        """See Accounts."""
        self._answer()
        orders = self.orders_of.get(customer, [])
        found = next((order for order in orders if order.number == order_number), None)
        if found is None:
            raise Declined(Refusal.NOT_THEIRS)
        if not 5 <= len(address) <= 200:
            raise Declined(Refusal.INVALID)
        if found.state not in {OrderState.PLACED, OrderState.PACKED}:
            raise Declined(Refusal.TOO_LATE)
        self.changes[request_id] = ("change_address", customer, order_number, address)
        changed = replace(found, delivery_address=address)
        orders[orders.index(found)] = changed
        return AddressChanged(changed, self._case(request_id))

    async def arrange_payment(
        self, customer: str, bill: str, instalments: int, first_due: date, request_id: str
    ) -> Arrangement:
        """See Accounts."""
        self._answer()
        found = next((one for one in self.bills_of.get(customer, []) if one.number == bill), None)
        if found is None:
            raise Declined(Refusal.NOT_THEIRS)
        days = (first_due - self.today).days
        if not (
            MIN_INSTALMENTS <= instalments <= MAX_INSTALMENTS and 1 <= days <= FIRST_DUE_WITHIN_DAYS
        ):
            raise Declined(Refusal.INVALID)
        if not found.is_owed:
            raise Declined(Refusal.TOO_LATE)
        terms = (str(instalments), first_due.isoformat())
        self.changes[request_id] = ("arrange_payment", customer, bill, *terms)
        each, _ = in_parts(found.amount, instalments)
        return Arrangement(
            bill, instalments, each, first_due, self.decision, self._case(request_id)
        )

    async def reset_link(self, customer: str, language: Language, request_id: str) -> ResetLink:
        """See Accounts."""
        self._answer()
        if customer not in self.orders_of and customer not in self.bills_of:
            raise Declined(Refusal.NOT_THEIRS)
        self.changes[request_id] = ("reset_link", customer)
        return ResetLink(f"https://demo.example/pin#{len(self.changes)}", 15)

    def _answer(self) -> None:
        if not self.available:
            raise Unavailable("crm")

    def _case(self, request_id: str) -> str:
        return f"CS-{100001 + list(self.changes).index(request_id)}"
