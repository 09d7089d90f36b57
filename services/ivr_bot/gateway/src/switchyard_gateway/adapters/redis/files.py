"""Files of conversations in Redis: bounded in number and bytes, gone by themselves."""

from collections.abc import Awaitable
from importlib.resources import files as resources
from typing import cast

from redis.asyncio import Redis
from switchyard_common.errors import ErrorKind

from switchyard_gateway.adapters.redis.keys import (
    file_ends_key,
    file_key,
    file_sizes_key,
    files_key,
)
from switchyard_gateway.adapters.redis.scripts import store_errors
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.files import File, FileLimits, FileRefused, FileUnknown


class RedisFiles:
    """The port Files. `redis` must not decode: contents are bytes.

    Room for a file is reserved among all first, and given up by its own end: whoever dies in
    between holds a few megabytes of the limit for a day, and nothing else.
    """

    def __init__(self, redis: Redis) -> None:
        folder = resources("switchyard_gateway.adapters.redis") / "lua"
        self._redis = redis
        self._reserve = redis.register_script((folder / "reserve_file.lua").read_text())
        self._keep = redis.register_script((folder / "keep_file.lua").read_text())

    async def keep(self, file: File, limits: FileLimits) -> None:
        """Keep it for as long as the limits say."""
        lasting = round(limits.keep_seconds * 1000)
        async with store_errors():
            reserved = await self._reserve(
                keys=[file_ends_key(), file_sizes_key()],
                args=[
                    _member(file),
                    len(file.content),
                    limits.total_bytes,
                    lasting,
                ],
            )
        if not reserved:
            raise FileRefused(
                ErrorKind.EXHAUSTED, "FILES_FULL", "no room for files now; try again later"
            )
        if not await self._store(file, limits.per_conversation, lasting):
            await self._give_up(file)
            raise FileRefused(
                ErrorKind.EXHAUSTED,
                "FILES_TOO_MANY",
                f"at most {limits.per_conversation} files a conversation",
            )

    async def read(self, conversation_id: ConversationId, file_id: str) -> File:
        """Read it; FileUnknown."""
        async with store_errors():
            found = await cast(
                "Awaitable[dict[bytes, bytes]]",
                self._redis.hgetall(file_key(conversation_id, file_id)),
            )
        if not found:
            raise FileUnknown
        return File(
            conversation_id,
            file_id,
            found[b"name"].decode(),
            found[b"type"].decode(),
            found[b"content"],
        )

    async def _store(self, file: File, most: int, lasting_ms: int) -> bool:
        async with store_errors():
            stored = await self._keep(
                keys=[files_key(file.conversation), file_key(file.conversation, file.id)],
                args=[file.id, most, lasting_ms, file.name, file.type, file.content],
            )
        return bool(stored)

    async def _give_up(self, file: File) -> None:
        """Let the next reservation free this one's room."""
        async with store_errors():
            await self._redis.zadd(file_ends_key(), {_member(file): 0}, xx=True)


def _member(file: File) -> str:
    return f"{file.conversation}/{file.id}"
