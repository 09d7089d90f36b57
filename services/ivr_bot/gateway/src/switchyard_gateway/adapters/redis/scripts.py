"""Runs the Lua scripts, and turns Redis' troubles into StoreDown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError

from switchyard_gateway.adapters.redis.keys import BELL, DAY_MS, HUSHED_MS, conversation_keys
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.domain.errors import StoreDown

_NAMES = ("open", "commit", "post", "claim_turn", "renew_turn", "show_wait")
_PASSING = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OSError)


@asynccontextmanager
async def store_errors() -> AsyncIterator[None]:
    """Makes StoreDown of every failure that will pass by itself."""
    try:
        yield
    except _PASSING as error:
        raise StoreDown from error


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is kept of a conversation and of all events, and when a timer is due.

    `look_ms` after the last step somebody looks whether the customer is still there.
    """

    max_entries: int = 1000
    max_events: int = 100_000
    look_ms: int = 90_000


class Scripts:
    """The atomic steps on one conversation, each a Lua script of its own file."""

    def __init__(self, redis: Redis, bounds: Bounds) -> None:
        folder = files("switchyard_gateway.adapters.redis") / "lua"
        prelude = (folder / "prelude.lua").read_text()
        self._scripts = {
            name: redis.register_script(f"{prelude}\n{(folder / f'{name}.lua').read_text()}")
            for name in _NAMES
        }
        self._bounds = (bounds.max_entries, bounds.max_events, bounds.look_ms)

    async def run(self, name: str, conversation_id: ConversationId, *args: str | int) -> list[Any]:
        """The script's answer: a status word, and what belongs to it. StoreDown."""
        async with store_errors():
            answer: list[Any] = await self._scripts[name](
                keys=conversation_keys(conversation_id),
                args=[BELL, conversation_id, DAY_MS, *self._bounds, HUSHED_MS, *args],
            )
        return answer
