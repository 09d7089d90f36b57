"""Who somebody says they are, and whom that names."""

from dataclasses import dataclass

from switchyard_crm.domain.identifiers import Identifier, IdentifierKind
from switchyard_crm.domain.names import CustomerName, TenantId
from switchyard_crm.domain.resolution import ResolveOutcome
from switchyard_crm.service.resolve import Resolve

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Claim:
    """A customer, order or other identifier that somebody names; `conversation` may be empty.

    `identifier` is None for a number that identifies nobody.
    """

    tenant: TenantId
    identifier: Identifier | None
    conversation: str = ""

    @property
    def subject(self) -> str:
        """What was named, as one text."""
        named = self.identifier
        if named is None:
            return _NOBODY
        return f"{named.kind.value}:{named.namespace}:{named.value}"


class Claimed:
    """Finds the one customer that a claim names, at the same cost for nobody."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def customer(self, claim: Claim) -> CustomerName | None:
        """The customer; None for nobody, several, or what many share. Raises StoreUnavailable."""
        named = claim.identifier or Identifier(IdentifierKind.CUSTOMER_ID, _NOBODY)
        found = await self._resolve.run(claim.tenant, [named])
        if found.outcome is not ResolveOutcome.UNIQUE:
            return None
        return CustomerName(claim.tenant, found.candidates[0].customer)

    async def is_shared(self, tenant: TenantId, identifier: Identifier) -> bool:
        """Whether a value proves nothing: blocked, or held by too many. StoreUnavailable."""
        found = await self._resolve.run(tenant, [identifier])
        return found.outcome is ResolveOutcome.SHARED_NUMBER

    async def is_only_of(self, identifier: Identifier, customer: CustomerName) -> bool:
        """Whether a value is this customer's and nobody else's. Raises StoreUnavailable."""
        found = await self.customer(Claim(customer.tenant, identifier))
        return found == customer
