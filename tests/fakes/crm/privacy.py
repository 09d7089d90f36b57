"""A store in memory knows nobody by whom an export or an erasure could be asked for."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.audit import Access
from switchyard_crm.service.subjects import (
    Erasure,
    ErasureState,
    ExportedRecord,
    Place,
    RecordRef,
    Removal,
)


class MemoryAccessLog:
    """Keeps accesses."""

    def __init__(self) -> None:
        self._kept: dict[str, Access] = {}

    async def add(self, accesses: Sequence[Access]) -> None:
        """As the store does."""
        self._kept |= {access.id: access for access in accesses if access.id not in self._kept}

    async def of(
        self, tenant: TenantId, customers: Sequence[CustomerId], limit: int
    ) -> Sequence[Access]:
        """As the store does."""
        theirs = [a for a in self._kept.values() if a.tenant == tenant and a.customer in customers]
        return sorted(theirs, key=lambda access: access.time, reverse=True)[:limit]

    async def sweep(self, before: datetime, limit: int) -> int:
        """As the store does."""
        old = [access.id for access in self._kept.values() if access.time < before][:limit]
        for each in old:
            del self._kept[each]
        return len(old)


class NoSubjects:
    """Nobody is known, and nobody was erased."""

    async def records_of(self, customer: CustomerName) -> Sequence[RecordRef]:
        return ()

    async def export(self, customer: CustomerName) -> AsyncIterator[ExportedRecord]:
        for nothing in tuple[ExportedRecord, ...]():
            yield nothing

    async def erase(
        self, customer: CustomerName, states: Mapping[str, ErasureState], actor: str, now: datetime
    ) -> Removal:
        return Removal()

    async def erasures_of(self, customer: CustomerName) -> Sequence[Erasure]:
        return ()

    async def requested(
        self, places: Collection[Place], before: datetime, skip: int, limit: int
    ) -> Sequence[Erasure]:
        return ()

    async def count_requested(self) -> int:
        return 0

    async def settle(self, erasure: Erasure) -> None:
        raise AssertionError("nothing was erased")

    async def readable(self, erasures: Sequence[Erasure]) -> int:
        return 0

    async def scrub(self) -> bool:
        return True
