"""Who is behind identifiers."""

from collections.abc import Sequence
from typing import Protocol

from switchyard_crm.domain.identifiers import Identifier
from switchyard_crm.domain.matching.blocked import BLOCKED_BY_DEFAULT, BlockedValues
from switchyard_crm.domain.names import TenantId
from switchyard_crm.domain.resolution import (
    MAX_HOLDERS,
    NOBODY,
    Holders,
    Match,
    Resolution,
    judge,
)


class IdentityIndex(Protocol):
    """Knows which customers hold an identifier."""

    async def holders(
        self, tenant: TenantId, identifiers: Sequence[Identifier], limit: int
    ) -> Sequence[Holders]:
        """For each identifier its holders, at most `limit` customers, and how many names.

        Several records of one customer are one holder. Raises StoreUnavailable.
        """
        ...


class Resolve:
    """Finds the customers behind identifiers."""

    def __init__(self, index: IdentityIndex, blocked: BlockedValues = BLOCKED_BY_DEFAULT) -> None:
        self._index = index
        self._blocked = blocked

    async def run(self, tenant: TenantId, identifiers: Sequence[Identifier]) -> Resolution:
        """Judges who is meant; no identifiers mean nobody. Raises StoreUnavailable."""
        if not identifiers:
            return NOBODY
        holders = await self._index.holders(tenant, identifiers, MAX_HOLDERS + 1)
        return judge(
            [
                Match(
                    identifier,
                    held.customers,
                    held.names,
                    held.records,
                    blocked=self._blocked.is_nobodys(identifier),
                )
                for identifier, held in zip(identifiers, holders, strict=True)
            ]
        )
