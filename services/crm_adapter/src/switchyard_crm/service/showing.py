"""The view of a customer by the id of any of its records, for answers to a write."""

from switchyard_common.clock import Clock

from switchyard_crm.domain.context import Section
from switchyard_crm.domain.customer import Customer
from switchyard_crm.domain.names import CustomerName
from switchyard_crm.service.context import ContextSource, SourceQuery


class ShowCustomer:
    """Reads the profile from the store."""

    def __init__(self, local: ContextSource, clock: Clock) -> None:
        self._local = local
        self._clock = clock

    async def run(self, name: CustomerName) -> Customer | None:
        """The customer; None if it is gone. Raises StoreUnavailable."""
        query = SourceQuery(name, (Section.PROFILE,), 1, self._clock.now())
        customer = None
        async for part in self._local.read(query):
            customer = part.content.customer or customer
        return customer
