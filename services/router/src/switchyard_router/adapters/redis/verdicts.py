"""Versions of models that were found to be wrong, in Redis."""

from collections.abc import Set as AbstractSet

from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import store_errors


class RedisVerdicts:
    """The set `wrong_models`. Adding to a set is atomic, and in any order comes to the same."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._key = keys.wrong_models

    async def withdraw(self, versions: AbstractSet[str]) -> None:
        """Keep that versions are wrong."""
        with store_errors():
            await self._link.call("SADD", self._key, *sorted(versions))

    async def withdrawn(self) -> frozenset[str]:
        """All of them: O(versions ever withdrawn), a handful."""
        with store_errors():
            members = await self._link.call("SMEMBERS", self._key)
        return frozenset(member.decode() for member in members)
