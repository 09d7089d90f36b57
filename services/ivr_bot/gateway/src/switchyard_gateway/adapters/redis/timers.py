"""When somebody looks whether a customer is still there."""

from importlib.resources import files
from typing import Any

from redis.asyncio import Redis

from switchyard_gateway.adapters.redis.keys import TIMERS
from switchyard_gateway.adapters.redis.scripts import store_errors
from switchyard_gateway.domain.conversation import ConversationId
from switchyard_gateway.service.store import Due


class RedisTimers:
    """The port Timers. Every step on a conversation sets its timer anew, in its own script."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        script = files("switchyard_gateway.adapters.redis") / "lua" / "due_timers.lua"
        self._due = redis.register_script(script.read_text())

    async def due(self, most: int, lease_seconds: float) -> Due:
        """Conversations whose timers are due, which nobody else gets for the length of a lease."""
        async with store_errors():
            ids, running = await self._due(keys=[TIMERS], args=[most, round(lease_seconds * 1000)])
        return Due(tuple(ConversationId(each) for each in ids), int(running))

    async def postpone(self, conversation_id: ConversationId, seconds: float) -> None:
        """Look later, unless the conversation has gone on or is over."""
        async with store_errors():
            clock: Any = await self._redis.time()
            due_ms = clock[0] * 1000 + clock[1] // 1000 + round(seconds * 1000)
            await self._redis.zadd(TIMERS, {conversation_id: due_ms}, xx=True)

    async def forget(self, conversation_id: ConversationId) -> None:
        """Look no more."""
        async with store_errors():
            await self._redis.zrem(TIMERS, conversation_id)
