"""Customers whose erasure another service has asked for in Redis."""

from switchyard_common.redis_erasures import RedisErasures

from switchyard_insights.adapters.redis.connection import log_errors


class RequestedErasures:
    """The port Requests."""

    def __init__(self, erasures: RedisErasures) -> None:
        self._erasures = erasures

    async def some(self, limit: int) -> list[str]:
        """As Requests."""
        async with log_errors():
            return await self._erasures.some(limit)

    async def count(self) -> int:
        """As Requests."""
        async with log_errors():
            return await self._erasures.count()

    async def done(self, customer_key: str, now_ms: int) -> None:
        """As Requests."""
        async with log_errors():
            await self._erasures.done(customer_key, now_ms)
