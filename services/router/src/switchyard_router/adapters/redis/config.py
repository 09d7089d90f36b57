"""Queues, plans and agents' configuration in Redis, and queue counters."""

from collections.abc import Mapping, Sequence

from switchyard_router.adapters.redis.client import RedisClient
from switchyard_router.adapters.redis.codec import counts_of
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.scripts import Argument, Scripts, store_errors
from switchyard_router.domain.records import ConfigRecord, QueueCounts


class RedisConfig:
    """The configuration side of the store; kinds are "queue", "agent" and "plan"."""

    def __init__(self, redis: RedisClient, keys: Keys, scripts: Scripts) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts

    async def upsert(
        self,
        kind: str,
        resource_id: str,
        data: bytes,
        fields: Mapping[str, Argument],
        *,
        version: str,
        check_only: bool,
    ) -> int:
        """Store a configuration and what the scripts need of it; returns its new version.

        `version` (empty: any) must be the stored one, else ETAG_MISMATCH. `check_only` writes nothing.
        """
        extra = [part for pair in {"data": data, **fields}.items() for part in pair]
        _, rest = await self._scripts.run(
            "upsert_config", kind, resource_id, version, int(check_only), *extra
        )
        return int(rest[0])

    async def read(self, kind: str, ids: Sequence[str]) -> list[ConfigRecord]:
        """The stored ones among `ids`, in their order."""
        with store_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for resource_id in ids:
                    pipe.hmget(self._keys.of(kind, resource_id), ("config_version", "data"))
                rows = await pipe.execute()
        return [
            ConfigRecord(resource_id, int(version), data)
            for resource_id, (version, data) in zip(ids, rows, strict=True)
            if version is not None
        ]

    async def ids(self, kind: str) -> list[str]:
        """All ids of a kind, sorted."""
        with store_errors():
            members = await self._redis.smembers(self._keys.ids(kind))
        return sorted(member.decode() for member in members)

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        """Counters of queues, in the order asked for."""
        with store_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for queue_id in queue_ids:
                    pipe.hgetall(self._keys.of("stats", queue_id))
                return [counts_of(fields) for fields in await pipe.execute()]
