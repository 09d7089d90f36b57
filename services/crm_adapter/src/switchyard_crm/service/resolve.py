"""Who is behind identifiers."""

from collections.abc import Sequence
from typing import Protocol

from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.names import CustomerId, TenantId
from switchyard_crm.domain.resolution import MAX_HOLDERS, NOBODY, Match, Resolution, judge


class IdentityIndex(Protocol):
    """Knows which customers hold an identifier."""

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[tuple[CustomerId, ...]]:
        """For each identifier its holders, at most `limit`. Raises StoreUnavailable."""
        ...


class Resolve:
    """Finds the customers behind identifiers."""

    def __init__(self, index: IdentityIndex) -> None:
        self._index = index

    async def run(self, tenant: TenantId, identifiers: Sequence[Identifier]) -> Resolution:
        """Judges who is meant; no identifiers mean nobody. Raises StoreUnavailable."""
        if not identifiers:
            return NOBODY
        holders = await self._index.holders(tenant, identifiers, MAX_HOLDERS + 1)
        return judge([Match(*pair) for pair in zip(identifiers, holders, strict=True)])
