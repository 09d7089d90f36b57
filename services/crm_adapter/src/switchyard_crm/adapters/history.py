"""The history of contacts, as a place where somebody is erased; it knows customers by keyed hash.

It is asked through Redis: nothing here depends on its service running now.
"""

from redis.exceptions import RedisError
from switchyard_common.logs import pseudonym
from switchyard_common.redis_erasures import RedisErasures

from switchyard_crm.domain.names import CustomerId, CustomerName, TenantId
from switchyard_crm.service.connectors import Capability, Unavailable


class HistoryEraser:
    """The port Eraser. `key` is the one by which the router hides customers in its events."""

    capabilities = frozenset((Capability.ERASE,))

    def __init__(self, erasures: RedisErasures, tenant: str, key: bytes) -> None:
        self._erasures = erasures
        self._tenant = TenantId(tenant)
        self._key = key

    async def erase(self, source_id: str) -> None:
        """Ask for the erasure of the customer of this id; Unavailable until it is done."""
        name = CustomerName(self._tenant, CustomerId(source_id))
        try:
            erased = await self._erasures.erased(pseudonym(self._key, str(name)))
        except (RedisError, OSError) as error:
            raise Unavailable("the store in which the history is asked does not answer") from error
        if not erased:
            raise Unavailable("the history is asked and has not done it yet")
