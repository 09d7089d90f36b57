"""Decision records in Redis: written beside the step they explain, never in its way."""

from collections.abc import Sequence

from switchyard_router.adapters.redis.client import RedisClient
from switchyard_router.adapters.redis.keys import DAY_SECONDS, Keys
from switchyard_router.adapters.redis.scripts import store_errors

_PER_CONTACT = 50


class RedisDecisions:
    """Encoded decisions by id, and the ids of a contact's decisions."""

    def __init__(self, redis: RedisClient, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def put(self, decisions: Sequence[tuple[str, str, bytes]]) -> None:
        """Store (decision id, contact id, encoded decision) in one round trip."""
        with store_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for decision_id, contact_id, data in decisions:
                    of_contact = self._keys.of("decisions_of", contact_id)
                    pipe.set(self._keys.of("decision", decision_id), data, ex=DAY_SECONDS)
                    pipe.lpush(of_contact, decision_id)
                    pipe.ltrim(of_contact, 0, _PER_CONTACT - 1)
                    pipe.expire(of_contact, DAY_SECONDS)
                await pipe.execute()

    async def get(self, decision_id: str) -> bytes | None:
        """An encoded decision, None if unknown or older than a day."""
        with store_errors():
            data: bytes | None = await self._redis.get(self._keys.of("decision", decision_id))
        return data
