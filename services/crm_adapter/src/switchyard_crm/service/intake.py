"""Taking in what a CRM said of somebody, outside of following it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from switchyard_common.errors import DomainError

from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.domain.records import CustomerRecord, Profile

type Relink = Callable[[TenantId], Awaitable[object]]
"""Finds out whose the records are that were just written. Raises DomainError."""


class RecordStore(Protocol):
    """Stores records."""

    async def replace(self, records: Sequence[CustomerRecord]) -> tuple[CustomerId, ...]:
        """All in one transaction. Raises WriteConflict, StoreUnavailable."""
        ...


class TakeIn:
    """Stores profiles as records and finds out whose they are."""

    def __init__(self, store: RecordStore, relink: Relink, new_id: Callable[[], str]) -> None:
        self._store = store
        self._relink = relink
        self._new_id = new_id
        self._log = structlog.stdlib.get_logger("switchyard.crm")

    async def take_in(self, tenant: TenantId, profiles: Sequence[Profile]) -> None:
        """Store them, each in the place of what was stored of it. Raises DomainError.

        If linking them fails, they are stored all the same and wait to be linked, as everything
        that is written does.
        """
        await self._store.replace(
            [
                CustomerRecord(CustomerName(tenant, CustomerId(self._new_id())), profile)
                for profile in profiles
            ]
        )
        try:
            await self._relink(tenant)
        except DomainError as error:
            self._log.warning("linking_waits", reason=error.reason)
