"""What a gateway process, and all of them together, remember in Redis."""

from redis.asyncio import Redis

from switchyard_gateway.adapters.redis.keys import DAY_MS, held_key, seen_key
from switchyard_gateway.adapters.redis.scripts import store_errors
from switchyard_gateway.domain.conversation import ConversationId


class RedisLedger:
    """The port NodeLedger."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def track(self, node: str, conversation_id: ConversationId) -> None:
        """Remember that the node may hold a contact for the conversation."""
        async with store_errors():
            await self._redis.sadd(held_key(node), conversation_id)

    async def untrack(self, node: str, conversation_id: ConversationId) -> None:
        """Forget it."""
        async with store_errors():
            await self._redis.srem(held_key(node), conversation_id)

    async def tracked(self, node: str) -> tuple[ConversationId, ...]:
        """All that the node may hold, in a stable order."""
        async with store_errors():
            members = await self._redis.smembers(held_key(node))
        return tuple(ConversationId(member) for member in sorted(map(str, members)))


class RedisSightings:
    """The port Sightings. A key's remaining life tells its age: no two clocks are compared."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def seen(self, conversation_ids: tuple[ConversationId, ...]) -> None:
        """They are connected now."""
        if not conversation_ids:
            return
        async with store_errors(), self._redis.pipeline(transaction=False) as pipeline:
            for conversation_id in conversation_ids:
                pipeline.set(seen_key(conversation_id), 1, px=DAY_MS)
            await pipeline.execute()

    async def away_seconds(self, conversation_id: ConversationId) -> float:
        """How long ago the customer was last seen; a day when that is longer ago."""
        async with store_errors():
            left = int(await self._redis.pttl(seen_key(conversation_id)))
        return (DAY_MS - max(left, 0)) / 1000
