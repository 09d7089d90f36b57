"""How far writes have got in the CRMs, and trying again what has failed for good."""

from datetime import datetime
from typing import Protocol

from switchyard_common.clock import Clock

from switchyard_crm.domain.deliveries import Delivery
from switchyard_crm.domain.errors import DeliveryNotFound
from switchyard_crm.domain.names import TenantId


class DeliveryBook(Protocol):
    """Knows deliveries. All methods raise StoreUnavailable."""

    async def find(self, tenant: TenantId, delivery: str) -> Delivery | None:
        """How it stands; None if there is no such delivery."""
        ...

    async def redrive(self, tenant: TenantId, delivery: str, now: datetime) -> Delivery | None:
        """Make its dead dispatches pending again, and how it stands then; None: no such delivery.

        Dead dispatches of the same case in the same source come along, in their order: a comment
        cannot be delivered to a case that was not.
        """
        ...


class GetDelivery:
    """Tells how a delivery stands."""

    def __init__(self, book: DeliveryBook) -> None:
        self._book = book

    async def run(self, tenant: TenantId, delivery: str) -> Delivery:
        """The delivery. Raises DeliveryNotFound, StoreUnavailable."""
        found = await self._book.find(tenant, delivery)
        if found is None:
            raise DeliveryNotFound
        return found


class RedriveDelivery:
    """Tries a dead delivery again; one that is not dead stays as it is."""

    def __init__(self, book: DeliveryBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    async def run(self, tenant: TenantId, delivery: str) -> Delivery:
        """How it stands then. Raises DeliveryNotFound, StoreUnavailable."""
        found = await self._book.redrive(tenant, delivery, self._clock.now())
        if found is None:
            raise DeliveryNotFound
        return found
