"""Identities of a store in memory, in which nobody is related to anybody."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from switchyard_crm.domain.errors import CustomerNotFound
from switchyard_crm.domain.names import TenantId
from switchyard_crm.service.identities import IdentityUnit, Review

from tests.fakes.crm.store import FakeStore


class _Nobody(AbstractAsyncContextManager[IdentityUnit]):
    """A transaction in which nobody is found."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def __aenter__(self) -> IdentityUnit:
        await self._store.ping()
        raise CustomerNotFound

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing was begun."""


class UnrelatedIdentities:
    """Fails and hangs with the store; otherwise it holds nothing."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def changing(self, tenant: TenantId) -> "_Nobody":
        return _Nobody(self._store)

    async def waiting(self) -> Mapping[TenantId, int]:
        await self._store.ping()
        return {}

    async def open_reviews(self, tenant: TenantId, after: str, limit: int) -> Sequence[Review]:
        await self._store.ping()
        return ()

    async def count_open_reviews(self) -> int:
        await self._store.ping()
        return 0
