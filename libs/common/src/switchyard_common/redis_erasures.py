"""Where one service asks for the erasure of customers and another says that they are erased.

Both ends are here, since both must mean the same keys. Asking and doing may be repeated, in any
order and by several processes: a customer is among those who wait, or is marked as done, and a
request that the store has lost is made again by whoever waits for the mark.

| key (behind `sy:{tenant}:`, the braces being the hash tag) | type | holds | lives |
|---|---|---|---|
| erasures | set | customers' keyed hashes, to be erased | members leave when they are |
| erased:{key} | string | when that was done, ms since 1970 | 30 days |
"""

from typing import Any

from redis.asyncio import Redis

_DONE_SECONDS = 30 * 24 * 3600


def erasures_key(tenant: str) -> str:
    """The set of a tenant's customers who are to be erased."""
    return f"sy:{{{tenant}}}:erasures"


class RedisErasures:
    """Requests of one tenant. All methods raise redis-py's exceptions; each costs O(1)."""

    def __init__(self, redis: Redis, tenant: str) -> None:
        self._redis: Any = redis  # its types promise text where it answers bytes
        self._tenant = tenant
        self._waiting = erasures_key(tenant)

    async def erased(self, customer_key: str) -> bool:
        """Whether a customer is erased; if not, it is asked for."""
        if await self._redis.exists(self._done(customer_key)):
            return True
        await self._redis.sadd(self._waiting, customer_key)
        return False

    async def some(self, limit: int) -> list[str]:
        """At most so many customers who wait, any of them."""
        return [key.decode() for key in await self._redis.srandmember(self._waiting, limit)]

    async def count(self) -> int:
        """How many wait."""
        return int(await self._redis.scard(self._waiting))

    async def done(self, customer_key: str, now_ms: int) -> None:
        """This one is erased."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.set(self._done(customer_key), now_ms, ex=_DONE_SECONDS)
        pipeline.srem(self._waiting, customer_key)
        await pipeline.execute()

    def _done(self, customer_key: str) -> str:
        return f"sy:{{{self._tenant}}}:erased:{customer_key}"
