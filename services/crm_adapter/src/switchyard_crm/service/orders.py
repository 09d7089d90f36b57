"""One order, for somebody who knows its number and the end of the customer's phone number."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from switchyard_crm.domain.customer import Order
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.phones import last_digits

_NO_DIGITS = "----"


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order, whose it is, the customer's language (BCP 47) and phones (E.164)."""

    order: Order
    customer: CustomerName
    language: str
    phones: tuple[str, ...]


class OrderBook(Protocol):
    """Holds orders by number."""

    async def find_order(self, tenant: TenantId, order_key: str) -> Sequence[HeldOrder]:
        """The orders of that comparable number, one per source that knows it.

        Does the same work for an unknown one. Raises StoreUnavailable.
        """
        ...


class LookupOrder:
    """Gives an order to whoever knows two things about it, and gives nothing away otherwise."""

    def __init__(self, orders: OrderBook) -> None:
        self._orders = orders

    async def run(self, tenant: TenantId, order_key: str, phone_last4: str) -> HeldOrder | None:
        """The order if both match, else None, at the same cost whichever is wrong.

        Raises StoreUnavailable.
        """
        found = await self._orders.find_order(tenant, order_key)
        known = [(phone, held) for held in found for phone in held.phones]
        matching = [
            held
            for phone, held in known or ((_NO_DIGITS, None),)
            if hmac.compare_digest(last_digits(phone), phone_last4)
        ]
        return next(iter(matching), None)
