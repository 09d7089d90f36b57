"""What customers ask for that people carry out: another address, another way to pay.

Each is stored, and goes to the CRMs as a case, in one transaction.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from switchyard_common.clock import Clock
from switchyard_common.ids import IdFactory

from switchyard_crm.domain.arrangements import Arrangement
from switchyard_crm.domain.customer import Order
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.service.cases import WriteStamp
from switchyard_crm.service.requests import WriteRequest


@dataclass(frozen=True, slots=True)
class AddressChange:
    """Where an order shall go; `order_key` is its comparable number. Personal."""

    order_key: str
    address: str


@dataclass(frozen=True, slots=True)
class ArrangementWish:
    """How somebody wants to pay a bill."""

    bill: str
    instalments: int
    first_due_date: date


@dataclass(frozen=True, slots=True)
class AddressChanged:
    """The order as it is now, the case and delivery of the change; `new` False for a repeat."""

    order: Order
    case_number: str
    delivery: str
    new: bool


@dataclass(frozen=True, slots=True)
class Arranged:
    """The arrangement as stored, its case and delivery; `new` False for a repeat."""

    arrangement: Arrangement
    case_number: str
    delivery: str
    new: bool


class RequestBook(Protocol):
    """Keeps what customers ask for, once per request.

    All methods raise CustomerNotFound, OutboxFull, RequestIdReused and StoreUnavailable.
    """

    async def change_address(
        self,
        customer: CustomerName,
        change: AddressChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> AddressChanged:
        """Raises OrderNotFound, OrderShipped, OrderCancelled."""
        ...

    async def arrange(
        self,
        customer: CustomerName,
        wish: ArrangementWish,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Arranged:
        """Raises BillNotFound, BillPaid, ArrangementExists."""
        ...


class ChangeDeliveryAddress:
    """Changes where an order goes, as long as it has not left."""

    def __init__(self, book: RequestBook, ids: IdFactory, clock: Clock) -> None:
        self._book = book
        self._ids = ids
        self._clock = clock

    async def run(
        self, customer: CustomerName, change: AddressChange, request: WriteRequest
    ) -> AddressChanged:
        """The order as it is then. Raises what `RequestBook.change_address` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        return await self._book.change_address(customer, change, stamp, request)


class ArrangePayment:
    """Asks for a bill to be paid in parts or later."""

    def __init__(self, book: RequestBook, ids: IdFactory, clock: Clock) -> None:
        self._book = book
        self._ids = ids
        self._clock = clock

    async def run(
        self, customer: CustomerName, wish: ArrangementWish, request: WriteRequest
    ) -> Arranged:
        """The arrangement as stored. Raises what `RequestBook.arrange` raises."""
        stamp = WriteStamp(self._ids.new(), self._clock.now())
        return await self._book.arrange(customer, wish, stamp, request)
