"""What customers do alone, over a store in memory: attempts are counted, there is nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from switchyard_crm.domain.attempts import Tally
from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.self_service_errors import AppointmentNotFound, LinkNotValid
from switchyard_crm.service.appointments import Appointment, Holder, Slot
from switchyard_crm.service.attempts import Count, Reserved
from switchyard_crm.service.cases import CaseFile, WriteStamp
from switchyard_crm.service.claims import Claim
from switchyard_crm.service.codes import Reachable
from switchyard_crm.service.customer_requests import (
    AddressChange,
    AddressChanged,
    Arranged,
    ArrangementWish,
)
from switchyard_crm.service.pin_reset import IssuedLink, PinOwner
from switchyard_crm.service.requests import WriteRequest
from switchyard_crm.wiring.self_service import SelfServiceStore

from tests.fakes.crm.store import FakeStore


class MemoryAttempts:
    """Keeps counts as the store does, within one process."""

    def __init__(self, store: FakeStore | None = None) -> None:
        self._store = store
        self._tallies: dict[tuple[TenantId, str], Tally] = {}

    async def reserve(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> Reserved:
        await self._answer()
        tallies = {each: self._tally(tenant, each, now) for each in counts}
        waits = {each: each.rule.locked_seconds(tally, now) for each, tally in tallies.items()}
        told = max(wait for each, wait in waits.items() if each.told)
        if told > 0:
            return Reserved(tuple(each.rule.left(tallies[each]) for each in counts), told)
        for each in counts:
            if waits[each] == 0:
                tallies[each] = each.rule.counted(tallies[each], now)
                self._tallies[tenant, each.what] = tallies[each]
        left = tuple(each.rule.left(tallies[each]) for each in counts)
        return Reserved(left, hushed=any(waits.values()))

    async def give_back(self, tenant: TenantId, counts: Sequence[Count], now: datetime) -> None:
        await self._answer()
        for each in counts:
            given_back = each.rule.given_back(self._tally(tenant, each, now))
            self._tallies[tenant, each.what] = Tally() if each.starts_over else given_back

    async def sweep(self, before: datetime, limit: int) -> int:
        await self._answer()
        old = [key for key, tally in self._tallies.items() if tally.last and tally.last < before][
            :limit
        ]
        for key in old:
            del self._tallies[key]
        return len(old)

    def _tally(self, tenant: TenantId, count: Count, now: datetime) -> Tally:
        return count.rule.remembered(self._tallies.get((tenant, count.what), Tally()), now)

    async def _answer(self) -> None:
        if self._store is not None:
            await self._store.ping()


class _Nothing:
    """Fails and hangs with the store; otherwise it holds nothing."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def pin_of(self, tenant: TenantId, customer: CustomerName | None) -> str:
        await self._store.ping()
        return ""

    async def reachable(self, tenant: TenantId, customer: CustomerName | None) -> Reachable:
        await self._store.ping()
        return Reachable()

    async def keep(self, claim: Claim, customer: CustomerName, code: str, until: datetime) -> None:
        await self._store.ping()
        raise CustomerNotFound

    async def redeem(
        self, claim: Claim, customer: CustomerName | None, code: str, now: datetime
    ) -> bool:
        await self._store.ping()
        return False

    async def change_address(
        self,
        customer: CustomerName,
        change: AddressChange,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> AddressChanged:
        await self._store.ping()
        raise CustomerNotFound

    async def arrange(
        self,
        customer: CustomerName,
        wish: ArrangementWish,
        stamp: WriteStamp,
        request: WriteRequest,
    ) -> Arranged:
        await self._store.ping()
        raise CustomerNotFound

    async def read(
        self, customer: CustomerName, number: str, comments: int, *, internal: bool = False
    ) -> CaseFile | None:
        await self._store.ping()
        return None

    async def taken(
        self, tenant: TenantId, branch: str, first: datetime, last: datetime
    ) -> Mapping[datetime, int]:
        await self._store.ping()
        return {}

    async def book(
        self, holder: Holder, slot: Slot, purpose: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        await self._store.ping()
        raise CustomerNotFound

    async def cancel(
        self, holder: Holder, number: str, now: datetime, request: WriteRequest
    ) -> Appointment:
        await self._store.ping()
        raise AppointmentNotFound


class _NoLinks:
    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def issue(
        self, customer: CustomerName, until: datetime, now: datetime, request: WriteRequest
    ) -> IssuedLink:
        await self._store.ping()
        raise CustomerNotFound

    async def owner(self, tenant: TenantId, token: str, now: datetime) -> PinOwner:
        await self._store.ping()
        raise LinkNotValid

    async def redeem(self, tenant: TenantId, token: str, pin_hash: str, now: datetime) -> None:
        await self._store.ping()
        raise LinkNotValid


def fake_self_service(store: FakeStore) -> SelfServiceStore:
    """Attempts are counted; nobody has a PIN, a code, a link, a case or an appointment."""
    nothing = _Nothing(store)
    return SelfServiceStore(
        attempts=MemoryAttempts(store),
        pins=nothing,
        codes=nothing,
        code_book=nothing,
        addresses=nothing,
        links=_NoLinks(store),
        requests=nothing,
        cases=nothing,
        appointments=nothing,
        sweeps={},
    )
