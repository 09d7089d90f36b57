"""The writing side of a store in memory that knows no cases, deliveries or consents."""

from collections.abc import Sequence
from datetime import datetime

from switchyard_crm.domain.consents import Purpose
from switchyard_crm.domain.deliveries import Delivery
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.service.cases import CaseReference, WriteStamp, WrittenCase
from switchyard_crm.service.connectors import CaseChange, NewCase
from switchyard_crm.service.consents import NewConsent, Permissions
from switchyard_crm.service.outbox import Depth, Failure, Lease, Parcel, Room, Taken
from switchyard_crm.service.requests import Answered, WriteRequest
from switchyard_crm.wiring.outbox import WriteStore

from tests.fakes.crm.store import FakeStore


class _Nothing:
    """Fails and hangs with the store; otherwise it holds nothing."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def open(
        self, customer: CustomerName, case: NewCase, stamp: WriteStamp, request: WriteRequest
    ) -> WrittenCase:
        await self._store.ping()
        raise CustomerNotFound

    async def report(
        self,
        tenant: TenantId,
        contact: Identifier,
        case: NewCase,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        await self._store.ping()
        raise CustomerNotFound

    async def change(
        self,
        customer: CustomerName,
        which: CaseReference,
        change: CaseChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> WrittenCase:
        await self._store.ping()
        raise CustomerNotFound

    async def find(self, tenant: TenantId, delivery: str) -> Delivery | None:
        await self._store.ping()
        return None

    async def redrive(self, tenant: TenantId, delivery: str, now: datetime) -> Delivery | None:
        await self._store.ping()
        return None

    async def add(
        self, customer: CustomerName, consent: NewConsent, now: datetime, request: WriteRequest
    ) -> Answered:
        await self._store.ping()
        raise CustomerNotFound

    async def permissions(self, customer: CustomerName, purpose: Purpose) -> Permissions | None:
        await self._store.ping()
        return None

    async def listed(self, tenant: TenantId, identifier: Identifier) -> bool:
        await self._store.ping()
        return False

    async def list_numbers(
        self, tenant: TenantId, identifiers: Sequence[Identifier], now: datetime
    ) -> int:
        await self._store.ping()
        return 0

    async def unlist_numbers(self, tenant: TenantId, identifiers: Sequence[Identifier]) -> int:
        await self._store.ping()
        return 0

    async def take(self, lease: Lease, limit: int) -> Taken:
        await self._store.ping()
        return Taken()

    async def delivered(self, parcel: Parcel, remote_id: str, now: datetime) -> bool:
        await self._store.ping()
        return False

    async def postpone(self, parcel: Parcel, failure: Failure, due: datetime) -> bool:
        await self._store.ping()
        return False

    async def bury(self, parcel: Parcel, failure: Failure, now: datetime) -> bool:
        await self._store.ping()
        return False

    async def depths(self) -> tuple[Depth, ...]:
        await self._store.ping()
        return ()

    async def sweep(self, *before_and_limit: object) -> int:
        await self._store.ping()
        return 0


def fake_writes(store: FakeStore) -> WriteStore:
    """Contacts are kept by the store; there is no more."""
    nothing = _Nothing(store)
    return WriteStore(
        store, nothing, nothing, nothing, nothing, nothing, nothing, Room(limit=1_000)
    )
