"""Contacts whose callers were passed on to agents, remembered for the next process."""

from redis.asyncio import Redis

from switchyard_phone.adapters.redis.connection import store_errors
from switchyard_phone.adapters.redis.keys import CALL_SECONDS, PASSED_ON_SECONDS, Keys


class RedisPassedOn:
    """The port PassedOn of the router's node."""

    def __init__(self, redis: Redis, keys: Keys, node: str) -> None:
        self._redis = redis
        self._keys = keys
        self._key = keys.passed_on(node)

    async def add(self, contact: str, known_as: str) -> None:
        """An agent has the caller; `known_as`: the PBX's name for the call, if it has one."""
        async with store_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.sadd(self._key, contact)
            pipeline.expire(self._key, PASSED_ON_SECONDS)
            if known_as:
                pipeline.set(self._keys.call(known_as), contact, ex=CALL_SECONDS)
            await pipeline.execute()

    async def name(self, contact: str, known_as: str) -> None:
        """The PBX has the caller, by this name."""
        async with store_errors():
            await self._redis.set(self._keys.call(known_as), contact, ex=CALL_SECONDS)

    async def remove(self, contact: str) -> None:
        """The contact is over."""
        async with store_errors():
            await self._redis.srem(self._key, contact)

    async def all(self) -> frozenset[str]:
        """Those of this node that are not over, as far as anybody has told it."""
        async with store_errors():
            return frozenset(map(str, await self._redis.smembers(self._key)))
