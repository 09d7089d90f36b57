"""Queues, plans and agents' configuration in Redis, and queue counters."""

from collections.abc import Mapping, Sequence

from switchyard_router.adapters.redis.codec import counts_of
from switchyard_router.adapters.redis.keys import Keys
from switchyard_router.adapters.redis.link import Link
from switchyard_router.adapters.redis.scripts import Scripts, store_errors
from switchyard_router.adapters.redis.wire import Argument
from switchyard_router.domain.records import ConfigRecord, KeptConfig, QueueCounts
from switchyard_router.domain.refusals import in_use, not_there, unknown_use


class RedisConfig:
    """The configuration side of the store; kinds are "queue", "agent" and "plan"."""

    def __init__(self, link: Link, keys: Keys, scripts: Scripts) -> None:
        self._link = link
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
        uses: Sequence[str] = (),
    ) -> int:
        """Store a configuration and what the scripts need of it; returns its new version.

        `version` (empty: any) must be the stored one, else ETAG_MISMATCH.
        `check_only` writes nothing. `uses`: what it names, as "kind:id"; all must exist, and none
        can be deleted as long as it does.
        """
        extra = [part for pair in {"data": data, **fields}.items() for part in pair]
        code, rest = await self._scripts.run(
            "upsert_config", kind, resource_id, version, int(check_only), _used(uses), *extra
        )
        if code == "USED_UNKNOWN":
            raise unknown_use(kind, rest[0].decode())
        return int(rest[0])

    async def put_back(self, items: Sequence[KeptConfig]) -> bool:
        """Store all of it with its versions, as one step; False if the store has any already."""
        args: list[Argument] = []
        for item in items:
            fields = [part for pair in item.fields.items() for part in pair]
            named = (item.kind, item.record.id, item.record.version, _used(item.uses))
            args += [*named, len(fields) + 2, "data", item.record.data, *fields]
        code, _ = await self._scripts.run("put_back_config", *args)
        return code == "OK"

    async def delete(self, kind: str, resource_id: str, version: str) -> None:
        """Delete what nothing uses; raises NOT_FOUND, ETAG_MISMATCH, or IN_USE naming the users."""
        code, rest = await self._scripts.run("delete_config", kind, resource_id, version)
        if code == "NOT_THERE":
            raise not_there(kind)
        if code == "IN_USE":
            raise in_use(kind, rest[0].decode(), int(rest[1]))

    async def read(self, kind: str, ids: Sequence[str]) -> list[ConfigRecord]:
        """The stored ones among `ids`, in their order."""
        with store_errors():
            rows = await self._link.calls(
                [("HMGET", self._keys.of(kind, one), "config_version", "data") for one in ids]
            )
        return [
            ConfigRecord(resource_id, int(version), data)
            for resource_id, (version, data) in zip(ids, rows, strict=True)
            if version is not None
        ]

    async def ids(self, kind: str) -> list[str]:
        """All ids of a kind, sorted."""
        with store_errors():
            members = await self._link.call("SMEMBERS", self._keys.ids(kind))
        return sorted(member.decode() for member in members)

    async def counts(self, queue_ids: Sequence[str]) -> list[QueueCounts]:
        """Counters of queues, in the order asked for."""
        with store_errors():
            rows = await self._link.calls(
                [("HGETALL", self._keys.of("stats", queue_id)) for queue_id in queue_ids]
            )
        return [counts_of(fields) for fields in rows]


def _used(uses: Sequence[str]) -> str:
    return ",".join(sorted(set(uses)))
