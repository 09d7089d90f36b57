"""What flows need of the system that keeps customers' accounts. All of it is personal."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from switchyard_actions.domain.bills import Arrangement, Bill
from switchyard_actions.domain.language import Language
from switchyard_actions.domain.orders import Order


class Refusal(StrEnum):
    """Why something was not done, and will not be however often it is asked for.

    NOT_THEIRS: the customer has no such order or bill. TOO_LATE: its state does not allow it any
    more. INVALID: what was given will not do. LIMIT: it was asked for too often; later it may.
    """

    NOT_THEIRS = "not_theirs"
    TOO_LATE = "too_late"
    INVALID = "invalid"
    LIMIT = "limit"


class Declined(Exception):
    """The account system says no; `reason` is its stable id of why, if it gave one."""

    def __init__(self, refusal: Refusal, reason: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OrderList:
    """Orders, newest first. `complete`: no source failed that may have more."""

    items: tuple[Order, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class BillList:
    """Bills, newest first. `complete`: no source failed that may have more."""

    items: tuple[Bill, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """The order as it is now, and the case under which its new address is carried out."""

    order: Order
    case_number: str


@dataclass(frozen=True, slots=True)
class ResetLink:
    """Where a customer sets a new PIN, once. Whoever has the link can: it is never kept."""

    url: str
    valid_minutes: int


class Accounts(Protocol):
    """Orders, bills and PINs of verified customers (`tenants/{tenant}/customers/{customer}`).

    Every method answers within about a second. All raise Unavailable when there is no answer, after
    which the request may or may not have been carried out: the same `request_id` makes repeating
    harmless. All raise Declined, with NOT_THEIRS also when the customer no longer exists.
    """

    async def orders(self, customer: str, language: Language) -> OrderList:
        """The latest orders, with item names in `language`."""
        ...

    async def bills(self, customer: str, language: Language) -> BillList:
        """The latest bills."""
        ...

    async def change_address(
        self, customer: str, order_number: str, address: str, request_id: str
    ) -> AddressChanged:
        """Has an order delivered elsewhere: the whole address in one line, 5 to 200 characters."""
        ...

    async def arrange_payment(
        self, customer: str, bill: str, instalments: int, first_due: date, request_id: str
    ) -> Arrangement:
        """Asks to pay a bill in parts or later; the bounds are in domain/bills.py."""
        ...

    async def reset_link(self, customer: str, language: Language, request_id: str) -> ResetLink:
        """Makes a link to set a new PIN with."""
        ...
